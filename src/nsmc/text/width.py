"""The width of a text in columns of a terminal."""

from functools import lru_cache


@lru_cache(1 << 12)
def display_width(text: str) -> int:
    """Columns that a text takes on a terminal: Hangul takes two."""
    from wcwidth import width

    return width(text, control_codes="ignore")


def padded(text: str, columns: int) -> str:
    """A text with spaces after it, so that it takes so many columns at least."""
    return text + " " * (columns - display_width(text))
