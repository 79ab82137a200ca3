"""What the format of a table can't hold: written in another way, counted, and said."""

import re

from nsmc.messages.translate import mark, tr
from nsmc.tables.formats import TableFile

TABS = mark(
    "a tab or a line break in a cell, which this format can't hold; a space stands there now, and "
    "an output named .csv keeps it"
)
HALVES = mark(
    "a character that no text file can hold (NUL or half of an emoji); \N{REPLACEMENT CHARACTER} "
    "stands there now, and an output named .jsonl keeps it"
)
FOREIGN = mark(
    "a character that this encoding lacks; its number stands there now, such as &#128512;, which "
    "nsmc reads as the character, and --encoding utf-8-sig keeps it"
)
LONG = mark(
    "more characters in a cell than a sheet can hold; it ends there now, and an output named .csv "
    "keeps it whole"
)
BEYOND = mark(
    "no room in the first sheet and are in further ones; an output named .csv keeps all together"
)
_HALVES = re.compile("[\ud800-\udfff]")


class Changes:
    """Rows of a table that were written otherwise than they are: a late one loses no work."""

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self._rows: dict[str, tuple[int, int]] = {}  # what: how many, the first of them

    def add(self, what: str, row: int) -> None:
        """Count a row, from 1 without the header; ``what`` is one of the constants above."""
        count, first = self._rows.get(what, (0, row))
        self._rows[what] = count + 1, first

    def whole_characters(self, text: str, row: int) -> str:
        """A cell with the replacement character for each half of a surrogate pair, counted."""
        try:
            text.encode()
        except UnicodeEncodeError:
            self.add(HALVES, row)
            return _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
        return text

    def notes(self) -> list[str]:
        """What a person should know of them, in sentences."""
        return [
            tr(
                "{count:,} rows of {file} (the first is row {first:,}) have {what}",
                count=count,
                file=self._file,
                first=first,
                what=tr(what),
            )
            for what, (count, first) in self._rows.items()
        ]
