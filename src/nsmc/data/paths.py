"""Where downloaded data and caches live on this system."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from nsmc.errors import NsmcError


def data_directory() -> Path:
    """Directory of the official files, which need not exist: ``NSMC_DATA``, or the system's."""
    return _directory("NSMC_DATA", "data")


def cache_directory() -> Path:
    """Directory of what can be made again; need not exist: ``NSMC_CACHE``, or the system's."""
    return _directory("NSMC_CACHE", "cache")


def user_words_file() -> Path:
    """The user's own table of new words, which need not exist: ``NSMC_WORDS``, or the system's."""
    if os.environ.get("NSMC_WORDS"):
        return _directory("NSMC_WORDS", "config")
    return _directory("NSMC_CONFIG", "config") / "words.txt"


def _directory(variable: str, kind: str) -> Path:
    try:
        if chosen := os.environ.get(variable):
            return Path(chosen).expanduser()
        import platformdirs

        return Path(getattr(platformdirs, f"user_{kind}_dir")("nsmc", appauthor=False))
    except RuntimeError as error:  # as for a user of a container who has no name
        raise NsmcError(
            "expected a user with a home directory, found none ({error}); set HOME, or {variable} "
            "to a place",
            error=error,
            variable=variable,
        ) from error


@contextlib.contextmanager
def others_wait(name: str) -> Iterator[None]:
    """Let other processes of this user wait that would do the same, where the cache can be written.

    ``name`` says what: a name of a file.
    """
    from filelock import FileLock

    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            locks = cache_directory() / "locks"
            locks.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(locks / name))
        yield
