"""Writer of Parquet tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.cells import cell_text, cell_values, is_missing
from nsmc.tables.writers import TableWriter

if TYPE_CHECKING:
    import pandas as pd


class ParquetWriter(TableWriter):
    """Writes Parquet; columns the input has keep its types, nullability and metadata.

    The first frame settles the types of the others, so it may be one of no rows.
    """

    def __init__(self, path: Path, temporary: Path, known: Any) -> None:
        super().__init__(path)
        self._temporary = temporary
        self._known = known  # pyarrow schema of the input
        self._file: Any = None

    def close(self) -> None:
        """Close the file if it was begun; a second call does nothing."""
        if self._file is not None:
            self._file.close()

    def _write_columns(self, columns: list[str]) -> None:
        """The header needs types, which come with the first frame or, failing that, the end."""

    def _write_rows(self, frame: "pd.DataFrame") -> None:
        import pyarrow as pa

        if self._file is None:
            self._start([self._field(frame[name]) for name in frame.columns])
        arrays = [self._array(frame[field.name], field) for field in self._file.schema]
        self._file.write_table(pa.Table.from_arrays(arrays, schema=self._file.schema))

    def _write_end(self) -> None:
        import pyarrow as pa

        if self._file is None:
            fields = {field.name: field for field in self._known}
            names = self._columns or []
            self._start([fields.get(name, pa.field(name, pa.string())) for name in names])
        self._file.close()

    def _start(self, fields: list[Any]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema(fields, metadata=self._known.metadata)
        self._file = pq.ParquetWriter(self._temporary, schema)

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
