"""How a table is read and written, where its name and its content don't say."""

from dataclasses import dataclass
from typing import Literal

from nsmc.errors import UsageError
from nsmc.messages.translate import mark, tr
from nsmc.tables.formats import FORMATS, Format

Encoding = Literal["utf-8", "utf-8-sig", "cp949"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-8-sig", "cp949")
DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}
"""Words for what is hard to type in a shell."""


@dataclass(frozen=True)
class ReadOptions:
    """How a table is read.

    Raises:
        UsageError: a value isn't one of those that there are.
    """

    format: Format | None = None
    """None takes that of the name's ending."""
    header: bool = True
    """Whether the first line of a .csv, .tsv, .txt or .xlsx holds column names; without, the
    columns are called 1, 2, …, and a single one ``document``."""
    delimiter: str | None = None
    """One character, or ``tab``; None recognises it."""
    sheet: str | None = None
    """Of an Excel file; None takes the first."""
    skip_bad_rows: bool = False
    """Leave out rows that can't be read, and count them, instead of refusing the table."""
    positive_from: float | None = None
    """Labels are stars, of which at least so many are positive."""
    negative_to: float | None = None
    """And at most so many negative; rows between the two are left out."""
    name: str = ""
    """What messages call the table, and whose ending decides the format, where the file has
    another name: that of an upload, for example."""

    def __post_init__(self) -> None:
        _check(mark("format"), self.format, FORMATS)
        few, many = self.negative_to, self.positive_from
        if (few is None) != (many is None):
            raise UsageError("--positive-from and --negative-to go together")
        if few is not None and many is not None and not few < many:
            raise UsageError(
                "expected --negative-to below --positive-from, found {few:g} and {many:g}",
                few=few,
                many=many,
            )
        if self.delimiter is None:
            return
        one = DELIMITERS.get(self.delimiter, self.delimiter)
        if len(one) != 1 or one in '"\r\n\0':
            raise UsageError(
                "expected a delimiter of one character, or tab, found {value!r}",
                value=self.delimiter[:20],
            )
        object.__setattr__(self, "delimiter", one)


@dataclass(frozen=True)
class WriteOptions:
    """How a table is written.

    Raises:
        UsageError: a value isn't one of those that there are.
    """

    format: Format | None = None
    """None takes that of the name's ending."""
    encoding: Encoding | None = None
    """Of a text format; None writes UTF-8, in a .csv, .tsv or .txt with the byte order mark by
    which Excel knows it if the input has that mark, another encoding or is an Excel file."""

    safe_cells: bool = False
    """Write a ' before text cells that begin with =, +, - or @, which a spreadsheet takes for
    formulas, in all columns of .csv, .tsv and .txt; in new columns that is always so."""

    def __post_init__(self) -> None:
        _check(mark("format"), self.format, FORMATS)
        _check(mark("encoding"), self.encoding, ENCODINGS)


def _check(what: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise UsageError(
            "expected a {what} of {names}, found {value!r}",
            what=tr(what),
            names=", ".join(known),
            value=value[:40],
        )
