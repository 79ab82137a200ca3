"""Excel's .xlsx, read and written row by row.

Read by python-calamine, many times as fast as openpyxl (docs/tables.md has the measurement), with
the sheet in memory; `nsmc.tables.excel_size` bounds that. Written by XlsxWriter, which keeps one
row in memory and escapes what XML can't hold.
"""

import contextlib
import datetime
import itertools
import zipfile
from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import Any

from nsmc.errors import DataError, NsmcError
from nsmc.messages.translate import tr
from nsmc.tables.base import PEEKED, Numbers, TableWriter, batches, check_columns
from nsmc.tables.cells import cell_text, is_missing
from nsmc.tables.changes import BEYOND, LONG
from nsmc.tables.columns import listing
from nsmc.tables.excel_size import check_size
from nsmc.tables.formats import TableFile
from nsmc.tables.header import HEAD, check_header, cleaned, numbered_columns
from nsmc.tables.input_file import read_errors
from nsmc.tables.objects import ObjectReader, kind_of
from nsmc.tables.options import ReadOptions
from nsmc.tables.rows import ListRows, Rows

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767
"""What a sheet holds: rows beside the header, characters in a cell."""
EXACT = 10**15
"""Excel keeps 15 digits of a number."""
Cells = tuple[Any, ...]


class ExcelReader(ObjectReader):
    """Reads a sheet as values of Python: numbers, dates, truth values and text.

    Args:
        file: what to read.
        options: how; the header is the first row with anything in it.
        names: columns that somebody wants: one of them makes a row the header.

    Raises:
        DataError: the file is no .xlsx, has no such sheet, or its first row may be no header.
    """

    def __init__(self, file: TableFile, options: ReadOptions, names: Collection[str] = ()) -> None:
        super().__init__(file, options)
        self._rows_read = 0
        self._sheet = self._load(options.sheet)
        head = list(itertools.islice(self._sheet_rows(), HEAD))
        if not head:
            raise DataError(
                "{file}: expected a sheet with a row of column names, found none", file=file
            )
        first, cells = head[0]
        cells = cells[: max([1, *(n for n, cell in enumerate(cells, 1) if cell is not None)])]
        if options.header:
            shown = [[cell_text(cell) for cell in row[: len(cells)]] for _, row in head]
            check_header(file, shown, cleaned(names), tr("row {row}", row=first))
            self._before, self.columns = first, shown[0]
        else:
            self._before, self.columns = first - 1, numbered_columns(len(cells))
        check_columns(file, self.columns)

    @property
    def bytes_read(self) -> int:
        """The share of the file that the rows read so far make up, in bytes."""
        done, rows = self._rows_read, self._sheet.total_height
        return self.size * min(done, rows) // rows if rows else self.size * bool(done)

    def schema(self) -> Any:
        """See `ObjectReader.schema`; reads the whole sheet."""
        self._look()
        return super().schema()

    def text_columns(self) -> list[str]:
        """Columns with a text in the first rows; a single one always."""
        if len(self.columns) == 1:
            return self.columns
        self._look(PEEKED)
        names = [name for name, kinds in self._kinds.items() if "str" in kinds]
        return names if any(self._kinds.values()) else self.columns

    def chunks(self, chunk_rows: int) -> Generator[tuple[Rows, Numbers]]:
        """See `TableReader.chunks`."""
        with contextlib.closing(self._rows()) as rows:
            for numbers, chunk in batches(rows, chunk_rows, len(self.columns)):
                columns = zip(self.columns, zip(*chunk, strict=True), strict=True)
                yield ListRows(dict(columns), object), numbers

    def check_rows(self) -> bool:
        """See `TableReader.check_rows`."""
        for _ in self._rows():
            pass
        return True

    def _look(self, rows: int | None = None) -> None:
        """Find out the types of all values, or of those in the first rows."""
        self._kinds = {name: set() for name in self.columns}
        with contextlib.closing(self._rows()) as found:
            for _, _, cells in itertools.islice(found, rows):
                for kinds, cell in zip(self._kinds.values(), cells, strict=True):
                    kinds.add(kind_of(cell))
        self._forget_bad()

    def _rows(self) -> Generator[tuple[int, int, Cells]]:
        """The number, the characters and the cells of each row, blank ones between others too."""
        self._forget_bad()
        width = len(self.columns)
        self._rows_read = 0
        last = self._before
        for place, cells in self._sheet_rows():
            if place <= last:
                continue
            for blank in range(last + 1, place):
                yield blank - self._before, 1, (None,) * width
            last = self._rows_read = place
            beyond = next((cell for cell in cells[width:] if cell is not None), None)
            if beyond is not None:
                self._reject(
                    place - self._before,
                    place,
                    tr(
                        "expected {width} cells as in the header ({names}), found {cell!r} below "
                        "no name",
                        width=width,
                        names=listing(self.columns),
                        cell=cell_text(beyond)[:60],
                    ),
                    "\t".join(map(cell_text, cells)),
                    tr("name that column or delete it"),
                )
                continue
            characters = sum(len(cell) for cell in cells if isinstance(cell, str))
            yield place - self._before, characters, cells[:width] + (None,) * (width - len(cells))

    def _sheet_rows(self) -> Iterator[tuple[int, Cells]]:
        """The rows that have anything in them, with their numbers in the sheet."""
        for number, cells in enumerate(self._sheet.iter_rows(), start=1):
            row = tuple(map(_value, cells))
            if any(cell is not None for cell in row):
                yield number, row

    def _load(self, wanted: str | None) -> Any:
        """The sheet of a name, or the first that is visible."""
        from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

        file = self.file
        with read_errors(file), file.path.open("rb") as raw:
            if raw.read(4) == b"\xd0\xcf\x11\xe0":
                raise DataError(
                    "{file}: expected an .xlsx file, found an old Excel file or one with a "
                    "password; save it as .xlsx without a password",
                    file=file,
                )
            try:
                with zipfile.ZipFile(raw) as packed:
                    check_size(file, packed)
                book = CalamineWorkbook.from_path(file.path)
                sheets = [
                    sheet.name
                    for sheet in book.sheets_metadata
                    if sheet.typ == SheetTypeEnum.WorkSheet
                    and (wanted or sheet.visible == SheetVisibleEnum.Visible)
                ]
                name = wanted or next(iter(sheets), None)
                if name not in sheets:
                    raise DataError(
                        "{file}: expected a sheet named {name!r}, found {sheets}; choose one "
                        "with --sheet NAME",
                        file=file,
                        name=(wanted or "")[:60],
                        sheets=listing(sheets) or tr("none"),
                    )
                if wanted is None and len(sheets) > 1:
                    self.notes.append(
                        tr(
                            "of the {count} sheets of {file}, the first was read: {name}; --sheet "
                            "NAME chooses another",
                            count=len(sheets),
                            file=file,
                            name=listing([name]),
                        )
                    )
                return book.get_sheet_by_name(name)
            except (NsmcError, OSError, MemoryError):
                raise
            except BaseException as error:  # damaged XML fails in whatever way it does
                # A panic of Rust is no Exception; Ctrl-C and the like are none of it.
                if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                    raise
                raise DataError(
                    "{file} can't be read as Excel: expected a whole .xlsx file because of its "
                    "name, found: {error}; save it again",
                    file=file,
                    error=str(error)[:200] or type(error).__name__,
                ) from error


def _value(cell: Any) -> Any:
    """A cell's value: nothing is None, and a number without a fraction whole."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return int(cell)
    return None if cell == "" else cell


class ExcelWriter(TableWriter):
    """Writes a sheet into a temporary file; ``file`` is for messages."""

    def __init__(self, file: TableFile, temporary: Path) -> None:
        import xlsxwriter

        super().__init__(file)
        self._book = xlsxwriter.Workbook(
            str(temporary),
            {
                "constant_memory": True,
                # A comment that begins with = is a comment.
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        # The same rows give the same bytes.
        self._book.set_properties({"created": datetime.datetime(2000, 1, 1)})
        self._sheet: Any = None
        self._formats = {
            kind: self._book.add_format({"num_format": text})
            for kind, text in (
                (datetime.datetime, "yyyy-mm-dd hh:mm:ss"),
                (datetime.date, "yyyy-mm-dd"),
                (datetime.time, "hh:mm:ss"),
            )
        }
        self._closed = False

    def close(self) -> None:
        """See `TableWriter.close`."""
        from xlsxwriter.exceptions import FileCreateError

        if self._closed:
            return
        self._closed = True
        try:
            self._book.close()
        except FileCreateError as error:
            raise OSError(str(error)) from error

    def _begin(self, rows: Rows) -> None:
        self._add_sheet()

    def _add_sheet(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(self.columns or ()):
            if len(name) > LONGEST_CELL:
                self._refuse_header(
                    tr("one of {count:,} characters", count=len(name)), tr("rename that column")
                )
            self._sheet.write_string(0, place, name)

    def _write_rows(self, rows: Rows) -> None:
        columns = map(rows.values, rows.columns)
        for number, cells in enumerate(zip(*columns, strict=True), start=self.rows):
            row = number % MOST_ROWS
            if number >= MOST_ROWS:
                self.changes.add(BEYOND, number + 1)
                if not row:
                    self._add_sheet()
            for place, value in enumerate(cells):
                if not is_missing(value):
                    self._put(number + 1, row + 1, place, value)

    def _put(self, number: int, row: int, place: int, value: Any) -> None:
        if isinstance(value, bool):
            self._sheet.write_boolean(row, place, value)
        elif isinstance(value, int | float) and abs(value) < EXACT:
            self._sheet.write_number(row, place, value)
        elif _is_date(value):
            self._sheet.write_datetime(row, place, value, self._formats[type(value)])
        else:
            text = self.changes.whole_characters(cell_text(value), number)
            if len(text) > LONGEST_CELL:
                self.changes.add(LONG, number)
                text = text[:LONGEST_CELL]
            self._sheet.write_string(row, place, text)


def _is_date(value: object) -> bool:
    """Whether Excel has the value as a date or a time."""
    if type(value) is datetime.time:
        return value.tzinfo is None
    if type(value) is datetime.datetime:
        return value.tzinfo is None and value.year >= 1900
    return type(value) is datetime.date and value.year >= 1900
