"""Parquet tables, read and written batch by batch."""

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.base import TableReader, TableWriter, check_unique
from nsmc.tables.cells import cell_text, cell_values, is_missing
from nsmc.tables.input_file import read_errors, size_of

if TYPE_CHECKING:
    import pandas as pd


class ParquetReader(TableReader):
    """Reads .parquet files as frames of Arrow-typed columns, so that no type changes.

    Raises:
        DataError: the file is missing, damaged, no Parquet, or names a column twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding: str | None = None
        self._size = size_of(path)
        self._rows_read = 0
        with self._file() as file:
            self._schema = file.schema_arrow
            self._rows = file.metadata.num_rows
        self.columns: list[str] = self._schema.names
        check_unique(path, self.columns)

    @property
    def bytes_read(self) -> int:
        """The share of the file that the rows read so far make up, in bytes."""
        return self._size * self._rows_read // self._rows if self._rows else self._size

    def schema(self) -> Any:
        """The file's own pyarrow schema, with its metadata."""
        return self._schema

    def text_columns(self) -> list[str]:
        """Columns of a string type."""
        return [field.name for field in self._schema if _is_string(field.type)]

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """See `TableReader.frames`."""
        import pyarrow as pa

        self._rows_read = 0
        with self._file() as file:
            for batch in file.iter_batches(batch_size=chunk_rows):
                if not batch.num_rows:
                    continue
                self._rows_read += batch.num_rows
                yield to_frame(pa.Table.from_batches([batch]))

    @contextlib.contextmanager
    def _file(self) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            # pre_buffer would hold whole row groups, which can be the whole file.
            with read_errors(self.path), pq.ParquetFile(self.path, pre_buffer=False) as file:
                yield file
        except pa.ArrowException as error:
            raise DataError(
                f"{self.path} can't be read as Parquet: expected whole Parquet data because of its "
                f"name, found: {error}; fetch or write the file again"
            ) from error


def to_frame(table: Any) -> "pd.DataFrame":
    """A pyarrow table as a frame of Arrow-typed columns."""
    import pandas as pd

    # ignore_metadata: what was an index for some other program is a column here.
    frame: pd.DataFrame = table.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
    return frame


def _is_string(kind: Any) -> bool:
    """Whether an Arrow type is one of strings, dictionary-encoded ones included."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return kind in (pa.string(), pa.large_string(), pa.string_view())


class ParquetWriter(TableWriter):
    """Writes Parquet into a temporary file; ``path`` is for messages.

    Columns of the input, whose schema is ``known``, keep types, nullability and metadata. The first
    frame decides the types of the others, so it may be one of no rows.
    """

    def __init__(self, path: Path, temporary: Path, known: Any = None) -> None:
        import pyarrow as pa

        super().__init__(path)
        self._temporary = temporary
        self._known = pa.schema([]) if known is None else known
        self._file: Any = None

    def close(self) -> None:
        """See `TableWriter.close`."""
        if self._file is not None:
            self._file.close()

    def _begin(self, frame: "pd.DataFrame") -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        fields = [self._field(frame[name]) for name in frame.columns]
        schema = pa.schema(fields, metadata=self._known.metadata)
        self._file = pq.ParquetWriter(self._temporary, schema)

    def _write_rows(self, frame: "pd.DataFrame") -> None:
        import pyarrow as pa

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
            if pa.types.is_string(field.type):
                values = [None if value is None else cell_text(value) for value in values]
            return pa.array(values, type=field.type)
        except (pa.ArrowException, UnicodeEncodeError, TypeError) as error:
            raise DataError(
                f"cannot write rows {self.rows + 1} to {self.rows + len(series)} of column "
                f"{field.name!r} to {self.path}: expected values of type {field.type}, found: "
                f"{error}; nothing was written; name the output .jsonl instead"
            ) from error
