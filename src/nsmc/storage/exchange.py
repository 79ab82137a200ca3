"""Two names exchanged in one step, so that neither is ever missing."""

import os
import sys
from pathlib import Path

_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


def exchange(first: Path, second: Path) -> bool:
    """Exchange two directories on one file system; False where the system knows no such step."""
    if sys.platform != "linux":  # pragma: no cover
        return False
    import ctypes

    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:  # pragma: no cover
        return False
    names = os.fsencode(first), os.fsencode(second)
    done: int = rename(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE)
    return done == 0
