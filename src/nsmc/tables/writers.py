"""Writing tables of reviews: any format from any other, whole or not at all."""

import abc
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.errors import UsageError
from nsmc.storage.files import atomic_write
from nsmc.tables.formats import table_format

if TYPE_CHECKING:
    import pandas as pd

    from nsmc.tables.table import Table


class TableWriter(abc.ABC):
    """Takes frames of one and the same list of columns, in order. See ``open_writer``.

    ``path`` is the file's name in messages, ``rows`` the number of rows written so far.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._columns: list[str] | None = None

    def write_header(self, columns: Sequence[str]) -> None:
        """Settle the columns; needed only if no frame follows, since the first one does it.

        Raises:
            DataError: a name can't stand in this format.
        """
        if self._columns is not None:
            raise ValueError(f"the columns of {self.path} are settled: {self._columns}")
        self._columns = list(columns)
        self._write_columns(self._columns)

    def write(self, frame: "pd.DataFrame") -> None:
        """Append the rows of a frame, which may be none.

        Raises:
            DataError: a cell can't stand in this format; the message holds its row.
        """
        columns = frame.columns.tolist()
        if self._columns is None:
            self.write_header(columns)
        elif columns != self._columns:
            raise ValueError(f"expected the columns {self._columns}, found {columns}")
        self._write_rows(frame)
        self.rows += len(frame)

    def finish(self, columns: Sequence[str]) -> None:
        """End the table well; ``columns`` is its header if nothing has settled one yet."""
        if self._columns is None:
            self.write_header(columns)
        self._write_end()

    @abc.abstractmethod
    def close(self) -> None:
        """Let go of the file, whether or not the table ended well."""

    @abc.abstractmethod
    def _write_columns(self, columns: list[str]) -> None: ...

    @abc.abstractmethod
    def _write_rows(self, frame: "pd.DataFrame") -> None: ...

    @abc.abstractmethod
    def _write_end(self) -> None: ...


@contextlib.contextmanager
def open_writer(path: Path, like: "Table") -> Iterator[TableWriter]:
    """Open a table for writing in the format its name says, in UTF-8 with "\\n" line ends.

    ``path`` appears, or is replaced, only when the block has ended well. The columns and types
    that ``like`` has are kept; what a frame has beyond them stands where the frame has it.

    Raises:
        UsageError: ``path`` is the very file that ``like`` is read from.
        DataError: the ending of the name is unknown, or a cell can't stand in the format.
        NsmcError: the file can't be written.
    """
    kind = table_format(path).kind
    refuse_the_input(path, like.path)
    with atomic_write(path) as temporary:
        writer: TableWriter
        if kind == "parquet":
            from nsmc.tables.parquet_writer import ParquetWriter

            writer = ParquetWriter(path, temporary, like.schema())
        else:
            from nsmc.tables.text_writers import DelimitedWriter, JsonlWriter

            writer = (
                JsonlWriter(path, temporary)
                if kind == "jsonl"
                else DelimitedWriter(path, temporary, quoted=kind == "csv")
            )
        with contextlib.closing(writer):
            yield writer
            writer.finish(like.columns)


def refuse_the_input(path: Path, source: Path) -> None:
    """Refuse to write a table over the one that it is made from.

    Raises:
        UsageError: both are the same file.
    """
    # By the file, not the name: a link to the input is the input.
    if path.exists() and source.exists() and path.samefile(source):
        raise UsageError(
            f"expected an output file other than the input, found {path} for both; name another "
            "file, so that the input stays as it is"
        )
