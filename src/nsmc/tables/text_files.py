"""What the text formats have in common: encoded lines, which may be gzip-compressed."""

import contextlib
import gzip
import io
import itertools
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tables.base import LONGEST, TableReader, TableWriter
from nsmc.tables.changes import FOREIGN, HALVES
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.formats import TableFile
from nsmc.tables.input_file import open_input
from nsmc.tables.options import ReadOptions

_NOT_TEXT = re.compile("[\0\ud800-\udfff]")
"""What no text has in it. Read leniently, a byte that isn't of the file's encoding."""


class TextReader(TableReader):
    """Reads the lines of a text file in whatever encoding it has.

    Raises:
        DataError: the file can't be read, or is no text.
    """

    longest = LONGEST
    """Characters of a line at most."""

    def __init__(self, file: TableFile, options: ReadOptions) -> None:
        super().__init__(file, options)
        self.encoding: str | None = detect_encoding(file, lenient=options.skip_bad_rows)
        self._raw: BinaryIO | None = None

    @property
    def bytes_read(self) -> int:
        """See `TableReader.bytes_read`."""
        if self._raw is None:
            return 0
        return self.size if self._raw.closed else self._raw.tell()

    def schema(self) -> Any:
        """The columns as a pyarrow schema: every one is text."""
        import pyarrow as pa

        return pa.schema([(name, pa.string()) for name in self.columns])

    @contextlib.contextmanager
    def _stream(self) -> Iterator[io.TextIOWrapper]:
        """The decoded text; bytes that aren't of the encoding as halves of surrogate pairs."""
        errors = "strict" if self.bad is None else "surrogateescape"
        with (
            open_input(self.file) as (self._raw, stream),
            # newline="\n": U+2028, U+0085 and a lone carriage return belong to the text.
            io.TextIOWrapper(stream, self.encoding, errors=errors, newline="\n") as text,
        ):
            yield text

    @contextlib.contextmanager
    def _lines(self) -> Iterator[Iterator[str]]:
        """The lines with their line ends."""
        with self._stream() as text:
            yield self._bounded(text)

    def _bounded(self, text: io.TextIOWrapper) -> Iterator[str]:
        for number, line in enumerate(iter(partial(text.readline, self.longest + 1), ""), start=1):
            if len(line) > self.longest:
                raise DataError(
                    "{file}, line {number}: expected lines of at most {most:,} characters, found a "
                    "longer one, {text!r}…; is that a table?",
                    file=self.file,
                    number=number,
                    most=self.longest,
                    text=line[:40],
                )
            yield line

    def _not_text(self, line: str) -> str:
        """Why a line isn't text; empty where it is, or where the whole file was checked."""
        found = None if self.bad is None else _NOT_TEXT.search(line)
        if found is None:
            return ""
        return tr(
            "expected text, found a NUL byte at character {place}"
            if found[0] == "\0"
            else "expected text, found a byte that isn't {encoding} at character {place}",
            encoding=self.encoding,
            place=found.start() + 1,
        )


def without_end(line: str) -> str:
    """A line without its line end."""
    return line.removesuffix("\n").removesuffix("\r")


class TextWriter(TableWriter):
    """Writes encoded lines into a temporary file; ``file`` is for messages and the format."""

    _encode_errors = "strict"

    def __init__(self, file: TableFile, temporary: Path, encoding: str) -> None:
        super().__init__(file)
        self._encoding = "utf-8" if encoding == "utf-8-sig" else encoding
        self._files = contextlib.ExitStack()
        self._out: BinaryIO = self._files.enter_context(temporary.open("wb"))
        if file.compressed:
            # No time and no name in the header: the same rows give the same bytes.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._out, mtime=0)
            self._out = cast(BinaryIO, self._files.enter_context(packed))
        if encoding == "utf-8-sig":
            self._out.write(b"\xef\xbb\xbf")

    def close(self) -> None:
        """See `TableWriter.close`."""
        self._files.close()

    def _write_lines(self, lines: list[str], first_row: int) -> None:
        """Write a line a row; ``first_row`` is 0 for the header."""
        text = "".join(lines)
        try:
            if "\0" in text:
                raise ValueError
            data = text.encode(self._encoding, self._encode_errors)
        except ValueError:  # an error of encoding is one as well
            data = b"".join(map(self._line, lines, itertools.count(first_row)))
        self._out.write(data)

    def _line(self, line: str, row: int) -> bytes:
        """A line with other characters for those that the file can't hold."""
        held = _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", line)
        data = held.encode(self._encoding, "xmlcharrefreplace")
        if not row and data.decode(self._encoding) != line:
            found = tr(
                "a character that {encoding} lacks in {text!r}",
                encoding=self._encoding,
                text=line[:60],
            )
            self._refuse_header(found, tr("leave --encoding out or rename that column"))
        if held != line:
            self.changes.add(HALVES, row)
        if data.decode(self._encoding) != held:
            self.changes.add(FOREIGN, row)
        return data
