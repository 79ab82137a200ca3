"""What the text formats have in common: encoded lines, which may be gzip-compressed."""

import abc
import bisect
import contextlib
import gzip
import io
import itertools
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, cast

from nsmc.errors import DataError
from nsmc.tables.base import TableReader, TableWriter
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.formats import is_compressed
from nsmc.tables.input_file import open_input, size_of

if TYPE_CHECKING:
    import pandas as pd


class TextReader(TableReader):
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
        """See `TableReader.bytes_read`."""
        if self._raw is None:
            return 0
        return self._size if self._raw.closed else self._raw.tell()

    def schema(self) -> Any:
        """The columns as a pyarrow schema: every one is text."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])

    def text_columns(self) -> list[str]:
        """See `TableReader.text_columns`."""
        return self.columns

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """See `TableReader.frames`."""
        with contextlib.closing(self._rows()) as rows:
            while chunk := list(itertools.islice(rows, chunk_rows)):
                yield self._frame(chunk)

    @abc.abstractmethod
    def _rows(self) -> Generator[Any]: ...

    def _frame(self, rows: list[Any]) -> "pd.DataFrame":
        import pandas as pd

        return pd.DataFrame(rows, columns=self.columns, dtype="str")

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
    """Writes lines in UTF-8 into a temporary file; ``path`` is for messages and the format."""

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
        """See `TableWriter.close`."""
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
