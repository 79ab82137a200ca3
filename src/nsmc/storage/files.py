"""Files that appear whole or not at all."""

import contextlib
import errno
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nsmc.errors import NsmcError
from nsmc.storage.leftovers import remove_tree, temporary_beside

_RENAME_EXCHANGE, _AT_FDCWD = 2, -100
"""Of Linux."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_there(path: Path) -> bool:
    """Whether there is something; not where this user may not look."""
    with contextlib.suppress(OSError):
        return path.exists()
    return False


def real_path(path: Path) -> Path:
    """The path without links; one that leads to itself stays and is no RuntimeError."""
    return Path(os.path.realpath(path))


@contextlib.contextmanager
def _named_failures(path: Path) -> Iterator[None]:
    """Turn the system's errors into messages that name ``path``."""
    try:
        yield
    except BrokenPipeError:
        raise  # not of this file, but of standard output, whose reader has gone
    except OSError as error:
        raise cannot_write(path, error) from error


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it into place only if the block ends well.

    The temporary name keeps the suffixes of the final one, since writers choose formats by them.
    On any exception, Ctrl-C included, the temporary file is removed and ``path`` stays as it was.

    Raises:
        NsmcError: the directory is missing, not writable, or the disk is full.
    """
    with _named_failures(path):
        # These ask the system too, and raise for a name too long or a directory out of bounds.
        if path.is_dir():
            raise NsmcError(
                "expected a file name to write to, found the directory {path}", path=path
            )
        if path.exists() and not path.is_file():  # the administrator could replace /dev/null
            raise NsmcError(
                "expected a file name to write to, found the pipe or device {path}", path=path
            )
        if not path.parent.is_dir():
            raise NsmcError(
                "cannot write {path}: there is no directory {parent}; create it first",
                path=path,
                parent=path.parent,
            )
        with temporary_beside(path, directory=False) as temporary:
            yield temporary
            # mkstemp makes files private; a result gets the permissions of any other new file.
            temporary.chmod(0o666 & ~umask())
            _sync(temporary)
            temporary.replace(path)
            _sync(path.parent)


class Unwritten(Exception):
    """Raised in a block of `atomic_write`, leaves it without a result."""


def check_file(path: Path) -> None:
    """Report before long work what would keep `atomic_write` from writing a file after it.

    Raises:
        NsmcError: the place can't be written to.
    """
    with contextlib.suppress(Unwritten), atomic_write(path):
        raise Unwritten  # so that nothing replaces what is there


@contextlib.contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Give a temporary directory beside ``path``; swap it into place only if the block ends well.

    An existing directory at ``path`` is exchanged with the new one in one step and then deleted.
    Where the system knows no such step, it is renamed away first: a crash between leaves both,
    under recognisable names, and the next call puts the old one back.

    Raises:
        NsmcError: a file has that name, the place is not writable or the disk is full.
    """
    with _named_failures(path):
        # A link's target is replaced; the link itself can't be swapped for a directory.
        path = real_path(path)
        if path.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        if path.exists() and not path.is_dir():
            raise NsmcError(
                "expected a directory name to write to, found the file {path}", path=path
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.with_name(f".old-nsmc-{path.name[-32:]}")
        if old.is_dir() and not path.exists():
            old.rename(path)
        with temporary_beside(path, directory=True) as temporary:
            yield temporary
            temporary.chmod(0o777 & ~umask())
            for file in (*temporary.rglob("*"), temporary):
                _sync(file)
            if not path.exists():
                temporary.rename(path)
            elif not exchange(temporary, path):
                remove_tree(old)
                path.rename(old)
                temporary.rename(path)
            _sync(path.parent)
            remove_tree(old)


def exchange(first: Path, second: Path) -> bool:
    """Exchange two directories in one step, so that neither is ever missing; False without one."""
    if sys.platform != "linux":  # pragma: no cover
        return False
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:  # pragma: no cover
        return False
    names = os.fsencode(first), os.fsencode(second)
    done: int = rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    return done == 0


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk.

    A rename may reach it before what was written: after a power failure the new name would be that
    of an empty file.
    """
    # Windows wants the right to write, and knows no such thing of directories.
    windows = os.name == "nt"
    if windows and path.is_dir():
        return
    handle = os.open(path, os.O_RDWR if windows else os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some file systems can't, of directories above all; a full disk is told here at the latest.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS):
            raise
    finally:
        os.close(handle)


def cannot_write(path: Path, error: OSError) -> NsmcError:
    """Turn the system's word for a failed write into one that says what to do next."""
    reason = error.strerror or str(error)
    return NsmcError(
        "cannot write {path}: {reason}. Nothing half-written is left under that name; free "
        "some space or choose another place, then run the command again",
        path=path,
        reason=reason,
    )


def umask() -> int:
    """The permission bits that new files of this process don't get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
