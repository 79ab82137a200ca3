"""Parquet tables, read and written batch by batch."""

import contextlib
import datetime
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tables.base import (
    MOST_CHARACTERS,
    Numbers,
    TableReader,
    TableWriter,
    check_columns,
    most_rows,
)
from nsmc.tables.cells import cell_text, cell_values, is_missing
from nsmc.tables.formats import TableFile
from nsmc.tables.input_file import read_errors
from nsmc.tables.options import ReadOptions
from nsmc.tables.parquet_sizes import column_sizes
from nsmc.tables.rows import FrameRows, Rows

if TYPE_CHECKING:
    import pandas as pd

SUSPICIOUS, RATIO = 1 << 28, 200
"""Bytes of a column in a row group, and how much smaller they are on disk, from which they are no
text: repeated cells have an encoding that makes both small."""
MOST_VALUES = 1 << 26
"""Values of a column in a row group, lists included."""


class ParquetReader(TableReader):
    """Reads .parquet files as frames of Arrow-typed columns, so that no type changes.

    Raises:
        DataError: the file is missing, damaged, no Parquet, names a column twice, or would take
            more memory than any table of comments.
    """

    def __init__(self, file: TableFile, options: ReadOptions) -> None:
        super().__init__(file, options)
        self._rows_read = 0
        self._schema: Any = None
        with self._file() as opened:
            self._schema = opened.schema_arrow
            self._rows = opened.metadata.num_rows
            self._leaves = opened.metadata.num_columns  # those within others, too
            self.columns = self._schema.names
            check_columns(file, self.columns)
            self._check_sizes()

    @property
    def bytes_read(self) -> int:
        """The share of the file that the rows read so far make up, in bytes."""
        return self.size * self._rows_read // self._rows if self._rows else self.size

    def schema(self) -> Any:
        """The file's own pyarrow schema, with its metadata."""
        return self._schema

    def text_columns(self) -> list[str]:
        """Columns of a string type."""
        return [field.name for field in self._schema if is_string(field.type)]

    def chunks(self, chunk_rows: int) -> Generator[tuple[Rows, Numbers]]:
        """See `TableReader.chunks`."""
        self._rows_read = 0
        self._forget_bad()
        rows = most_rows(chunk_rows, self._leaves)
        with self._file() as opened:
            for batch in opened.iter_batches(batch_size=rows):
                for part in _parts(batch):
                    first = self._rows_read + 1
                    self._rows_read += part.num_rows
                    table = _plain(part, self._schema)
                    table.validate(full=True)  # that texts are UTF-8, above all
                    yield FrameRows(to_frame(table)), range(first, first + part.num_rows)

    def _check_sizes(self) -> None:
        try:
            for column in column_sizes(self.file.path):
                if column.unpacked > SUSPICIOUS and column.unpacked > RATIO * max(1, column.packed):
                    found = tr(
                        "{unpacked:,} bytes in {packed:,}",
                        unpacked=column.unpacked,
                        packed=column.packed,
                    )
                elif column.values > MOST_VALUES:
                    found = tr("{count:,} values", count=column.values)
                else:
                    continue
                raise DataError(
                    "{file}: expected row groups that fit into memory, found {found} in column "
                    "{column!r} of row group {group}; write the file again with smaller row groups",
                    file=self.file,
                    found=found,
                    column=column.name[:60],
                    group=column.row_group + 1,
                )
        except ValueError as error:
            raise self._damaged(error) from error

    @contextlib.contextmanager
    def _file(self) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        # As dictionaries, so that one long text in many rows is in memory once.
        texts = [field.name for field in self._schema or () if _is_plain_text(field.type)]
        try:
            # pre_buffer would hold whole row groups, which can be the whole file.
            with (
                read_errors(self.file),
                pq.ParquetFile(self.file.path, pre_buffer=False, read_dictionary=texts) as file,
            ):
                yield file
        except pa.ArrowException as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DataError:
        return DataError(
            "{file} can't be read as Parquet: expected whole Parquet data because of its "
            "name, found: {error}; fetch or write the file again",
            file=self.file,
            error=str(error)[:300],
        )


def _parts(batch: Any) -> Iterator[Any]:
    """A batch in parts whose texts have no more characters than may be in memory at a time."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in batch.columns:
        if pa.types.is_dictionary(column.type) and _is_plain_text(column.type.value_type):
            lengths = pc.take(pc.binary_length(column.dictionary), column.indices)
            size += pc.sum(lengths).as_py() or 0
    if not batch.num_rows:
        return
    if size <= MOST_CHARACTERS or batch.num_rows == 1:
        yield batch
        return
    half = batch.num_rows // 2
    yield from _parts(batch.slice(0, half))
    yield from _parts(batch.slice(half))


def _plain(batch: Any, schema: Any) -> Any:
    """A batch as a table whose columns have the types of the file."""
    import pyarrow as pa

    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(batch.columns, schema, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _is_plain_text(kind: Any) -> bool:
    import pyarrow as pa

    return kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def to_frame(table: Any) -> "pd.DataFrame":
    """A pyarrow table as a frame of Arrow-typed columns."""
    import pandas as pd

    # ignore_metadata: what was an index for some other program is a column here.
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    return frame


def is_string(kind: Any) -> bool:
    """Whether an Arrow type is one of strings, dictionary-encoded ones included."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind in (pa.string(), pa.large_string(), pa.string_view())


class ParquetWriter(TableWriter):
    """Writes Parquet into a temporary file; ``file`` is for messages.

    Columns of the input, whose schema is ``known``, keep types, nullability and metadata. The first
    chunk decides the types of the others, so it may be one of no rows.
    """

    def __init__(self, file: TableFile, temporary: Path, known: Any = None) -> None:
        import pyarrow as pa

        super().__init__(file)
        self._temporary = temporary
        self._known = pa.schema([]) if known is None else known
        self._file: Any = None

    def close(self) -> None:
        """See `TableWriter.close`."""
        if self._file is not None:
            self._file.close()

    def _begin(self, rows: Rows) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        frame = rows.frame
        fields = [self._field(frame[name]) for name in frame.columns]
        schema = pa.schema(fields, metadata=self._known.metadata)
        self._file = pq.ParquetWriter(self._temporary, schema)

    def _write_rows(self, rows: Rows) -> None:
        import pyarrow as pa

        frame = rows.frame
        arrays = [self._array(frame[field.name], field) for field in self._file.schema]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self._file.schema))

    def _field(self, series: "pd.Series") -> Any:
        """Return the input's field if the column still has its type, else one by the values."""
        import pandas as pd
        import pyarrow as pa

        name = series.name
        index = self._known.get_field_index(name)
        known = self._known.field(index) if index >= 0 else None
        # Objects come from .jsonl, whose schema was made from all of its lines.
        if known is not None and series.dtype == object:
            return known
        if isinstance(series.dtype, pd.ArrowDtype):
            kind = series.dtype.pyarrow_dtype
        else:
            kind = pa.Array.from_pandas(series).type
            # pandas makes every string large; a review isn't.
            kind = pa.string() if kind in (pa.large_string(), pa.null()) else kind
        return known if known is not None and known.type == kind else pa.field(name, kind)

    def _array(self, series: "pd.Series", field: Any) -> Any:
        import pyarrow as pa

        try:
            if series.dtype != object:
                return pa.Array.from_pandas(series, type=field.type)
            values = [None if is_missing(value) else value for value in cell_values(series)]
            if pa.types.is_timestamp(field.type):
                values = [_with_time(value) for value in values]
            if pa.types.is_string(field.type):
                values = [
                    None if value is None else self.changes.whole_characters(cell_text(value), row)
                    for row, value in enumerate(values, self.rows + 1)
                ]
            return pa.array(values, type=field.type)
        except (pa.ArrowException, TypeError) as error:
            raise DataError(
                "cannot write rows {first} to {last} of column {column!r} to {file}: expected "
                "values of type {type}, found: {error}; nothing was written; name the output "
                ".jsonl instead",
                first=self.rows + 1,
                last=self.rows + len(series),
                column=field.name,
                file=self.file,
                type=field.type,
                error=str(error)[:300],
            ) from error


def _with_time(value: Any) -> Any:
    """A day as its first moment: a sheet of Excel has both in one column."""
    if type(value) is datetime.date:
        return datetime.datetime.combine(value, datetime.time())
    return value
