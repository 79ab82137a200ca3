"""A pandas frame read as the table of a file is."""

import hashlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.base import Numbers, TableReader, check_columns
from nsmc.tables.cells import cell_values
from nsmc.tables.columns import DEFAULT_COLUMN
from nsmc.tables.formats import TableFile
from nsmc.tables.input_file import Unchanged
from nsmc.tables.rows import FrameRows, Rows
from nsmc.tables.table import Table

if TYPE_CHECKING:
    import pandas as pd

    InMemory = (
        pd.DataFrame
        | Mapping[str, Sequence[Any]]
        | tuple[Iterable[str | None], Iterable[Any]]
        | Iterable[str | None]
    )
    """A table: a frame, columns by their names, comments with their labels, or comments alone."""

NAME = Path("data in memory")
"""What messages and records call it."""


class FrameReader(TableReader):
    """Reads a frame.

    Raises:
        DataError: it has two columns of one name.
    """

    def __init__(self, frame: "pd.DataFrame") -> None:
        # Without `TableReader.__init__`, which looks for a file.
        self.file = TableFile(NAME, str(NAME), "parquet", compressed=False)
        self.size, self.notes, self.bad = len(frame), [], None
        self.columns = [str(name) for name in frame.columns]
        check_columns(self.file, self.columns)
        self._frame = frame.set_axis(self.columns, axis=1)
        self._rows_read = 0

    @property
    def bytes_read(self) -> int:
        """Rows: there are no bytes."""
        return self._rows_read

    def schema(self) -> Any:
        """See `TableReader.schema`."""
        import pyarrow as pa

        return pa.Schema.from_pandas(self._frame, preserve_index=False)

    def text_columns(self) -> list[str]:
        """Columns with a text in them."""
        return [
            name
            for name in self.columns
            if any(isinstance(value, str) for value in cell_values(self._frame[name]))
        ]

    def chunks(self, chunk_rows: int) -> Generator[tuple[Rows, Numbers]]:
        """See `TableReader.chunks`."""
        for start in range(0, len(self._frame), chunk_rows):
            chunk = self._frame.iloc[start : start + chunk_rows]
            self._rows_read = start + len(chunk)
            yield FrameRows(chunk), range(start + 1, start + 1 + len(chunk))

    def sha256(self) -> str:
        """Of the cells, column by column."""
        digest = hashlib.sha256()
        for name in self.columns:
            digest.update(repr([name, cell_values(self._frame[name])]).encode(errors="replace"))
        return digest.hexdigest()


def frame_of(data: "InMemory", label: str | None = None) -> "pd.DataFrame":
    """A frame of what is in memory; comments are its column ``document``, labels ``label``.

    Raises:
        TypeError: the data is no table.
        DataError: there are more or fewer labels than comments.
    """
    import pandas as pd

    if isinstance(data, pd.DataFrame):
        return data
    columns: dict[str, list[Any]]
    if isinstance(data, Mapping):
        columns = {str(name): list(values) for name, values in data.items()}
    elif not isinstance(data, Iterable) or isinstance(data, str | bytes):
        raise TypeError(
            "expected a file, a DataFrame, a mapping of columns or (comments, labels), found "
            f"{type(data).__name__}"
        )
    else:
        pair = isinstance(data, tuple) and len(data) == 2 and not isinstance(data[0], str)
        parts: list[Any] = list(data) if pair else [data]
        names = [DEFAULT_COLUMN, label or "label"]
        columns = {name: list(part) for name, part in zip(names, parts, strict=False)}
    lengths = [f"{len(values):,} in {name!r}" for name, values in columns.items()]
    if len({len(values) for values in columns.values()}) > 1:
        raise DataError(
            "{name}: expected columns of one length, found {names}",
            name=NAME,
            names=", ".join(lengths),
        )
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def open_frame(
    frame: "pd.DataFrame", *, column: str | None = None, others: Iterable[str] = ()
) -> Table:
    """`nsmc.tables.table.open_table` for a frame; None, NaN and NA are empty comments."""
    reader = FrameReader(frame)
    return Table(reader, Unchanged(reader.file), column, others=others)
