"""Parquet tables, read batch by batch."""

import contextlib
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.columns import string_typed
from nsmc.tables.source import reading, size_of

if TYPE_CHECKING:
    import pandas as pd


class ParquetSource:
    """The rows of a .parquet file as frames of Arrow-typed columns, so that no type changes.

    Raises:
        DataError: the file is missing, damaged, no Parquet, or names a column twice.
    """

    encoding: str | None = None

    def __init__(self, path: Path) -> None:
        self.path = path
        self._size = size_of(path)
        self._rows_read = 0
        with self._file() as file:
            self._schema = file.schema_arrow
            self._rows = file.metadata.num_rows
        self.columns: list[str] = self._schema.names
        repeated = [name for name, count in Counter(self.columns).items() if count > 1]
        if repeated:
            raise DataError(
                f"{path}: expected every column name once, found {repeated[0]!r} twice or more; "
                "rename one"
            )

    @property
    def bytes_read(self) -> int:
        """The share of the file that the rows read so far make up, in bytes."""
        return self._size * self._rows_read // self._rows if self._rows else self._size

    def schema(self) -> Any:
        """The file's own pyarrow schema, with its metadata."""
        return self._schema

    def text_columns(self, chunk_rows: int) -> list[str]:
        """Columns of a string type."""
        return string_typed(self._schema)

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Yield frames of up to ``chunk_rows`` rows, every column of an ArrowDtype.

        Raises:
            DataError: the file turns out damaged.
        """
        import pandas as pd
        import pyarrow as pa

        self._rows_read = 0
        with self._file() as file:
            for batch in file.iter_batches(batch_size=chunk_rows):
                if not batch.num_rows:
                    continue
                self._rows_read += batch.num_rows
                # ignore_metadata: what was an index for some other program is a column here.
                yield pa.Table.from_batches([batch]).to_pandas(
                    types_mapper=pd.ArrowDtype, ignore_metadata=True
                )

    @contextlib.contextmanager
    def _file(self) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            # pre_buffer would hold whole row groups, which can be the whole file.
            with reading(self.path), pq.ParquetFile(self.path, pre_buffer=False) as file:
                yield file
        except pa.ArrowException as error:
            raise DataError(
                f"{self.path} can't be read as Parquet: expected whole Parquet data because of its "
                f"name, found: {error}; fetch or write the file again"
            ) from error
