"""A bundle is verified down to the byte, and each defect has words of its own."""

import json
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nsmc.errors import ModelError
from nsmc.storage.bundle import MANIFEST, MOST, read_json, verify_bundle, write_json, writing_bundle
from nsmc.storage.files import sha256_of
from tests.conftest import as_nobody

WORDS = "재밌다\n노잼\n"
FILE = {"bytes": 5, "sha256": 64 * "0"}
PATHS = ["", ".", "..", "../a", "/etc/passwd", "a/b", "a\\b", "C:a", ".a", "가", "a\n", MANIFEST]


WRONG: list[dict[str, Any]] = [
    {"kind": "model\x1b]0;"},
    {"kind": ["model"]},
    {"schema": "3"},
    {"schema": 3.0},
    {"schema": 3.9},
    {"schema": True},
    *({"files": {name: FILE}} for name in PATHS),
    *({"files": {"a": {**FILE, "bytes": size}}} for size in ("5", -1, 5.0, True)),
    *({"files": {"a": {**FILE, "sha256": of}}} for of in ("5", 5, "A" * 64, None)),
]
"""What a manifest can't say."""


def manifest(changes: dict[str, Any]) -> bytes:
    return json.dumps({"kind": "model", "schema": 3, "files": {}, **changes}).encode()


def make(path: Path, kind: str = "model", schema: int = 3) -> Path:
    with writing_bundle(path, kind, schema) as directory:
        (directory / "words.txt").write_text(WORDS, encoding="utf-8")
        (directory / "weights").write_bytes(bytes(range(256)) * 16)
        (directory / "empty").touch()
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return make(tmp_path / "bundle")


def defect(path: Path, kind: str = "model", schema: int = 3) -> str:
    with pytest.raises(ModelError) as caught:
        verify_bundle(path, kind, schema, ["words.txt"])
    return str(caught.value)


def test_the_manifest_names_every_file_with_size_and_hash(bundle: Path) -> None:
    assert read_json(bundle / MANIFEST) == {
        "kind": "model",
        "schema": 3,
        "files": {
            name: {"bytes": (bundle / name).stat().st_size, "sha256": sha256_of(bundle / name)}
            for name in ("empty", "weights", "words.txt")
        },
    }


def test_a_bundle_replaces_another_and_a_failure_replaces_nothing(bundle: Path) -> None:
    with writing_bundle(bundle, "model", 3) as directory:
        (directory / "other").touch()
    verify_bundle(bundle, "model", 3, [])
    with pytest.raises(ZeroDivisionError), writing_bundle(bundle, "model", 3) as directory:
        (directory / "half").touch()
        raise ZeroDivisionError
    verify_bundle(bundle, "model", 3, [])
    assert sorted(p.name for p in bundle.iterdir()) == [MANIFEST, "other"]
    assert [p.name for p in bundle.parent.iterdir()] == ["bundle"]


def test_a_bundle_may_be_read_by_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with writing_bundle(tmp_path / "bundle", "model", 1) as directory:
            (directory / "private").touch(mode=0o600)
    finally:
        os.umask(before)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*")}
    assert modes == {"bundle": 0o750, "private": 0o640, MANIFEST: 0o640}


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("none", "expected a model directory at {}, found nothing there"),
        ("bundle/words.txt", "expected a model directory at {}, found a file there"),
        (
            ".",
            "{} is not a model directory: it has no manifest.json. Give the directory that "
            "`nsmc train` named at its end",
        ),
    ],
)
def test_what_is_no_bundle(bundle: Path, place: str, message: str) -> None:
    path = bundle.parent / place
    assert defect(path) == message.format(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"model"',
        b"{}",
        b'{"kind": "model", "schema": 3}',
        b'{"kind": "model", "schema": "new", "files": {}}',
        b'{"kind": "model", "schema": null, "files": {}}',
        b'{"kind": "model", "schema": Infinity, "files": {}}',
        b'{"kind": "model", "schema": 3, "files": []}',
        b'{"kind": "model", "schema": 3, "files": {"words.txt": 5}}',
        b'{"kind": "model", "schema": 3, "files": {"words.txt": {"bytes": 5}}}',
        b'{"kind": "corpus", "kind": "model", "schema": 3, "files": {}}',
        '{"kind": "model", "schema": 3, "files": {}}'.encode("utf-16"),
        b"\xb0\xa1",
        b"\x00" * 100,
        b"[" * 100_000,
        b" " * (MOST + 1),
        *(manifest(changes) for changes in WRONG),
    ],
)
def test_a_damaged_manifest(bundle: Path, content: bytes) -> None:
    (bundle / MANIFEST).write_bytes(content)
    message = defect(bundle)
    assert message.startswith(f"{bundle / MANIFEST} is damaged (")
    assert message.endswith("copy the directory again from where it was whole, or train it again")


def test_a_needed_file_that_is_not_named(bundle: Path) -> None:
    content = read_json(bundle / MANIFEST)
    del content["files"]["words.txt"]
    write_json(bundle / MANIFEST, content)
    assert defect(bundle).startswith(
        f"{bundle / MANIFEST} doesn't name words.txt, which a model needs; copy the directory"
    )


@pytest.mark.parametrize(
    ("kind", "schema", "message"),
    [
        ("corpus", 3, "expected a corpus directory, found a model directory at {}"),
        ("corpus", 9, "expected a corpus directory, found a model directory at {}"),
        (
            "model",
            2,
            "{} has schema version 3, newer than the 2 this nsmc reads; upgrade nsmc",
        ),
        (
            "model",
            4,
            "{} has schema version 3, older than the 4 this nsmc reads; copy the directory again "
            "from where it was whole, or train it again with this version",
        ),
    ],
)
def test_another_kind_or_schema(bundle: Path, kind: str, schema: int, message: str) -> None:
    assert defect(bundle, kind, schema) == message.format(bundle)


@pytest.mark.parametrize("name", ["words.txt", "weights", "empty"])
def test_a_missing_file(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    assert defect(bundle).startswith(f"{bundle} lacks its file {name}; copy the directory again")
    (bundle / name).mkdir()
    assert f"lacks its file {name}" in defect(bundle)


@pytest.mark.parametrize(("size", "shown"), [(4095, "4,095"), (4097, "4,097")])
def test_a_file_of_another_size(bundle: Path, size: int, shown: str) -> None:
    path = bundle / "weights"
    path.write_bytes((path.read_bytes() + b"x")[:size])
    assert f"{path} is damaged: expected 4,096 bytes, found {shown}; copy" in defect(bundle)


@pytest.mark.parametrize("place", [0, 2048, 4095])
def test_a_flipped_bit(bundle: Path, place: int) -> None:
    path = bundle / "weights"
    expected = sha256_of(path)
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    actual = sha256_of(path)
    assert defect(bundle).startswith(
        f"{path} is damaged: expected SHA-256 {expected[:12]}…, found {actual[:12]}…; copy"
    )


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("model", "copy the directory again from where it was whole, or train it again"),
        ("corpus", "delete it and prepare the data again"),
        ("checkpoint", "delete it and start again"),
    ],
)
def test_the_advice_is_that_of_the_kind(tmp_path: Path, kind: str, advice: str) -> None:
    path = make(tmp_path / kind, kind)
    (path / "notes.txt").touch()  # a file that the manifest doesn't name
    verify_bundle(path, kind, 3, [])
    (path / "words.txt").unlink()
    assert defect(path, kind).endswith(f"; {advice}")


@pytest.fixture
def unreadable() -> Iterator[Path]:
    """A bundle with a file that this user may not read."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        path = make(Path(place) / "bundle")
        path.chmod(0o755)
        (path / "words.txt").chmod(0)
        with as_nobody():
            yield path


def test_a_file_that_may_not_be_read(unreadable: Path) -> None:
    message = defect(unreadable)
    assert message.startswith(f"cannot read the model directory {unreadable}: Permission denied (")
    assert str(unreadable / "words.txt") in message


def test_a_name_too_long_for_the_system(tmp_path: Path) -> None:
    assert "File name too long" in defect(tmp_path / ("가" * 100))


def test_hangul_stays_readable_in_json(tmp_path: Path) -> None:
    value = {"긍정": ["재밌다 👍", 1.5, None], "b": {"c": True}}
    write_json(tmp_path / "a.json", value)
    data = (tmp_path / "a.json").read_bytes()
    assert "재밌다 👍".encode() in data
    assert data.endswith(b"\n}\n")
    assert read_json(tmp_path / "a.json") == value == json.loads(data)
