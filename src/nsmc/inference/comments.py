"""What people pass as comments, made into strings."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeGuard, cast

if TYPE_CHECKING:
    import pandas as pd

    Comment = str | float | None
    """Text; None and NaN are an empty comment."""
    Comments = Iterable[Comment] | pd.DataFrame
    """Comments in order; of a frame, its text column."""


def is_missing(value: object) -> TypeGuard[float | None]:
    """Whether a value is what a column holds in place of a comment: None, NaN, NA, NaT."""
    if value is None or isinstance(value, float):
        return value is None or value != value
    return type(value).__name__ in ("NAType", "NaTType")  # without an import of pandas


def is_one(text: "Comment | Comments") -> bool:
    """Whether a single comment was passed."""
    return isinstance(text, str) or is_missing(text)


def comment_list(texts: "Comment | Comments") -> list[str]:
    """The comments; a single one is a list of one.

    Raises:
        TypeError: something is no text.
        DataError: of a frame, it isn't clear which column holds the comments.
    """
    if isinstance(texts, str):
        return [texts]
    if is_missing(texts):
        return [""]
    if hasattr(texts, "itertuples"):
        from nsmc.tables.in_memory import open_frame

        with open_frame(cast("pd.DataFrame", texts)) as table:
            return [text for chunk in table.chunks() for text in chunk.texts]
    if not isinstance(texts, Iterable) or isinstance(texts, bytes | Mapping):
        kind = type(texts).__name__
        raise TypeError(f"expected a comment as str, or several of them, found {kind}")
    return [
        text if isinstance(text, str) else _missing_as_empty(text, place)
        for place, text in enumerate(texts)
    ]


def _missing_as_empty(value: object, place: int) -> str:
    if is_missing(value):
        return ""
    raise TypeError(f"expected a comment as str, found {type(value).__name__} at index {place}")
