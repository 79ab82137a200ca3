"""Errors that a user can cause: what was expected, what was found, what to do next."""

from collections.abc import Iterable


class NsmcError(Exception):
    """An operation failed for a reason outside the program: exit status 1, no traceback."""

    exit_status = 1


class UsageError(NsmcError):
    """The command or the configuration was wrong before anything ran: exit status 2."""

    exit_status = 2


class DataError(NsmcError):
    """A file of reviews can't be read as what it should be."""


class ModelError(NsmcError):
    """A model directory is missing, damaged, or made for another version."""


class DownloadError(NsmcError):
    """A file could not be fetched whole."""


class DeviceError(NsmcError):
    """The device that was asked for isn't there, or ran out of memory."""


def nearest(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known name nearest to ``name``, or an empty string."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" Did you mean {close[0]!r}?" if close else ""
