"""What the file of each format provides: a reader and a writer of frames."""

import abc
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.storage.files import sha256_of
from nsmc.tables.input_file import size_of

if TYPE_CHECKING:
    import pandas as pd


class TableReader(abc.ABC):
    """Reads a table as frames."""

    path: Path
    columns: list[str]
    encoding: str | None
    """None for Parquet."""

    @property
    @abc.abstractmethod
    def bytes_read(self) -> int:
        """Bytes of the file on disk that the latest call of `frames` has consumed."""

    @property
    def total_bytes(self) -> int:
        """Bytes of the file on disk."""
        return size_of(self.path)

    def sha256(self) -> str:
        """Of the file, as 64 hex digits."""
        return sha256_of(self.path)

    @abc.abstractmethod
    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema."""

    @abc.abstractmethod
    def text_columns(self) -> list[str]:
        """Columns that may hold comments, by their types or their first rows."""

    @abc.abstractmethod
    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Yield frames of up to ``chunk_rows`` rows, from the first row on.

        Raises:
            DataError: a row is broken.
        """


class TableWriter(abc.ABC):
    """Writes frames that have the same columns in the same order.

    Attributes:
        path: the file's name in messages; the bytes may go to a temporary one.
        columns: those of the first frame; None before it.
        rows: the number of rows written so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: list[str] | None = None
        self.rows = 0

    def write(self, frame: "pd.DataFrame") -> None:
        """Append the rows of a frame. The first decides the columns, and may be one of no rows.

        Raises:
            DataError: the format can't hold a cell or a column name; the message says which row.
        """
        columns = frame.columns.tolist()
        if self.columns is None:
            self.columns = columns
            self._begin(frame)
        elif columns != self.columns:
            raise ValueError(f"expected the columns {self.columns}, found {columns}")
        self._write_rows(frame)
        self.rows += len(frame)

    @abc.abstractmethod
    def close(self) -> None:
        """Complete the file on disk and close it; a second call does nothing."""

    def _begin(self, frame: "pd.DataFrame") -> None:  # noqa: B027
        """Write what comes before the rows of the first frame."""

    @abc.abstractmethod
    def _write_rows(self, frame: "pd.DataFrame") -> None: ...


def check_unique(path: Path, columns: Sequence[str]) -> None:
    """Refuse a table with two columns of one name.

    Raises:
        DataError: a name appears twice.
    """
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        raise DataError(
            f"{path}: expected every column name once, found {repeated[0]!r} twice or more among: "
            f"{', '.join(columns)}; rename one"
        )
