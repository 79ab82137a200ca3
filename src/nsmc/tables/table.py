"""Tables of reviews in any known format, read and written chunk by chunk in constant memory."""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from nsmc.errors import DataError, UsageError
from nsmc.messages.translate import tr
from nsmc.storage.files import atomic_write
from nsmc.tables.bad_rows import BadRows
from nsmc.tables.base import Numbers, TableReader, TableWriter
from nsmc.tables.cells import comment_text
from nsmc.tables.columns import DEFAULT_COLUMN, choose_text_column
from nsmc.tables.delimited import DelimitedReader, DelimitedWriter
from nsmc.tables.excel import ExcelReader, ExcelWriter
from nsmc.tables.formats import BINARY, TableFile, table_file
from nsmc.tables.input_file import Unchanged
from nsmc.tables.json_files import JsonReader, JsonWriter
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.tables.parquet import ParquetReader, ParquetWriter, to_frame
from nsmc.tables.rows import FrameRows, ListRows, Rows

if TYPE_CHECKING:
    import pandas as pd


CHUNK_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows of a table, in its order."""

    part: Rows
    """The file's own columns."""
    texts: list[str]
    """One comment a row, "" where there is none."""
    rows: Numbers
    """The number of each in the file, counted from 1 without the header."""

    @property
    def frame(self) -> "pd.DataFrame":
        """The file's own columns as a frame, made at each call."""
        return self.part.frame


class Table:
    """A table opened for reading; use it as a context manager. See `open_table`.

    Attributes:
        path: where its bytes are.
        name: what messages call it.
        format: what it is.
        encoding: how the text is encoded; None for Parquet and Excel.
        total_bytes: the size of the file.
        columns: the names of all columns.
        text_column: the one that holds the comments.
        bad: the rows left out by the latest `chunks`; None where a bad row is an error.
    """

    def __init__(
        self,
        reader: TableReader,
        unchanged: Unchanged,
        column: str | None,
        *,
        usual: str = DEFAULT_COLUMN,
        others: Iterable[str] = (),
        chunk_rows: int = CHUNK_ROWS,
    ) -> None:
        self.path = reader.file.path
        self.name = reader.file.name
        self.format = reader.file.format
        self.encoding = reader.encoding
        self.total_bytes = reader.size
        self.columns = list(reader.columns)
        self.text_column = choose_text_column(
            reader.file, reader.columns, reader.text_columns, column, usual=usual, others=others
        )
        self._reader = reader
        self._chunk_rows = chunk_rows
        self._started = False
        self._open = contextlib.ExitStack()
        self._unchanged = unchanged

    @property
    def bytes_read(self) -> int:
        """Bytes of the file, as it is on disk, that the latest `chunks` has consumed."""
        # Opening a table reads some of it as well, which is no progress.
        return self._reader.bytes_read if self._started else 0

    def sha256(self) -> str:
        """SHA-256 of the file as 64 hex digits."""
        return self._reader.sha256()

    @property
    def bad(self) -> BadRows | None:
        """See the class."""
        return self._reader.bad

    @property
    def notes(self) -> list[str]:
        """How the table was read, where a person should know: in sentences."""
        if self.encoding in (None, "utf-8", "utf-8-sig"):
            return self._reader.notes
        note = tr(
            "{file} is not UTF-8 and was read as {encoding}",
            file=self.name,
            encoding=self.encoding,
        )
        return [note, *self._reader.notes]

    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema."""
        return self._reader.schema()

    def empty(self) -> Rows:
        """The table's columns without rows, to write when there are no chunks."""
        if self.format == "parquet":
            return FrameRows(to_frame(self.schema().empty_table()))
        dtype = object if self.format in ("xlsx", "json", "jsonl") else "str"
        return ListRows({name: [] for name in self.columns}, dtype)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows from the first on; each call starts anew.

        Raises:
            DataError: a row is broken, its comment is no text, or the file changed meanwhile.
        """
        self._started = True
        chunks = self._reader.chunks(self._chunk_rows)
        # A loop that is left early leaves its generator, and so the file, open.
        self._open.callback(chunks.close)
        for part, rows in self._checked(chunks):
            texts, wrong = self._texts(part, rows)
            if wrong:
                right = [place for place in range(len(rows)) if place not in wrong]
                part = part.take(right)
                texts, rows = [texts[place] for place in right], [rows[place] for place in right]
            yield Chunk(part, texts, rows)
        self.check_unchanged()

    def _checked(self, chunks: Any) -> Iterator[Any]:
        try:
            yield from chunks
        except DataError:
            self.check_unchanged()  # that is then the reason
            raise

    def check(self) -> None:
        """Read all rows once, so that a bad one is refused before hours of work and not after.

        Raises:
            DataError: as `chunks`.
        """
        if self.bad is None and not self._reader.check_rows():
            for _ in self.chunks():
                pass
        self._started = False

    def check_unchanged(self) -> None:
        """Refuse what was read if the file has been written to since it was opened.

        Raises:
            DataError: it has.
        """
        self._unchanged.check()

    def _texts(self, part: Rows, rows: Numbers) -> tuple[list[str], set[int]]:
        """The comments of some rows, and the places of those that are left out."""
        values = part.values(self.text_column)
        texts = [value for value in values if type(value) is str]
        if len(texts) == len(values):
            return texts, set()
        texts, wrong = [], set()
        for place, value in enumerate(values):
            try:
                texts.append(comment_text(value))
            except TypeError as error:
                self._reader._reject(
                    rows[place],
                    0,
                    tr("column {name!r}: {error}", name=self.text_column[:60], error=error),
                    str(value),
                    tr("correct that row or choose another column with --column NAME"),
                )
                texts.append("")
                wrong.add(place)
        return texts, wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._open.close()
        if self.bad is not None:
            self.bad.close()


def open_table(
    path: Path,
    reading: ReadOptions | None = None,
    *,
    column: str | None = None,
    usual: str = DEFAULT_COLUMN,
    others: Iterable[str] = (),
    chunk_rows: int = CHUNK_ROWS,
) -> Table:
    """Open a .csv, .tsv, .txt, .json, .jsonl, .parquet or .xlsx file of comments.

    The text formats may be .gz as well. The text column is ``column`` if given, else ``usual`` or
    ``document`` if there is one, else the only column of text: of a string type in .jsonl and
    .parquet; in the other formats the only column at all, or the only one in whose first rows
    something isn't a number. ``label`` and ``label_ko`` are never taken for it among others.

    A .txt file of one column is one comment a line; its first line is a header only if it is
    ``document`` or the column asked for. Of the formats without names a first line that may be a
    row is refused.

    Args:
        path: the file.
        reading: how to read it; None recognises all.
        column, usual: names of the text column, see above.
        others: columns that hold something else than comments.
        chunk_rows: rows that are in memory at a time, at most.

    Raises:
        DataError: the file can't be read as what its name says, or the text column isn't clear.
    """
    others = list(others)
    reading = reading or ReadOptions()
    file = table_file(path, reading.format, reading.name)
    unchanged = Unchanged(file)  # before the first byte is read
    reader = _open_reader(file, reading, [name for name in (column, usual, *others) if name])
    return Table(reader, unchanged, column, usual=usual, others=others, chunk_rows=chunk_rows)


def columns_of(path: Path, reading: ReadOptions | None = None) -> list[str]:
    """The names of a table's columns, whichever of them holds the comments.

    Raises:
        DataError: the file can't be read as what its name says.
    """
    reading = reading or ReadOptions()
    file = table_file(path, reading.format, reading.name)
    return list(_open_reader(file, reading, ()).columns)


def _open_reader(file: TableFile, reading: ReadOptions, names: Sequence[str]) -> TableReader:
    match file.format:
        case "parquet":
            return ParquetReader(file, reading)
        case "xlsx":
            return ExcelReader(file, reading, names)
        case "json" | "jsonl":
            return JsonReader(file, reading)
    return DelimitedReader(file, reading, names)


@contextlib.contextmanager
def open_writer(
    path: Path, like: Table | None = None, writing: WriteOptions | None = None
) -> Iterator[TableWriter]:
    r"""Open a table for writing in the format its name says, in UTF-8 with "\n" line ends.

    ``path`` appears, or is replaced, only when the block has ended well.

    ``like`` is the open table that the new one is made from: not the same file. Parquet has the
    types of its columns, and without any frame its header alone is written.

    Raises:
        UsageError: ``path`` is the very file that ``like`` is read from, or the format has no
            encodings.
        DataError: the ending of the name is unknown, or the format has nothing for a column.
        NsmcError: the file can't be written.
    """
    writing = writing or WriteOptions()
    file = table_file(path, writing.format)
    _check_name(file, like, writing)
    if like is not None and like.format == "parquet" != file.format:
        _check_types(file, like.schema())
    with (
        atomic_write(path) as temporary,
        contextlib.closing(_make_writer(file, temporary, like, writing)) as writer,
    ):
        yield writer
        if like and writer.columns is None:
            writer.write(like.empty())
        # Here, so that a full disk fails the last block before the file gets its name.
        writer.close()


def _make_writer(
    file: TableFile, temporary: Path, like: Table | None, writing: WriteOptions
) -> TableWriter:
    encoding = writing.encoding or _encoding(file.format, like)
    match file.format:
        case "parquet":
            return ParquetWriter(file, temporary, like.schema() if like else None)
        case "xlsx":
            return ExcelWriter(file, temporary)
        case "json" | "jsonl":
            return JsonWriter(file, temporary, encoding)
    return DelimitedWriter(file, temporary, encoding, safe_cells=writing.safe_cells)


def _encoding(format: str, like: Table | None) -> str:
    """What a table is encoded in that is made from another."""
    if like is None or format in ("json", "jsonl"):
        return "utf-8"
    # Without the mark, Korean Excel opens a CSV as CP949, and garbles it.
    marked = like.encoding not in ("utf-8", None) or like.format == "xlsx"
    return "utf-8-sig" if marked else "utf-8"


def _check_types(file: TableFile, schema: Any) -> None:
    raw = [field.name for field in schema if _holds_bytes(field.type)]
    if raw:
        raise DataError(
            "cannot write {path}: expected columns that .{format} can hold, found bytes in "
            "{name!r}; name the output .parquet, or leave that column out of the input",
            path=file,
            format=file.format,
            name=raw[0][:60],
        )


def _holds_bytes(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _holds_bytes(kind.value_type)
    inner = (kind.field(place).type for place in range(kind.num_fields))
    return str(kind).endswith("binary") or any(map(_holds_bytes, inner))


def _check_name(file: TableFile, like: Table | None, writing: WriteOptions) -> None:
    if writing.encoding and file.format in BINARY:
        raise UsageError(
            "--encoding is for text formats, and {path} is .{format}, which has one of its "
            "own; leave it out",
            path=file,
            format=file.format,
        )
    path = file.path
    # By the file, not the name: a link to the input is the input.
    if like and path.exists() and like.path.exists() and path.samefile(like.path):
        raise UsageError(
            "expected an output file other than the input, found {path} for both; name another "
            "file, so that the input stays as it is",
            path=path,
        )
