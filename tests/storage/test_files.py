"""Files and directories appear whole under their name, or their name stays as it was."""

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from nsmc.errors import NsmcError
from nsmc.storage.files import (
    atomic_write,
    cannot_write,
    check_file,
    is_there,
    sha256_of,
    umask,
    whole_directory,
)

Writing = Callable[[Path], AbstractContextManager[Path]]


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def mask() -> Iterator[int]:
    """A umask other than the usual one."""
    before = os.umask(0o027)
    yield 0o027
    os.umask(before)


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 21) + 1])
def test_the_hash_of_a_file(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    (tmp_path / "a").write_bytes(data[:size])
    assert sha256_of(tmp_path / "a") == hashlib.sha256(data[:size]).hexdigest()


def test_a_file_appears_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "결과.csv.gz"
    path.write_text("old", encoding="utf-8")
    with atomic_write(path) as temporary:
        assert temporary.parent == path.parent
        assert temporary.suffixes[-2:] == [".csv", ".gz"]
        temporary.write_text("new", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
    assert path.read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["결과.csv.gz"]


def interrupt() -> None:
    """What Ctrl-C does."""
    signal.raise_signal(signal.SIGINT)


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("existed", [True, False])
@pytest.mark.parametrize(
    ("error", "end"),
    [
        (ValueError, lambda: fail(ValueError("x"))),
        (NsmcError, lambda: fail(NsmcError("x"))),
        (BrokenPipeError, lambda: fail(BrokenPipeError("x"))),  # of standard output
        (SystemExit, lambda: fail(SystemExit(143))),
        (KeyboardInterrupt, interrupt),
    ],
)
def test_an_exception_leaves_all_as_it_was(
    tmp_path: Path, error: type[BaseException], end: Callable[[], None], existed: bool
) -> None:
    file, directory = tmp_path / "a.csv", tmp_path / "model"
    if existed:
        file.write_text("old", encoding="utf-8")
        directory.mkdir()
        (directory / "old").touch()
    with pytest.raises(error), atomic_write(file) as temporary:
        temporary.write_text("half", encoding="utf-8")
        end()
    with pytest.raises(error), whole_directory(directory) as temporary:
        (temporary / "half").touch()
        end()
    assert names(tmp_path) == (["a.csv", "model"] if existed else [])
    if existed:
        assert file.read_text(encoding="utf-8") == "old"
        assert names(directory) == ["old"]


def test_a_directory_is_replaced_in_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "model"
    for content in (["a", "b"], ["b", "c"]):
        with whole_directory(path) as temporary:
            for name in content:
                (temporary / name).touch()
            (temporary / "nested").mkdir()
            (temporary / "nested" / content[0]).touch()
        assert names(path) == [*content, "nested"]
        assert names(path / "nested") == content[:1]
        assert names(path.parent) == ["model"]


WRITERS = """
import os, sys
from pathlib import Path
from nsmc.storage.files import (
    atomic_write,
    cannot_write,
    is_there,
    sha256_of,
    umask,
    whole_directory,
)

with atomic_write(Path("a.csv")) as file, whole_directory(Path("model")) as directory:
    (directory / "half").touch()
    if sys.argv[1] == "die":
        os.kill(os.getpid(), 9)
    print("ready", flush=True)
    sys.stdin.readline()
"""


def write_both(place: Path) -> None:
    for writing, name in ((atomic_write, "a.csv"), (whole_directory, "model")):
        with writing(place / name) as temporary:
            (temporary / "new" if temporary.is_dir() else temporary).write_text("x", "utf-8")


def test_a_crash_leaves_what_the_next_writer_of_the_name_removes(tmp_path: Path) -> None:
    mine = [".old-model", ".partial-model", ".partial-nsmc-mine", "other-a.csv"]
    for name in mine:
        (tmp_path / name).touch()
    subprocess.run([sys.executable, "-c", WRITERS, "die"], cwd=tmp_path, timeout=60)
    assert len(names(tmp_path)) == len(mine) + 2
    with atomic_write(tmp_path / "b.csv") as temporary:
        temporary.touch()
    assert len(names(tmp_path)) == len(mine) + 3, "what is of another name is left"
    write_both(tmp_path)
    assert names(tmp_path) == sorted([*mine, "a.csv", "b.csv", "model"])


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    program = [sys.executable, "-c", WRITERS, "wait"]
    with subprocess.Popen(
        program, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        write_both(tmp_path)
        assert len(names(tmp_path)) == 4
        other.communicate("go on\n", timeout=60)
    assert other.returncode == 0
    assert names(tmp_path) == ["a.csv", "model"]
    assert names(tmp_path / "model") == ["half"]


def test_without_an_exchange_a_crash_between_two_renames_is_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsmc.storage.files.exchange", lambda first, second: False)
    write_both(tmp_path)
    write_both(tmp_path)
    assert names(tmp_path) == ["a.csv", "model"]
    (tmp_path / "model").rename(tmp_path / ".old-nsmc-model")  # a crash was here
    with pytest.raises(ZeroDivisionError), whole_directory(tmp_path / "model"):
        raise ZeroDivisionError
    assert names(tmp_path) == ["a.csv", "model"]


def test_the_target_of_a_link_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "disk" / "model").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    link = tmp_path / "here" / "model"
    link.symlink_to(tmp_path / "disk" / "model", target_is_directory=True)
    for name in ("first", "second"):
        with whole_directory(link) as temporary:
            (temporary / name).touch()
        assert link.is_symlink()
        assert names(link) == [name]
        assert names(tmp_path / "here") == names(tmp_path / "disk") == ["model"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("pipe.csv")
    for path in (tmp_path / "pipe.csv", tmp_path / "link.csv"):
        with pytest.raises(NsmcError, match=f"found the pipe or device {path}"):
            check_file(path)
    assert names(tmp_path) == ["link.csv", "pipe.csv"]


REFUSED = [
    ("mine", whole_directory, r"expected a directory name to write to, found the file .*mine"),
    ("here", atomic_write, "expected a file name to write to, found the directory"),
    ("none/a", atomic_write, r"cannot write .*a: there is no directory .*none; create it first"),
    ("mine/model", whole_directory, r"cannot write .*: (Not a directory|File exists)"),
    ("가" * 100, atomic_write, r"cannot write .*: File name too long"),
    ("가" * 100, whole_directory, r"cannot write .*: File name too long"),
    ("itself", whole_directory, r"cannot write .*: Too many levels of symbolic links"),
    ("itself/a", atomic_write, r"cannot write .*: there is no directory"),
]


@pytest.mark.parametrize(("name", "writing", "message"), REFUSED)
def test_a_place_that_can_t_be_written_to_is_refused(
    tmp_path: Path, name: str, writing: Writing, message: str
) -> None:
    (tmp_path / "mine").write_text("mine", encoding="utf-8")
    (tmp_path / "here").mkdir()
    (tmp_path / "itself").symlink_to("itself")
    with pytest.raises(NsmcError, match=message), writing(tmp_path / name):
        raise AssertionError("not to be reached")
    assert names(tmp_path) == ["here", "itself", "mine"]
    assert (tmp_path / "mine").read_text(encoding="utf-8") == "mine"


def test_new_files_get_the_rights_of_the_umask(tmp_path: Path, mask: int) -> None:
    assert umask() == mask
    assert umask() == mask, "asking changed it"
    with atomic_write(tmp_path / "a") as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600
    with whole_directory(tmp_path / "b") as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o750


@pytest.mark.parametrize("writing", [atomic_write, whole_directory])
def test_a_full_disk_is_reported_and_leaves_what_was_there(
    small_disk: Callable[[int], Path], writing: Writing
) -> None:
    path = small_disk(64) / "result"
    old = path if writing is atomic_write else path / "old"
    old.parent.mkdir(exist_ok=True)
    old.write_text("old", encoding="utf-8")
    with pytest.raises(NsmcError) as caught, writing(path) as temporary:
        new = temporary / "weights" if temporary.is_dir() else temporary
        new.write_bytes(b"x" * 1_000_000)
    assert str(caught.value) == (
        f"cannot write {path}: No space left on device. Nothing half-written is left under that "
        "name; free some space or choose another place, then run the command again"
    )
    assert names(path.parent) == ["result"]
    assert old.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("writing", [atomic_write, whole_directory])
def test_a_place_out_of_bounds_is_reported(forbidden: Path, writing: Writing) -> None:
    message = r"cannot write .*: Permission denied"
    with pytest.raises(NsmcError, match=message), writing(forbidden / "inner" / "a.csv"):
        raise AssertionError("not to be reached")


def test_what_may_not_be_looked_at_is_not_there(forbidden: Path) -> None:
    assert is_there(forbidden) and not is_there(forbidden / "inner")


def test_a_name_just_short_enough_is_taken(tmp_path: Path) -> None:
    path = tmp_path / ("가" * 83 + ".csv")
    with atomic_write(path) as temporary:
        assert temporary.suffix == ".csv"
        temporary.touch()
    assert path.is_file()


def test_a_failure_without_words_of_the_system_still_has_some() -> None:
    error = cannot_write(Path("a"), OSError("only this"))
    assert "cannot write a: only this. Nothing" in str(error)


def test_a_passing_error_of_the_disk_leaves_nothing_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(content: str) -> None:
        with whole_directory(tmp_path / "model") as place:
            (place / "a.txt").write_text(content, encoding="utf-8")

    write("old")
    unlink = os.unlink
    failed: list[str] = []

    def fails_once(path: str, *, dir_fd: int | None = None) -> None:
        if not failed:
            failed.append(path)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        unlink(path, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", fails_once)
    write("new")
    monkeypatch.undo()
    assert failed and names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "a.txt").read_text(encoding="utf-8") == "new"
