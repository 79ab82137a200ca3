"""Files that appear whole or not at all."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nsmc.errors import NsmcError

BLOCK = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as 64 hex digits, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


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
            raise NsmcError(f"expected a file name to write to, found the directory {path}")
        if not path.parent.is_dir():
            raise NsmcError(
                f"cannot write {path}: there is no directory {path.parent}; create it first"
            )
        # Not the whole name: one just short enough would be too long with more before it.
        suffix = "-" + path.name[-32:]
        handle, name = tempfile.mkstemp(prefix=".partial-", suffix=suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            # mkstemp makes files private; a result gets the permissions of any other new file.
            temporary.chmod(0o666 & ~umask())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def whole_directory(path: Path) -> Iterator[Path]:
    """Give a temporary directory beside ``path``; swap it into place only if the block ends well.

    An existing directory at ``path`` is replaced: it is renamed away, the new one renamed in, and
    the old one deleted, so a crash between leaves one of the two whole under a recognisable name.

    Raises:
        NsmcError: a file has that name, the place is not writable or the disk is full.
    """
    with _named_failures(path):
        # A link's target is replaced; the link itself can't be swapped for a directory.
        path = path.resolve()
        if path.exists() and not path.is_dir():
            raise NsmcError(f"expected a directory name to write to, found the file {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".partial-{path.name}-", dir=path.parent))
        try:
            yield temporary
            temporary.chmod(0o777 & ~umask())
            old = path.with_name(f".old-{path.name}")
            shutil.rmtree(old, ignore_errors=True)
            if path.exists():
                path.rename(old)
            temporary.rename(path)
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def cannot_write(path: Path, error: OSError) -> NsmcError:
    """Turn the system's word for a failed write into one that says what to do next."""
    reason = error.strerror or str(error)
    return NsmcError(
        f"cannot write {path}: {reason}. Nothing was left under that name; "
        "free some space or choose another place, then run the command again"
    )


def umask() -> int:
    """The permission bits that new files of this process don't get."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
