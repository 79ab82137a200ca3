"""What the text formats have in common: encoded lines, which may be gzip-compressed."""

import abc
import bisect
import contextlib
import gzip
import io
import itertools
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic, NoReturn, TypeVar, cast

from nsmc.errors import DataError
from nsmc.tables.base import TableReader, TableWriter
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.formats import is_compressed
from nsmc.tables.input_file import open_input, size_of

if TYPE_CHECKING:
    import pandas as pd

Row = TypeVar("Row")
"""What a format has for a row before it is in a frame."""


class TextReader(TableReader, Generic[Row]):
    """Reads the lines of a text file in whatever encoding it has.

    Raises:
        DataError: the file can't be read, or is no text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding: str | None = detect_encoding(path)
        self._size = size_of(path)
        self._raw: BinaryIO | None = None

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk consumed so far."""
        if self._raw is None:
            return 0
        return self._size if self._raw.closed else self._raw.tell()

    def schema(self) -> Any:
        """The columns as a pyarrow schema: every one is text."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Yield frames of up to ``chunk_rows`` rows; see `TableReader.frames`."""
        with contextlib.closing(self._rows()) as rows:
            while chunk := list(itertools.islice(rows, chunk_rows)):
                yield self._frame(chunk)

    @abc.abstractmethod
    def _rows(self) -> Generator[Row]: ...

    @abc.abstractmethod
    def _frame(self, rows: list[Row]) -> "pd.DataFrame": ...

    @contextlib.contextmanager
    def _lines(self) -> Iterator[Iterator[str]]:
        """The lines with their line ends."""
        with (
            open_input(self.path) as (self._raw, stream),
            # newline="\n": U+2028, U+0085 and a lone carriage return belong to the text.
            io.TextIOWrapper(stream, encoding=self.encoding, newline="\n") as lines,
        ):
            yield lines


def without_end(line: str) -> str:
    """A line without its line end."""
    return line.removesuffix("\n").removesuffix("\r")


class TextWriter(TableWriter):
    """Writes lines in UTF-8.

    Args:
        path: the file's name in messages and for its format.
        temporary: where the bytes go.
    """

    _encode_errors = "strict"

    def __init__(self, path: Path, temporary: Path) -> None:
        super().__init__(path)
        self._files = contextlib.ExitStack()
        self._out: BinaryIO = self._files.enter_context(temporary.open("wb"))
        if is_compressed(path):
            # No time and no name in the header: the same rows give the same bytes.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._out, mtime=0)
            self._out = cast(BinaryIO, self._files.enter_context(packed))

    def close(self) -> None:
        """Complete the file on disk and close it; a second call does nothing."""
        self._files.close()

    def _write_lines(self, lines: list[str], first_row: int) -> None:
        """Write a line a row; ``first_row`` is 0 for the header."""
        text = "".join(lines)

        def row_of(position: int) -> int:
            ends = list(itertools.accumulate(map(len, lines)))
            return first_row + bisect.bisect_right(ends, position)

        if "\0" in text:
            row = row_of(text.index("\0"))
            self._refuse(row, "a NUL character, which no text table can hold", "jsonl")
        try:
            data = text.encode("utf-8", self._encode_errors)
        except UnicodeEncodeError as error:
            row = row_of(error.start)
            self._refuse(row, "half of a surrogate pair, which UTF-8 can't hold", "jsonl")
        self._out.write(data)

    def _refuse(self, row: int, found: str, other_format: str) -> NoReturn:
        where = f"row {row}" if row else "the header"
        raise DataError(
            f"cannot write {where} to {self.path}: expected cells that this format can hold, found "
            f"{found}; nothing was written; name the output .{other_format} instead"
        )
