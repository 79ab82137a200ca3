"""Tables of reviews in any known format, read chunk by chunk in constant memory.

Writing them is in ``nsmc.tables.writers``, re-exported here.
"""

import contextlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from nsmc.errors import DataError
from nsmc.tables.cells import cell_values, comment_text
from nsmc.tables.columns import DEFAULT_COLUMN, named_column, only_text_column
from nsmc.tables.delimited import DelimitedSource
from nsmc.tables.formats import table_format
from nsmc.tables.jsonlines import JsonlSource
from nsmc.tables.parquet import ParquetSource
from nsmc.tables.plain import plain_source
from nsmc.tables.source import size_of
from nsmc.tables.writers import TableWriter, open_writer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Chunk", "Table", "TableWriter", "open_table", "open_writer"]


class Source(Protocol):
    """What each format gives a table to be read from."""

    columns: list[str]
    encoding: str | None

    @property
    def bytes_read(self) -> int:
        """Bytes of the file consumed by the latest call of ``frames``."""

    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema."""

    def text_columns(self, chunk_rows: int) -> list[str]:
        """Columns that may hold comments, told by the types or the first ``chunk_rows`` rows."""

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Frames of the file's own columns, from its first row on."""


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some consecutive rows of a table.

    ``frame`` holds the file's own columns, ``texts`` one comment a row ("" where there is none),
    ``first_row`` is the number of the first row in the file, counted from 1 without the header.
    """

    frame: "pd.DataFrame"
    texts: list[str]
    first_row: int


class Table:
    """A table opened for reading; use it as a context manager. See ``open_table``.

    ``encoding`` is None for Parquet. ``bytes_read`` of ``total_bytes`` have been consumed, which a
    progress bar can show.
    """

    def __init__(self, path: Path, source: Source, text_column: str, chunk_rows: int) -> None:
        self.path = path
        self.columns = list(source.columns)
        self.text_column = text_column
        self.encoding = source.encoding
        self.total_bytes = size_of(path)
        self._source = source
        self._chunk_rows = chunk_rows
        self._started = False
        self._open = contextlib.ExitStack()

    @property
    def bytes_read(self) -> int:
        """Bytes of the file, as it is on disk, that the latest ``chunks()`` has consumed."""
        # Opening a table reads some of it as well, which is no progress.
        return self._source.bytes_read if self._started else 0

    def schema(self) -> Any:
        """Columns and their types as a pyarrow schema, for writers."""
        return self._source.schema()

    def empty(self) -> "pd.DataFrame":
        """Return a frame of the table's columns and no rows, to write when there are no chunks."""
        import pandas as pd

        frame: pd.DataFrame = (
            self.schema().empty_table().to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
        )
        return frame

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows from the first on; each call starts anew.

        Raises:
            DataError: a row is broken, or its comment is no text.
        """
        self._started = True
        frames = self._source.frames(self._chunk_rows)
        # A loop that is left early leaves its generator, and so the file, open.
        self._open.callback(frames.close)
        row = 1
        for frame in frames:
            yield Chunk(frame, self._texts(frame, row), row)
            row += len(frame)

    def _texts(self, frame: "pd.DataFrame", first_row: int) -> list[str]:
        texts = []
        for row, value in enumerate(cell_values(frame[self.text_column]), start=first_row):
            try:
                texts.append(comment_text(value))
            except TypeError as error:
                raise DataError(
                    f"{self.path}, row {row}, column {self.text_column!r}: {error}; correct that "
                    "row or choose another column with --column NAME"
                ) from error
        return texts

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()


def open_table(
    path: Path,
    *,
    column: str | None = None,
    usual: str = DEFAULT_COLUMN,
    others: Iterable[str] = (),
    plain: bool = False,
    chunk_rows: int = 8192,
) -> Table:
    """Open a .csv, .tsv, .txt, .jsonl or .parquet file of comments, text ones also as .gz.

    The text column is ``column`` if given, else ``usual`` or ``document`` if there is one, else the
    only column of text: of a string type in .jsonl and .parquet; in the other formats the only
    column at all, or the only one in whose first ``chunk_rows`` rows something other than a number
    stands. ``label`` and ``label_ko`` are never taken for it among others.

    Args:
        path: the file.
        column: the text column's name.
        usual: the name that it has where nobody says so.
        others: columns that hold something else than comments, should there be any choice.
        plain: whether a .txt file without column names is taken as one comment a line, see
            `nsmc.tables.plain.plain_source`.
        chunk_rows: rows that are in memory at a time.

    Raises:
        DataError: the file can't be read as what its name says, or the text column isn't clear.
    """
    if chunk_rows < 1:
        raise ValueError(f"expected at least one row a chunk, found {chunk_rows}")
    source: Source = (plain_source(path, column) if plain else None) or _source(path)
    text_column = named_column(path, source.columns, column, usual)
    if text_column is None:
        candidates = source.text_columns(chunk_rows)
        text_column = only_text_column(path, source.columns, candidates, others)
    return Table(path, source, text_column, chunk_rows)


def _source(path: Path) -> Source:
    kind = table_format(path).kind
    if kind == "parquet":
        return ParquetSource(path)
    if kind == "jsonl":
        return JsonlSource(path)
    return DelimitedSource(path, quoted=kind == "csv")
