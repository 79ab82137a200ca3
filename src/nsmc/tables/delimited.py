"""Tables of separated cells: .csv (RFC 4180), .tsv/.txt (tabs, no quoting), and plain lines.

``pandas.read_csv`` (3.1) isn't used: it fills rows that are too short with empty cells, shifts or
cuts a first row that is too long, drops blank lines of a one-column table, takes a stray carriage
return for a line end, and swallows quotes that someone forgot to double. Each of those changes a
review or moves it to another row without an error.
"""

import contextlib
import csv
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.errors import DataError
from nsmc.tables.base import check_unique
from nsmc.tables.cells import cell_text, cell_values
from nsmc.tables.columns import DEFAULT_COLUMN
from nsmc.tables.text_files import TextReader, TextWriter, without_end

if TYPE_CHECKING:
    import pandas as pd

# (number of the line a row begins on, its cells)
Record = tuple[int, list[str]]

PEEKED = 8192
"""Rows that are looked at for columns of text."""
LONGEST_CELL = 1 << 24
"""Characters. A quote nobody closes would swallow the rest of the file; no review is this long."""


class DelimitedReader(TextReader):
    """Reads .csv (``quoted``) or .tsv/.txt files as frames of strings, with no cell interpreted.

    Raises:
        DataError: the file is no text, or its header is blank, broken or names a column twice.
    """

    def __init__(self, path: Path, *, quoted: bool) -> None:
        super().__init__(path)
        self._quoted = quoted
        self._line = ""  # the latest that the csv module was given
        self._has_returns = False
        with contextlib.closing(self._records()) as records:
            # A byte order mark alone is a file of no lines.
            self.columns = next(records, (1, [""]))[1]
        self._check_header()

    def text_columns(self) -> list[str]:
        """Columns with something other than numbers in the first rows; a single one always."""
        if len(self.columns) == 1:
            return self.columns
        with contextlib.closing(self.frames(PEEKED)) as frames:
            first = next(frames, None)
        if first is None:
            return self.columns  # a header alone says nothing about the values
        return [name for name in self.columns if not all(map(_is_number, cell_values(first[name])))]

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
        with self._lines() as lines:
            if self._quoted:
                yield from self._quoted_records(lines)
            else:
                for number, line in enumerate(lines, start=1):
                    yield number, without_end(line).split("\t")

    def _quoted_records(self, lines: Iterable[str]) -> Iterator[Record]:
        # The limit is the whole process's, so it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
        reader = csv.reader(self._hide_returns(lines), strict=True)
        start = 1
        try:
            for cells in reader:
                if self._has_returns:
                    cells = [cell.replace("\0", "\r") for cell in cells]
                yield start, cells or [""]
                start = reader.line_num + 1
        except csv.Error as error:
            raise self._bad_quoting(str(error), start, reader.line_num) from error

    def _hide_returns(self, lines: Iterable[str]) -> Iterator[str]:
        """Put a NUL, which no text table has, for each carriage return that ends no line.

        To the csv module one in an unquoted cell is an error; to us it is text.
        """
        for line in lines:
            self._line = line
            if "\r" in line and "\r" in (body := without_end(line)):
                self._has_returns = True
                yield body.replace("\r", "\0") + line[len(body) :]
            else:
                yield line

    def _bad_quoting(self, error: str, start: int, line: int) -> DataError:
        """Say what the csv module's error means; the record begins on ``start``."""
        if "expected after" in error:
            return DataError(
                f"{self.path}, line {line}: expected a comma or the line's end after a closing "
                f"quote, found more text in {without_end(self._line)[:60]!r}; a quote inside a "
                "quoted cell must be doubled"
            )
        found = "the end of the file" if "end of data" in error else f"{LONGEST_CELL:,} characters"
        return DataError(
            f"{self.path}, line {start}: expected a closing quote, found none before {found}; "
            "close the quote, or name the file .tsv if it is tab-separated and has bare quotes"
        )

    def _check_header(self) -> None:
        if self.columns == [""]:
            raise DataError(f"{self.path}: expected column names in line 1, found a blank line")
        check_unique(self.path, self.columns)
        if any("\r" in name.replace("\r\n", "") for name in self.columns):
            raise DataError(
                f"{self.path}: expected lines that end in \\n or \\r\\n, found a lone \\r in the "
                "header; save the file with Unix or Windows line ends"
            )

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


class PlainReader(TextReader):
    """Reads the lines of a text file as a table of one column, ``document``.

    Raises:
        DataError: the file is no text.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.columns = [DEFAULT_COLUMN]

    def has_header(self) -> bool:
        """Whether the first line looks like that of a table: it has a tab, or is ``document``."""
        with self._lines() as lines:
            first = without_end(next(lines, ""))
        return "\t" in first or first == DEFAULT_COLUMN

    def _rows(self) -> Generator[str]:
        with self._lines() as lines:
            yield from map(without_end, lines)


def _is_number(value: object) -> bool:
    text = str(value)
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True


class DelimitedWriter(TextWriter):
    """Writes .csv with as few quotes as possible (``quoted``), or .tsv/.txt with none at all."""

    def __init__(self, path: Path, temporary: Path, *, quoted: bool) -> None:
        super().__init__(path, temporary)
        self._quoted = quoted

    def _begin(self, frame: "pd.DataFrame") -> None:
        self._write_cells([frame.columns.tolist()], 0)

    def _write_rows(self, frame: "pd.DataFrame") -> None:
        columns = [self._texts(frame[name], name) for name in frame.columns]
        self._write_cells(zip(*columns, strict=True), self.rows + 1)

    def _write_cells(self, rows: Iterable[Sequence[str]], first_row: int) -> None:
        if self._quoted:
            lines = _csv_lines(rows)
        else:
            lines = [self._plain_line(cells, row) for row, cells in enumerate(rows, first_row)]
        self._write_lines(lines, first_row)

    def _texts(self, series: "pd.Series", name: str) -> list[str]:
        texts = []
        for row, value in enumerate(cell_values(series), start=self.rows + 1):
            try:
                texts.append(cell_text(value))
            except TypeError as error:
                self._refuse(row, f"in column {name!r}: {error}", "parquet")
        return texts

    def _plain_line(self, cells: Sequence[str], row: int) -> str:
        line = "\t".join(cells)
        if "\n" in line or line.count("\t") >= len(cells):
            self._refuse(row, "a tab or a line break inside a cell", "csv")
        if line.endswith("\r"):
            self._refuse(row, "a line break (\\r) at the end of the last cell", "csv")
        return line + "\n"


class _Lines(list[str]):
    """Takes what ``csv.writer`` writes: a line a row."""

    write = list.append


def _csv_lines(rows: Iterable[Sequence[str]]) -> list[str]:
    r"""CSV lines that end in "\n"; a row that is one empty cell gets quotes, so it isn't blank."""
    lines = _Lines()
    # Before Python 3.13 the csv module quotes only the characters of its own line end, and pandas
    # takes a bare carriage return for the end of a row.
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return [line[:-2] + "\n" for line in lines]
