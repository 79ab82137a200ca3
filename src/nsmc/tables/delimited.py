"""Tables of separated cells: .csv (RFC 4180), .tsv/.txt (tabs, no quoting), and plain lines.

``pandas.read_csv`` (3.1) isn't used: it fills rows that are too short with empty cells, shifts or
cuts a first row that is too long, drops blank lines of a one-column table, takes a stray carriage
return for a line end, and swallows quotes that someone forgot to double. Each of those changes a
review or moves it to another row without an error.
"""

import contextlib
import csv
import itertools
import re
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tables.base import LONGEST, PEEKED, Numbers, batches, check_columns, most_rows
from nsmc.tables.cells import cell_text, is_number
from nsmc.tables.changes import TABS
from nsmc.tables.columns import DEFAULT_COLUMN, listing
from nsmc.tables.formats import TableFile
from nsmc.tables.header import (
    DELIMITERS,
    HEAD,
    check_header,
    clean,
    cleaned,
    declared_delimiter,
    is_header,
    numbered_columns,
    sniff_delimiter,
    split_lines,
)
from nsmc.tables.options import ReadOptions
from nsmc.tables.regular_columns import Irregular, Shape, columns_of, csv_rows, regular_columns
from nsmc.tables.rows import ListRows, Rows
from nsmc.tables.text_files import TextReader, TextWriter, without_end

LONGEST_BAD = 1 << 17
"""Characters after which a quote counts as not closed, where bad rows are left out."""
REREAD, SHARE = 1 << 24, 4
"""Characters, and how many for each one of the file, that are read again at most: lines that each
open a quote and close another one's would take the square of the time."""


class _Record(NamedTuple):
    line: int
    """The number of the line that it begins on."""
    cells: list[str]
    characters: int
    problem: str = ""
    """Why it isn't one; then its only cell is the first line of it."""


class DelimitedReader(TextReader):
    """Reads .csv, .tsv and .txt files as strings, with no cell interpreted.

    Args:
        file: what to read.
        options: how.
        names: columns that somebody wants: one of them makes the first line a header.

    Raises:
        DataError: the file is no text, or its header is blank, broken, names a column twice or
            may be a row.
    """

    def __init__(self, file: TableFile, options: ReadOptions, names: Collection[str] = ()) -> None:
        super().__init__(file, options)
        wanted = cleaned(names)
        head = self._head()
        self._first_line = 1
        self._delimiter = options.delimiter or ""
        if head and (declared := declared_delimiter(head[0])):
            self._first_line, head = 2, head[1:]
            self._delimiter = self._delimiter or declared
        usual = "," if file.format == "csv" else "\t"
        self._delimiter = self._delimiter or sniff_delimiter(head, usual, wanted)
        self._quoted = file.format == "csv" or self._delimiter != "\t"
        rows = split_lines(head, self._delimiter, quoted=self._quoted)
        if file.format == "txt" and self._is_plain(rows, options, wanted):
            # One comment a line: neither tabs nor quotes mean anything.
            self._delimiter, self._quoted = "", False
            rows = [[without_end(line)] for line in head]
            self._header = options.header and bool(rows) and clean(rows[0][0]) in wanted
        else:
            self._header = options.header
        self._line = ""  # the latest that the csv module was given
        self._has_returns = False
        self.columns = self._names(rows, wanted)
        if self._delimiter not in ("", usual) and options.delimiter is None:
            self.notes.append(
                tr("the cells of {file} are separated by {sign}", file=file, sign=self._sign)
            )

    def text_columns(self) -> list[str]:
        """Columns with something other than numbers in the first rows; a single one always."""
        if len(self.columns) == 1:
            return self.columns
        with contextlib.closing(self._chunks(PEEKED)) as chunks:
            _, first = next(chunks, (None, []))
        self._forget_bad()
        if not first:
            return self.columns  # a header alone says nothing about the values
        columns = zip(self.columns, first, strict=True)
        return [name for name, cells in columns if not all(map(is_number, cells))]

    def chunks(self, chunk_rows: int) -> Generator[tuple[Rows, Numbers]]:
        """See `TableReader.chunks`."""
        with contextlib.closing(self._chunks(chunk_rows)) as chunks:
            for numbers, columns in chunks:
                yield ListRows(dict(zip(self.columns, columns, strict=True)), "str"), numbers

    def check_rows(self) -> bool:
        """See `TableReader.check_rows`."""
        for _ in self._chunks(PEEKED):
            pass
        return True

    def _head(self) -> list[str]:
        """The first lines, a million characters of them at most."""
        lines, size = [], 0
        with self._lines() as all_lines:
            for line in itertools.islice(all_lines, HEAD):
                lines.append(line)
                size += len(line)
                if size > 1 << 20:
                    break
        return lines

    def _is_plain(self, rows: list[list[str]], options: ReadOptions, wanted: set[str]) -> bool:
        """Whether a .txt file is one comment a line, and no table."""
        if options.delimiter is not None or not rows:
            return False
        if len(rows[0]) < 2:
            return True
        # Text may have a tab in it; a table has the same number of them in each line.
        uneven = len({len(row) for row in rows}) > 1
        return uneven and not (options.header and is_header(rows[:1], wanted))

    def _names(self, rows: list[list[str]], wanted: set[str]) -> list[str]:
        """The names of the columns, from the header if there is one."""
        if not self._delimiter and not self._header:
            return [DEFAULT_COLUMN]
        with contextlib.closing(self._records()) as records:
            first = next(records, _Record(1, [""], 0))
        # A row is as bad as the header when nothing says how many cells it should have.
        if first.problem:
            raise DataError(
                "{path}, line {number}: {problem}",
                path=self.file,
                number=first.line,
                problem=first.problem,
            )
        width = len(first.cells)
        if not self._header:
            return numbered_columns(width)
        names = first.cells
        # Without commas at the end, as spreadsheets write for empty columns.
        names = names[: max([1, *(n for n, name in enumerate(names, 1) if name.strip())])]
        if names == [""]:
            raise DataError(
                "{file}: expected column names in line 1, found a blank line", file=self.file
            )
        if any("\r" in name.replace("\r\n", "") for name in names):
            raise DataError(
                "{file}: expected lines that end in \\n or \\r\\n, found a lone \\r in the header; "
                "save the file with Unix or Windows line ends",
                file=self.file,
            )
        below = [row[: len(names)] for row in rows[1:]]
        check_header(self.file, [names, *below], wanted, tr("line {line}", line=first.line))
        check_columns(self.file, names)
        return names

    def _chunks(self, chunk_rows: int) -> Generator[tuple[Numbers, list[list[str]]]]:
        """The numbers and the columns of chunks of rows."""
        width, done = len(self.columns), 0
        if self.bad is None:
            before = self._first_line - 1
            shape = Shape(self._delimiter, self._quoted, width, before, self._header)
            with contextlib.suppress(Irregular), self._stream() as text:
                for columns in regular_columns(text, shape, most_rows(chunk_rows, width)):
                    rows = len(columns[0])
                    yield range(done + 1, done + 1 + rows), columns
                    done += rows
                return
        with contextlib.closing(self._rows()) as slow:
            for numbers, cells in batches(itertools.islice(slow, done, None), chunk_rows, width):
                yield numbers, list(columns_of(cells, width))

    def _rows(self) -> Generator[tuple[int, int, Sequence[str]]]:
        """The number, the characters and the cells of each row, read line by line."""
        self._forget_bad()
        width = len(self.columns)
        with contextlib.closing(self._records()) as records:
            if self._header:
                next(records, None)
            number = 0
            for line, cells, characters, problem in records:
                # A blank line among several columns is no row; in one column it is an empty cell.
                if cells == [""] and width > 1:
                    continue
                number += 1
                advice = ""
                if len(cells) != width and not problem:
                    cells, problem = self._fitted(cells, width)
                    advice = self._advice()
                if problem:
                    self._reject(number, line, problem, self._delimiter.join(cells), advice)
                else:
                    yield number, characters, cells

    def _fitted(self, cells: list[str], width: int) -> tuple[list[str], str]:
        """A row of another width than the header's, and what is wrong with it, if anything is."""
        if len(cells) > width and not any(map(str.strip, cells[width:])):
            return cells[:width], ""  # as spreadsheets write rows of a sheet with empty columns
        row = " | ".join(cells)
        return cells, tr(
            "expected {width} {sign}-separated cells as in the header ({columns}), found {count}: "
            "{row!r}{rest}",
            width=width,
            sign=self._sign,
            columns=listing(self.columns),
            count=len(cells),
            row=row[:60],
            rest="…" if len(row) > 60 else "",
        )

    @property
    def _sign(self) -> str:
        return DELIMITERS.get(self._delimiter, repr(self._delimiter))

    def _advice(self) -> str:
        if self._quoted:
            return tr(
                "put a cell that holds a {sign}, a quote or a line break in double quotes",
                sign=self._sign,
            )
        return tr("a cell can hold no tab or line break here; such a table must be .csv")

    def _records(self) -> Generator[_Record]:
        with self._lines() as lines:
            for _ in range(self._first_line - 1):
                next(lines, None)
            if self._quoted:
                yield from self._quoted_records(lines)
                return
            for number, line in enumerate(lines, start=self._first_line):
                text = without_end(line)
                if problem := self._not_text(text):
                    yield _Record(number, [text], len(text), problem)
                else:
                    cells = text.split(self._delimiter) if self._delimiter else [text]
                    yield _Record(number, cells, len(text))

    def _quoted_records(self, lines: Iterable[str]) -> Iterator[_Record]:
        feed = _Feed(lines, self._first_line, LONGEST if self.bad is None else LONGEST_BAD)
        while True:
            try:
                for cells in csv_rows(self._checked(feed), self._delimiter):
                    if self._has_returns:
                        cells = [cell.replace("\0", "\r") for cell in cells]
                    yield _Record(feed.start, cells or [""], feed.characters)
                    feed.begin()
                return
            except csv.Error as error:
                first = without_end(feed.taken[0])
                problem = self._bad_quoting(str(error), feed)
                yield _Record(feed.start, [first], len(first), problem)
                feed.restart()

    def _checked(self, feed: "_Feed") -> Iterator[str]:
        """Refuse what is no text, and put a NUL for each carriage return that ends no line.

        To the csv module one in an unquoted cell is an error; to us it is text, and no text has a
        NUL.
        """
        for line in feed:
            self._line = line
            if feed.characters > feed.longest:
                raise csv.Error("too long")
            if problem := self._not_text(line):
                raise csv.Error(problem)
            if "\r" in line and "\r" in (body := without_end(line)):
                self._has_returns = True
                yield body.replace("\r", "\0") + line[len(body) :]
            else:
                yield line

    def _bad_quoting(self, error: str, feed: "_Feed") -> str:
        """Say what the csv module's error means."""
        if error == self._not_text(self._line):
            return error
        if "expected after" in error:
            where = tr(" in line {line}", line=feed.line) if feed.line != feed.start else ""
            return tr(
                "expected a {sign} or the line's end after a closing quote, found more text{where} "
                "in {text!r}; a quote inside a quoted cell must be doubled",
                sign=self._sign,
                where=where,
                text=without_end(self._line)[:60],
            )
        found = tr("the end of the file")
        if "end of data" not in error:
            found = tr("{count:,} characters", count=feed.longest)
        return tr(
            "expected a closing quote, found none before {found}; close the quote, or name the "
            "file .tsv if it is tab-separated and has bare quotes",
            found=found,
        )


class _Feed(Iterator[str]):
    """Lines for the csv module, and those of the record that it is reading."""

    def __init__(self, lines: Iterable[str], first: int, longest: int) -> None:
        self._lines = iter(lines)
        self._again: list[str] = []  # lines to be given once more, the next one last
        self.longest = longest
        self.taken: list[str] = []
        self.start, self.line, self.characters = first, first - 1, 0
        self._read = self._reread = 0

    def __next__(self) -> str:
        if self._again:
            line = self._again.pop()
        else:
            line = next(self._lines)
            self._read += len(line)
        self.line += 1
        self.characters += len(line)
        self.taken.append(line)
        return line

    def begin(self) -> None:
        """The next line begins a record."""
        self.taken.clear()
        self.start, self.characters = self.line + 1, 0

    def restart(self) -> None:
        """Only the first line was no record: what follows is read again, within bounds."""
        self._reread += self.characters - len(self.taken[0])
        if self._reread <= REREAD + SHARE * self._read:
            self._again += reversed(self.taken[1:])
            self.line = self.start
        self.begin()


_BREAK = re.compile("\r\n|[\t\r\n]")
_FORMULA = frozenset("=+-@\t\r")
"""How what a spreadsheet runs begins."""


class DelimitedWriter(TextWriter):
    """Writes .csv with as few quotes as possible, or .tsv/.txt with none at all."""

    def __init__(
        self, file: TableFile, temporary: Path, encoding: str, *, safe_cells: bool = False
    ) -> None:
        super().__init__(file, temporary, encoding)
        self._safe_cells = safe_cells

    def _begin(self, rows: Rows) -> None:
        self._write_cells([rows.columns], 0)

    def _write_rows(self, rows: Rows) -> None:
        columns = [self._texts(rows.values(name), name) for name in rows.columns]
        self._write_cells(zip(*columns, strict=True), self.rows + 1)

    def _write_cells(self, rows: Iterable[Sequence[str]], first_row: int) -> None:
        if self.file.format == "csv":
            lines = _csv_lines(rows)
        else:
            lines = [self._plain_line(cells, row) for row, cells in enumerate(rows, first_row)]
        self._write_lines(lines, first_row)

    def _texts(self, values: list[Any], name: str) -> list[str]:
        # Nearly every column has one type, and to see that is cheaper than to ask each cell.
        types = set(map(type, values))
        if types == {float}:
            return [str(value) if value == value else "" for value in values]
        texts = values if types == {str} else list(map(cell_text, values))
        if self._safe_cells or name in self.added:
            # A column of few labels is asked about once for each.
            strings = texts if types == {str} else (v for v in values if isinstance(v, str))
            formulas = set(filter(_is_formula, set(strings)))
            if formulas:
                texts = [f"'{text}" if text in formulas else text for text in texts]
        return texts

    def _plain_line(self, cells: Sequence[str], row: int) -> str:
        line = "\t".join(cells)
        if "\n" in line or line.count("\t") >= len(cells) or line.endswith("\r"):
            if not row:
                self._refuse_header(tr("a tab or a line break"), tr("name the output .csv instead"))
            self.changes.add(TABS, row)
            line = "\t".join(_BREAK.sub(" ", cell) for cell in cells)
        return line + "\n"


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet would run a text instead of showing it; a number is none."""
    return text[:1] in _FORMULA and len(text) > 1 and not is_number(text)


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
