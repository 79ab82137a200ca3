"""Messages in Korean or English. The English one, as it stands in the code, is the key of the
catalog of translations, ``ko.json``, which `nsmc --help` in English never opens.
"""

import contextlib
import os
from contextvars import ContextVar
from functools import cache

# Not typing's, for the sake of `nsmc --help`.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LANGUAGES = ("en", "ko")
VARIABLES = ("NSMC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
"""Where the environment names the language, the first that is set."""
_chosen: "ContextVar[str | None]" = ContextVar("language", default=None)


def language() -> str:
    """The language of messages, ``ko`` or ``en``: the environment's, unless a block has its own."""
    if chosen := _chosen.get():
        return chosen
    named = next((value for name in VARIABLES if (value := os.environ.get(name))), "")
    return "ko" if named.lower().startswith("ko") else "en"


@contextlib.contextmanager
def in_language(name: str) -> "Iterator[None]":
    """Give the messages of a block the language ``name``."""
    before = _chosen.set(name)
    try:
        yield
    finally:
        _chosen.reset(before)


@cache
def korean() -> "dict[str, str]":
    """The catalog: English messages to Korean ones."""
    import json

    file = os.path.join(os.path.dirname(__file__), "ko.json")  # noqa: PTH118, PTH120
    with open(file, encoding="utf-8") as text:  # noqa: PTH123
        catalog: dict[str, str] = json.load(text)
    return catalog


def tr(message: str, /, **values: object) -> str:
    """A message in the reader's language, with ``values`` in its fields as `str.format` puts them.

    One that the catalog lacks stays English: those for maintainers are.
    """
    text = korean().get(message, message) if language() == "ko" else message
    return text.format(**values) if values else text


def mark(message: str) -> str:
    """The message as it is: one that is looked up later, as the value of a variable."""
    return message
