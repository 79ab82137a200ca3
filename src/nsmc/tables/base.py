"""What the file of each format provides: a reader and a writer of frames."""

import abc
from collections import Counter
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


class TableReader(abc.ABC):
    """Reads a table as frames.

    Attributes:
        path: the file.
        columns: the names of its columns.
        encoding: how its text is encoded; None for Parquet.
    """

    path: Path
    columns: list[str]
    encoding: str | None

    @property
    @abc.abstractmethod
    def bytes_read(self) -> int:
        """Bytes of the file that the latest call of `frames` has consumed."""

    @abc.abstractmethod
    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema."""

    @abc.abstractmethod
    def text_columns(self, chunk_rows: int) -> list[str]:
        """Columns that may hold comments, by the types or the first ``chunk_rows`` rows."""

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
        rows: the number of rows written so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._columns: list[str] | None = None

    def write_header(self, columns: Sequence[str]) -> None:
        """Fix the columns. The first frame does it too, so this is for tables without rows.

        Raises:
            DataError: the format can't hold one of the names.
        """
        if self._columns is not None:
            raise ValueError(f"the columns of {self.path} are fixed: {self._columns}")
        self._columns = list(columns)
        self._write_columns(self._columns)

    def write(self, frame: "pd.DataFrame") -> None:
        """Append the rows of a frame, which may be none.

        Raises:
            DataError: the format can't hold one of the cells; the message names its row.
        """
        columns = frame.columns.tolist()
        if self._columns is None:
            self.write_header(columns)
        elif columns != self._columns:
            raise ValueError(f"expected the columns {self._columns}, found {columns}")
        self._write_rows(frame)
        self.rows += len(frame)

    def finish(self, columns: Sequence[str]) -> None:
        """Complete the table; ``columns`` is its header if nothing has been written yet."""
        if self._columns is None:
            self.write_header(columns)
        self._write_end()

    @abc.abstractmethod
    def close(self) -> None:
        """Close the file, whether or not the table is complete; a second call does nothing."""

    @abc.abstractmethod
    def _write_columns(self, columns: list[str]) -> None: ...

    @abc.abstractmethod
    def _write_rows(self, frame: "pd.DataFrame") -> None: ...

    @abc.abstractmethod
    def _write_end(self) -> None: ...


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
