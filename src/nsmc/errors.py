"""Errors that a user can cause: what was expected, what was found, what to do next."""

import re
from collections.abc import Iterable

from nsmc.messages.translate import tr

MESSAGE = 2000
"""Bytes of a message at most; a table of a million columns names many."""
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
    "\ud800-\udfff]"
)


class NsmcError(Exception):
    """An operation failed for a reason outside the program: exit status 1, no traceback.

    Args:
        message: in English; an error tells it in the reader's language (`nsmc.messages.translate`).
        values: of the fields in it.
    """

    exit_status = 1

    def __init__(self, message: str = "", /, **values: object) -> None:
        super().__init__(tr(message, **values))


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


class DivergedError(NsmcError):
    """The loss of a training is no longer a number."""


def printable(text: str) -> str:
    """Text from elsewhere as a terminal or a page may get it: ``\\x1b`` for a control character.

    They would move its cursor, rename its window, hide or reorder what follows: C0 but tab and line
    end, DEL and C1; those of the direction of writing; those of no width but the joiners, which
    emoji and scripts need; and lone surrogates. All that commands print or write into pages and
    model cards passes through here: comments, names of columns and files, a model's own texts.
    """
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def message(error: object) -> str:
    """An error or a warning for a terminal, `printable` and of `MESSAGE` bytes at most."""
    text = printable(str(error)).encode()
    if len(text) > MESSAGE:
        # What to do next is at its end.
        text = text[: MESSAGE // 2] + b" \xe2\x80\xa6 " + text[-MESSAGE // 3 :]
    return text.decode(errors="ignore")


def nearest(name: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` for the known name nearest to ``name``, or an empty string."""
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return tr(" Did you mean {name!r}?", name=close[0]) if close else ""
