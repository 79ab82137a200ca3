"""Temporary files and directories that say whether the process that made them still lives.

A process holds a lock on each (POSIX ``flock``), which the system lets go of however the process
ends. So the next writer of the same name can tell what a crash left from what another process is
writing at this moment. Without such locks (Windows) nothing is removed.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".partial-nsmc-"
"""Nobody else's files are called so."""
_TAIL = 32
"""Characters of the final name in the temporary one: the whole might be too long with more."""


@contextlib.contextmanager
def temporary_beside(path: Path, *, directory: bool) -> Iterator[Path]:
    """Make a temporary file or directory beside ``path``; it is removed at the end if still there.

    What crashed writers of ``path`` left behind is removed first. The suffixes are those of
    ``path``.

    Raises:
        OSError: the place can't be written.
    """
    suffix = "-" + path.name[-_TAIL:]
    for left in path.parent.glob(f"{PREFIX}*"):
        if left.name.endswith(suffix) and len(left.name) == len(PREFIX) + 8 + len(suffix):
            _remove_if_abandoned(left)
    while True:
        if directory:
            temporary = Path(tempfile.mkdtemp(prefix=PREFIX, suffix=suffix, dir=path.parent))
        else:
            handle, name = tempfile.mkstemp(prefix=PREFIX, suffix=suffix, dir=path.parent)
            os.close(handle)
            temporary = Path(name)
        held = hold(temporary)
        # Another process may have taken it for abandoned in the moment before the lock.
        if temporary.exists():
            break
        let_go(held)  # pragma: no cover
    try:
        yield temporary
    finally:
        if directory:
            remove_tree(temporary)
        else:
            temporary.unlink(missing_ok=True)
        let_go(held)


def remove_tree(path: Path) -> None:
    """Remove a directory, where that is possible; nothing for one that isn't there."""
    for _ in range(2):  # what a passing error of the disk kept goes at the second time
        shutil.rmtree(path, ignore_errors=True)


def hold(path: Path) -> int | None:
    """Lock a file or directory; None if another process holds it or there are no such locks."""
    try:
        import fcntl
    except ImportError:  # pragma: no cover
        return None
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        return handle
    return None


def let_go(handle: int | None) -> None:
    """Let go of a lock."""
    if handle is not None:
        os.close(handle)


def _remove_if_abandoned(path: Path) -> None:
    if (held := hold(path)) is not None:
        with contextlib.suppress(OSError):
            if path.is_dir():
                remove_tree(path)
            else:
                path.unlink(missing_ok=True)
        let_go(held)
