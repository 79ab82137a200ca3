"""Tables of separated cells: .csv (RFC 4180) and .tsv/.txt (tabs, no quoting).

Rows are split here rather than by ``pandas.read_csv``, which (3.1) fills rows that are too short
with empty cells, shifts or cuts a first row that is too long, drops blank lines of a one-column
table, takes a stray carriage return for a line end (or, told otherwise, leaves one in the last
column of a Windows file), and swallows quotes that someone forgot to double. Each of those
changes a review or moves it to another row without a word.
"""

import contextlib
import io
import itertools
import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.columns import not_all_numbers
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.source import InputFile, reading

if TYPE_CHECKING:
    import pandas as pd

# (number of the line a row begins on, its cells)
Record = tuple[int, list[str]]

# Everything up to the quote that ends a cell: a doubled quote stands for one.
_INSIDE_QUOTES = re.compile(r'[^"]*(?:""[^"]*)*')
_UNQUOTED = re.compile(r"[^,]*")
# A quote nobody closes would swallow the rest of the file; no review is near this long.
_LONGEST_CELL = 1 << 24


class DelimitedSource:
    """The rows of a .csv or .tsv/.txt file as frames of strings, exactly as they stand there.

    Raises:
        DataError: the file is no text, or its header is blank, broken or names a column twice.
    """

    def __init__(self, path: Path, *, quoted: bool) -> None:
        self.path = path
        self._quoted = quoted
        self._file: InputFile | None = None
        self.encoding: str | None = detect_encoding(path)
        with contextlib.closing(self._records()) as records:
            self.columns = self._check_header(next(records)[1])

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk consumed so far."""
        return self._file.bytes_read if self._file else 0

    def schema(self) -> Any:
        """The columns as a pyarrow schema: every one text."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])

    def text_columns(self, chunk_rows: int) -> list[str]:
        """Columns with something other than numbers in the first rows; a single one always."""
        if len(self.columns) == 1:
            return self.columns
        with contextlib.closing(self.frames(chunk_rows)) as frames:
            first = next(frames, None)
        # A header alone says nothing about the values.
        return self.columns if first is None else not_all_numbers(first)

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Yield frames of up to ``chunk_rows`` rows, every column of dtype ``str``.

        Raises:
            DataError: a row has too many or too few cells, or broken quoting.
        """
        import pandas as pd

        with contextlib.closing(self._rows()) as rows:
            while chunk := list(itertools.islice(rows, chunk_rows)):
                yield pd.DataFrame(chunk, columns=self.columns, dtype="str")

    def _rows(self) -> Generator[list[str]]:
        width = len(self.columns)
        with contextlib.closing(self._records()) as records:
            next(records)
            number = 0
            for line, cells in records:
                # A blank line among several columns is no row; in one column it is an empty cell.
                if cells == [""] and width > 1:
                    continue
                number += 1
                if len(cells) != width:
                    raise self._wrong_width(number, line, cells)
                yield cells

    def _records(self) -> Generator[Record]:
        with InputFile(self.path) as self._file, reading(self.path):
            # newline="\n": U+2028, U+0085 and a lone carriage return belong to the text.
            lines = io.TextIOWrapper(self._file.stream, encoding=self.encoding, newline="\n")
            with lines:
                try:
                    yield from quoted_records(lines) if self._quoted else plain_records(lines)
                except _BadQuoting as error:
                    raise DataError(f"{self.path}, {error}") from error

    def _check_header(self, names: list[str]) -> list[str]:
        if names == [""]:
            raise DataError(f"{self.path}: expected column names in line 1, found a blank line")
        repeated = [name for name, count in Counter(names).items() if count > 1]
        if repeated:
            raise DataError(
                f"{self.path}: expected every column name once, found {repeated[0]!r} twice or "
                f"more among: {', '.join(names)}; rename one in line 1"
            )
        if any("\r" in name.replace("\r\n", "") for name in names):
            raise DataError(
                f"{self.path}: expected lines that end in \\n or \\r\\n, found a lone \\r in the "
                "header; save the file with Unix or Windows line ends"
            )
        return names

    def _wrong_width(self, number: int, line: int, cells: list[str]) -> DataError:
        sign, advice = (
            ("comma", "put a cell that holds a comma, a quote or a line break in double quotes")
            if self._quoted
            else ("tab", "a cell can hold no tab or line break here; such a table must be .csv")
        )
        row = " | ".join(cells)
        return DataError(
            f"{self.path}, row {number} (line {line}): expected {len(self.columns)} "
            f"{sign}-separated cells as in the header ({', '.join(self.columns)}), found "
            f"{len(cells)}: {row[:60]!r}{'…' if len(row) > 60 else ''}; {advice}"
        )


class _BadQuoting(Exception):
    """Says what is wrong with a quoted cell; the caller knows the file."""


def plain_records(lines: Iterable[str]) -> Iterator[Record]:
    """Split lines at tabs; a quote is a character like any other."""
    for number, line in enumerate(lines, start=1):
        yield number, without_end(line).split("\t")


def quoted_records(lines: Iterable[str]) -> Iterator[Record]:
    """Split the lines of a CSV file (RFC 4180) into records, which can go over several lines."""
    numbered = enumerate(lines, start=1)
    for number, line in numbered:
        if '"' in line:
            yield number, _quoted_cells(number, line, numbered)
        else:
            yield number, without_end(line).split(",")


def _quoted_cells(start: int, line: str, more: Iterator[tuple[int, str]]) -> list[str]:
    """Cells of the record that begins with ``line``; ``more`` lines follow it, if it needs them."""
    cells: list[str] = []
    position = 0
    while True:
        if line.startswith('"', position):
            cell, line, position = _quoted_cell(start, line, position + 1, more)
        else:
            match = _UNQUOTED.match(line, position)
            assert match is not None  # the pattern matches nothing, too
            cell, position = match.group(), match.end()
            if position == len(line):
                return [*cells, without_end(cell)]
        cells.append(cell)
        if line[position:] in ("", "\n", "\r\n"):
            return cells
        if line[position] != ",":
            raise _BadQuoting(
                f"line {start}: expected a comma or the line's end after a closing quote, found "
                f"{line[position : position + 20]!r}; a quote inside a quoted cell must be doubled"
            )
        position += 1


def _quoted_cell(
    start: int, line: str, position: int, more: Iterator[tuple[int, str]]
) -> tuple[str, str, int]:
    """Read one quoted cell; return it, the line it ends on, and the position after its quote."""
    parts: list[str] = []
    size = 0
    while True:
        match = _INSIDE_QUOTES.match(line, position)
        assert match is not None  # the pattern matches nothing, too
        parts.append(match.group())
        size += len(parts[-1])
        if match.end() < len(line):
            return "".join(parts).replace('""', '"'), line, match.end() + 1
        line = next(more, (0, ""))[1]
        position = 0
        if not line or size > _LONGEST_CELL:
            raise _BadQuoting(
                f"line {start}: expected a closing quote, found none before "
                f"{'the end of the file' if not line else f'{size:,} characters'}; close the "
                "quote, or name the file .tsv if it is tab-separated and has bare quotes"
            )


def without_end(line: str) -> str:
    """A line as it was read, less its line end."""
    return line.removesuffix("\n").removesuffix("\r")
