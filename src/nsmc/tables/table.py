"""Tables of reviews in any known format, read and written chunk by chunk in constant memory."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nsmc.errors import DataError, UsageError
from nsmc.storage.files import atomic_write
from nsmc.tables.base import TableReader, TableWriter
from nsmc.tables.cells import cell_values, comment_text
from nsmc.tables.columns import DEFAULT_COLUMN, choose_text_column
from nsmc.tables.delimited import DelimitedReader, DelimitedWriter, PlainReader
from nsmc.tables.formats import ending, table_format
from nsmc.tables.jsonlines import JsonlReader, JsonlWriter
from nsmc.tables.parquet import ParquetReader, ParquetWriter, to_frame

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some consecutive rows of a table."""

    frame: "pd.DataFrame"
    """The file's own columns."""
    texts: list[str]
    """One comment a row, "" where there is none."""
    first_row: int
    """Number of the first row in the file, counted from 1 without the header."""


class Table:
    """A table opened for reading; use it as a context manager. See `open_table`.

    Attributes:
        encoding: how the text is encoded; None for Parquet.
        total_bytes: the size of the file.
        columns: the names of all columns.
        text_column: the one that holds the comments.
    """

    def __init__(self, reader: TableReader, text_column: str, chunk_rows: int) -> None:
        self.path = reader.path
        self.encoding = reader.encoding
        self.total_bytes = reader.total_bytes
        self.columns = list(reader.columns)
        self.text_column = text_column
        self._reader = reader
        self._chunk_rows = chunk_rows
        self._started = False
        self._open = contextlib.ExitStack()

    @property
    def bytes_read(self) -> int:
        """Bytes of the file, as it is on disk, that the latest `chunks` has consumed."""
        # Opening a table reads some of it as well, which is no progress.
        return self._reader.bytes_read if self._started else 0

    def sha256(self) -> str:
        """SHA-256 of the file as 64 hex digits."""
        return self._reader.sha256()

    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema."""
        return self._reader.schema()

    def empty(self) -> "pd.DataFrame":
        """Return a frame of the table's columns and no rows, to write when there are no chunks."""
        return to_frame(self.schema().empty_table())

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows from the first on; each call starts anew.

        Raises:
            DataError: a row is broken, or its comment is no text.
        """
        self._started = True
        frames = self._reader.frames(self._chunk_rows)
        # A loop that is left early leaves its generator, and so the file, open.
        self._open.callback(frames.close)
        row = 1
        for frame in frames:
            yield Chunk(frame, self._texts(frame, row), row)
            row += len(frame)

    def _texts(self, frame: "pd.DataFrame", first_row: int) -> list[str]:
        texts = []
        for row, value in enumerate(cell_values(frame[self.text_column]), start=first_row):
            try:
                texts.append(comment_text(value))
            except TypeError as error:
                raise DataError(
                    f"{self.path}, row {row}, column {self.text_column!r}: {error}; correct that "
                    "row or choose another column with --column NAME"
                ) from error
        return texts

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()


def open_table(
    path: Path,
    *,
    column: str | None = None,
    usual: str = DEFAULT_COLUMN,
    others: Iterable[str] = (),
    plain: bool = False,
    chunk_rows: int = 8192,
) -> Table:
    """Open a .csv, .tsv, .txt, .jsonl or .parquet file of comments, text ones also as .gz.

    The text column is ``column`` if given, else ``usual`` or ``document`` if there is one, else the
    only column of text: of a string type in .jsonl and .parquet; in the other formats the only
    column at all, or the only one in whose first rows something isn't a number. ``label`` and
    ``label_ko`` are never taken for it among others.

    Args:
        path: the file.
        column, usual: names of the text column, see above.
        others: columns that hold something else than comments.
        plain: take a .txt file whose first line looks like no header as one comment a line. Where
            ``column`` is given, the file is a table in any case.
        chunk_rows: rows that are in memory at a time.

    Raises:
        DataError: the file can't be read as what its name says, or the text column isn't clear.
    """
    reader = _open_reader(path, plain=plain and column is None)
    text_column = choose_text_column(reader, column, usual=usual, others=others)
    return Table(reader, text_column, chunk_rows)


def _open_reader(path: Path, *, plain: bool) -> TableReader:
    if plain and ending(path) == ".txt":
        reader = PlainReader(path)
        if not reader.has_header():
            return reader
    match kind := table_format(path):
        case "parquet":
            return ParquetReader(path)
        case "jsonl":
            return JsonlReader(path)
    return DelimitedReader(path, quoted=kind == "csv")


@contextlib.contextmanager
def open_writer(path: Path, like: Table | None = None) -> Iterator[TableWriter]:
    """Open a table for writing in the format its name says, in UTF-8 with "\\n" line ends.

    ``path`` appears, or is replaced, only when the block has ended well.

    ``like`` is the open table that the new one is made from: not the same file. Parquet has the
    types of its columns, and without any frame its header alone is written.

    Raises:
        UsageError: ``path`` is the very file that ``like`` is read from.
        DataError: the ending of the name is unknown, or the format can't hold a cell.
        NsmcError: the file can't be written.
    """
    _check_name(path, like.path if like else None)
    with (
        atomic_write(path) as temporary,
        contextlib.closing(_make_writer(path, temporary, like)) as writer,
    ):
        yield writer
        if like and writer.columns is None:
            writer.write(like.empty())
        # Here, so that a full disk fails the last block before the file gets its name.
        writer.close()


def _make_writer(path: Path, temporary: Path, like: Table | None) -> TableWriter:
    match kind := table_format(path):
        case "parquet":
            return ParquetWriter(path, temporary, like.schema() if like else None)
        case "jsonl":
            return JsonlWriter(path, temporary)
    return DelimitedWriter(path, temporary, quoted=kind == "csv")


def check_output(path: Path, source: Path) -> None:
    """Report before long work what would keep a table from being written after it.

    Raises:
        UsageError: ``path`` is the very file ``source``.
        DataError: the ending of the name is unknown.
        NsmcError: the place can't be written to.
    """
    _check_name(path, source)
    with contextlib.suppress(_Unwritten), atomic_write(path):
        raise _Unwritten  # so that nothing replaces what is there


class _Unwritten(Exception):
    """Leaves `atomic_write` without a result."""


def _check_name(path: Path, source: Path | None) -> None:
    table_format(path)
    # By the file, not the name: a link to the input is the input.
    if source and path.exists() and source.exists() and path.samefile(source):
        raise UsageError(
            f"expected an output file other than the input, found {path} for both; name another "
            "file, so that the input stays as it is"
        )


def columns_of(path: Path) -> list[str]:
    """The names of a table's columns, whichever of them holds the comments.

    Raises:
        DataError: the file can't be read as what its name says.
    """
    return list(_open_reader(path, plain=False).columns)
