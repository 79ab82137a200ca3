"""What the file of each format provides: a reader and a writer of rows."""

import abc
from collections import Counter
from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from nsmc.errors import DataError
from nsmc.storage.files import sha256_of
from nsmc.tables.bad_rows import BadRows, row_words
from nsmc.tables.changes import Changes
from nsmc.tables.columns import listing
from nsmc.tables.formats import TableFile
from nsmc.tables.input_file import size_of
from nsmc.tables.options import ReadOptions
from nsmc.tables.rows import Rows, rows_of

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")
Numbers = Sequence[int]
"""Numbers of rows in the file, counted from 1 without the header."""

PEEKED = 8192
"""Rows that are looked at for columns of text."""
LONGEST = 1 << 24
"""Characters of a line or a cell at most: a quote that nobody closes would swallow the rest of the
file, and no review is this long."""
MOST_COLUMNS = 16_384
"""As many as a sheet of Excel has."""
MOST_NAMES = 1 << 22
"""Characters of all names of columns."""
MOST_CELLS = 1 << 20
MOST_CHARACTERS = 1 << 24
"""In memory at a time, but for a single row of more: a chunk of a table with many columns or long
cells has fewer rows."""


class TableReader(abc.ABC):
    """Reads a table chunk by chunk.

    Raises:
        DataError: the file is missing, empty or no regular file.
    """

    columns: list[str]
    encoding: str | None = None
    """None for the binary formats."""

    def __init__(self, file: TableFile, options: ReadOptions) -> None:
        self.file = file
        self.size = size_of(file)
        """Bytes of the file on disk."""
        self.notes: list[str] = []
        """How the file was read, where a person should know."""
        self.bad = BadRows() if options.skip_bad_rows else None
        """Takes the rows that can't be read; None refuses the table for the first of them."""

    @property
    @abc.abstractmethod
    def bytes_read(self) -> int:
        """Bytes of the file on disk that the latest call of `chunks` has consumed."""

    def sha256(self) -> str:
        """Of the file, as 64 hex digits."""
        return sha256_of(self.file.path)

    @abc.abstractmethod
    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema."""

    @abc.abstractmethod
    def text_columns(self) -> list[str]:
        """Columns that may hold comments, by their types or their first rows."""

    @abc.abstractmethod
    def chunks(self, chunk_rows: int) -> Generator[tuple[Rows, Numbers]]:
        """Yield up to ``chunk_rows`` rows at a time with their numbers, from the first row on.

        Raises:
            DataError: a row is broken, and bad rows aren't left out.
        """

    def check_rows(self) -> bool:
        """Read all rows as `chunks` does, but in less time, where a reader can.

        Returns:
            Whether it can; then every cell can be a comment.

        Raises:
            DataError: as `chunks`.
        """
        return False

    def _forget_bad(self) -> None:
        """The rows are read anew from the first on."""
        if self.bad is not None:
            self.bad.clear()

    def _reject(self, row: int, line: int, problem: str, content: str, advice: str = "") -> None:
        """Leave a row out, where that is wanted; ``line`` is 0 where there are no lines.

        Raises:
            DataError: it isn't.
        """
        if self.bad is None:
            problem = f"{problem}; {advice}" if advice else problem
            raise DataError(
                "{file}, {row}: {problem}",
                file=self.file,
                row=row_words(row, line),
                problem=problem,
            )
        self.bad.add(row, line, problem, content)


class TableWriter(abc.ABC):
    """Writes chunks of rows that have the same columns in the same order.

    Attributes:
        file: its name in messages; the bytes may go to a temporary one.
        columns: those of the first chunk; None before it.
        rows: the number of rows written so far.
        changes: what of them the format can't hold and was written in another way.
    """

    def __init__(self, file: TableFile) -> None:
        self.file = file
        self.columns: list[str] | None = None
        self.rows = 0
        self.changes = Changes(file)
        self.added: Collection[str] = ()
        """Columns that the input hadn't."""

    def write(self, chunk: "Rows | pd.DataFrame") -> None:
        """Append rows. The first chunk decides the columns, and may be one of no rows.

        Raises:
            DataError: the format can't hold a column name.
        """
        rows = rows_of(chunk)
        if self.columns is None:
            self.columns = rows.columns
            self._begin(rows)
        elif rows.columns != self.columns:
            raise ValueError(f"expected the columns {self.columns}, found {rows.columns}")
        self._write_rows(rows)
        self.rows += len(rows)

    @abc.abstractmethod
    def close(self) -> None:
        """Complete the file on disk and close it; a second call does nothing."""

    def _begin(self, rows: Rows) -> None:  # noqa: B027
        """Write what comes before the rows of the first chunk."""

    @abc.abstractmethod
    def _write_rows(self, rows: Rows) -> None: ...

    def _refuse_header(self, found: str, advice: str) -> NoReturn:
        raise DataError(
            "cannot write the header to {file}: expected column names that this format can "
            "hold, found {found}; nothing was written; {advice}",
            file=self.file,
            found=found,
            advice=advice,
        )


def check_columns(file: TableFile, columns: Sequence[str]) -> None:
    """Refuse a table with two columns of one name, too many or too long ones, or one of no text.

    Raises:
        DataError: it has.
    """
    if len(columns) > MOST_COLUMNS:
        raise DataError(
            "{file}: expected at most {most:,} columns, found {count:,}: {names}; write "
            "what varies from row to row into cells, not into names",
            file=file,
            most=MOST_COLUMNS,
            count=len(columns),
            names=listing(columns),
        )
    if (characters := sum(map(len, columns))) > MOST_NAMES:
        raise DataError(
            "{file}: expected column names of at most {most:,} characters in all, found "
            "{count:,}: {names}; is that a table?",
            file=file,
            most=MOST_NAMES,
            count=characters,
            names=listing(columns),
        )
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        raise DataError(
            "{file}: expected every column name once, found {name!r} twice or more among: "
            "{names}; rename one",
            file=file,
            name=repeated[0][:60],
            names=listing(columns),
        )
    for name in columns:
        try:
            name.encode()
        except UnicodeEncodeError as error:
            raise DataError(
                "{file}: expected column names that are text, found half of a surrogate pair "
                "in {column!r}; rename that column",
                file=file,
                column=name[:60],
            ) from error


def most_rows(chunk_rows: int, width: int) -> int:
    """How many rows of some width a chunk of ``chunk_rows`` has at most."""
    return max(1, min(chunk_rows, MOST_CELLS // max(1, width)))


def batches(
    rows: Iterable[tuple[int, int, Row]], chunk_rows: int, width: int
) -> Iterator[tuple[list[int], list[Row]]]:
    """Rows by chunks, which have fewer rows where these are wide or long.

    Args:
        rows: each with its number and its characters.
        chunk_rows: in a chunk at most.
        width: the number of columns.
    """
    most = most_rows(chunk_rows, width)
    waiting = iter(rows)
    while True:
        numbers, chunk, size = [], [], 0
        for number, characters, row in waiting:
            numbers.append(number)
            chunk.append(row)
            size += characters
            if len(chunk) >= most or size >= MOST_CHARACTERS:
                break
        if not chunk:
            return
        yield numbers, chunk
