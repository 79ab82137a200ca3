"""Text that is no table: one comment a line, and nothing else."""

import contextlib
import io
import itertools
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.tables.columns import DEFAULT_COLUMN
from nsmc.tables.delimited import without_end
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.formats import ending
from nsmc.tables.source import InputFile, reading

if TYPE_CHECKING:
    import pandas as pd


class PlainSource:
    """The lines of a text file as a table of one column, ``document``.

    Raises:
        DataError: the file is no text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns = [DEFAULT_COLUMN]
        self.encoding: str | None = detect_encoding(path)
        self._file: InputFile | None = None

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk consumed so far."""
        return self._file.bytes_read if self._file else 0

    def schema(self) -> Any:
        """The column as a pyarrow schema."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])

    def text_columns(self, chunk_rows: int) -> list[str]:
        """The only column."""
        return self.columns

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Yield frames of up to ``chunk_rows`` rows, of dtype ``str``."""
        import pandas as pd

        with contextlib.closing(self._lines()) as lines:
            while chunk := list(itertools.islice(lines, chunk_rows)):
                yield pd.DataFrame({DEFAULT_COLUMN: chunk}, dtype="str")

    def names_columns(self) -> bool:
        """Whether the first line looks like that of a table: it has a tab, or is ``document``."""
        with contextlib.closing(self._lines()) as lines:
            first = next(lines, "")
        return "\t" in first or first == DEFAULT_COLUMN

    def _lines(self) -> Generator[str]:
        with InputFile(self.path) as self._file, reading(self.path):
            # newline="\n": U+2028, U+0085 and a lone carriage return belong to the text.
            lines = io.TextIOWrapper(self._file.stream, encoding=self.encoding, newline="\n")
            with lines:
                for line in lines:
                    yield without_end(line)


def plain_source(path: Path, column: str | None) -> PlainSource | None:
    """The lines of a .txt (or .txt.gz) file that names no columns; None for a table.

    Where a column is asked for, the file is meant to be a table.

    Raises:
        DataError: the file is no text.
    """
    if column is not None or ending(path) != ".txt":
        return None
    source = PlainSource(path)
    return None if source.names_columns() else source
