"""Tables come and go while others are counted and fetched."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra serve")

from nsmc.serving.errors import ApiError
from nsmc.serving.spool import NAME, download, used_bytes

COME_AND_GO = """
import sys
from pathlib import Path
place = Path(sys.argv[1])
while True:
    place.mkdir()
    (place / "table.csv").touch()
    (place / "table.csv").unlink()
    place.rmdir()
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Path]:
    """A spool with a file of 3 bytes that stays, and a table that comes and goes all the time."""
    (tmp_path / "stays").write_bytes(b"123")
    # A process of its own, for a thread would keep this one from counting.
    with subprocess.Popen([sys.executable, "-S", "-c", COME_AND_GO, tmp_path / "table"]) as other:
        while not (tmp_path / "table").exists():
            assert other.poll() is None
        yield tmp_path
        other.kill()


def test_what_goes_while_it_is_counted_is_no_error(busy: Path) -> None:
    assert {used_bytes(busy) for _ in range(1000)} == {3}


@pytest.mark.parametrize("left", [[], [NAME]], ids=["nothing", "name"])
def test_a_result_that_goes_while_it_is_fetched_is_gone(tmp_path: Path, left: list[str]) -> None:
    for name in left:
        (tmp_path / name).write_text("a.csv", encoding="utf-8")
    with pytest.raises(ApiError, match="no such table") as gone:
        download(tmp_path, once=False)
    assert gone.value.status == 404
