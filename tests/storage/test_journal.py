"""A journal gives back what was added, however its file ended, and nothing else."""

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.storage import journal
from nsmc.storage.journal import Journal

VALUES = [b"", b"one", b"x" * 300, b"\0" * 7]


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first record make the file."""
    monkeypatch.setattr(journal, "BUFFERED", 1)


def key(place: int) -> bytes:
    return hashlib.sha256(b"%d" % place).digest()


def write(path: Path, header: bytes = b"model") -> bytes:
    """A journal as a killed process leaves it."""
    with pytest.raises(KeyboardInterrupt), Journal(path, header) as kept:
        for place, value in enumerate(VALUES):
            kept.add(key(place), value)
        raise KeyboardInterrupt
    return path.read_bytes()


def taken(path: Path, header: bytes = b"model") -> list[bytes]:
    """What the next run gets of it; the run ends well."""
    with Journal(path, header) as kept:
        values: list[bytes] = []
        while (value := kept.take(key(len(values)))) is not None:
            values.append(value)
    return values


ENDS = [32 + sum(48 + len(value) for value in VALUES[:count]) for count in range(5)]
"""Of the header and of each record."""


@given(cut=st.integers(0, ENDS[-1]), flipped=st.integers(0, ENDS[-1]))
def test_a_torn_or_damaged_end_is_no_record(shared_directory: Path, cut: int, flipped: int) -> None:
    path = shared_directory / f"journal-{os.getpid()}"
    whole = bytearray(write(path))
    assert len(whole) == ENDS[-1]
    if flipped < len(whole):
        whole[flipped] ^= 1
    path.write_bytes(whole[:cut])
    assert taken(path) == VALUES[: max(0, sum(end <= min(cut, flipped) for end in ENDS) - 1)]
    assert not path.exists()


def test_it_goes_on_where_keys_differ_or_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path)
    with pytest.raises(KeyboardInterrupt), Journal(path, b"model") as kept:
        assert kept.take(key(0)) == VALUES[0]
        assert kept.take(b"?" * 32) is None
        kept.add(b"?" * 32, b"new")
        raise KeyboardInterrupt
    with Journal(path, b"model") as kept:
        assert [kept.take(key(0)), kept.take(b"?" * 32), kept.take(key(2))] == [b"", b"new", None]


def test_another_header_begins_anew(tmp_path: Path) -> None:
    write(tmp_path / "journal")
    assert taken(tmp_path / "journal", b"another model") == []
    write(tmp_path / "journal")
    write(tmp_path / "journal", b"another model")
    assert taken(tmp_path / "journal") == []


def test_where_another_has_it_or_nothing_can_be_written_it_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    write(path)
    with Journal(path, b"model") as kept:
        assert taken(path) == []
        assert kept.take(key(0)) == VALUES[0]
    with Journal(tmp_path / "no" / "journal", b"model") as kept:
        kept.add(key(0), b"one")
        assert kept.take(key(0)) is None
