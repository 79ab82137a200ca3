"""How wide a text is where each character takes one column or two."""

from functools import lru_cache


@lru_cache(1 << 12)
def display_width(text: str) -> int:
    """Columns that a text takes on a terminal: Hangul takes two."""
    from unicodedata import combining, east_asian_width, normalize

    # macOS gives file names with their syllables taken apart.
    letters = [letter for letter in normalize("NFC", text) if not combining(letter)]
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in letters)


def padded(text: str, columns: int) -> str:
    """A text with spaces after it, so that it takes so many columns at least."""
    return text + " " * (columns - display_width(text))
