"""The bytes of an input file, decompressed where its name says gzip."""

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tables.formats import TableFile

BLOCK = 1 << 20
"""Bytes that are read at a time."""


@contextlib.contextmanager
def open_input(file: TableFile) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open a file for reading.

    Yields:
        The file, whose ``tell()`` counts the bytes consumed on disk, and the stream of its
        decompressed bytes.

    Raises:
        DataError: the file is missing, empty, unreadable, damaged, or not a regular file; also
            where reading inside the block fails.
    """
    size_of(file)
    with read_errors(file), file.path.open("rb") as raw:
        if file.compressed:
            with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                yield raw, cast(BinaryIO, stream)
        else:
            yield raw, raw


def size_of(file: TableFile) -> int:
    """Bytes of a regular, non-empty file.

    Raises:
        DataError: there is nothing at its path, it is empty, or it is something other than a file.
    """
    path = file.path
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise DataError(
            "there is no file {file}: expected a file of reviews; check the name and the directory",
            file=file,
        ) from error
    except OSError as error:
        raise _cannot_read(file, error) from error
    if path.is_dir():
        raise DataError(
            "expected a file of reviews, found the directory {file}; name a file", file=file
        )
    if not path.is_file():
        # A pipe can't be read twice, and the encoding is decided before the first row.
        raise DataError(
            "expected a regular file, found a pipe or device at {file}; save its content "
            "first, or read it from standard input",
            file=file,
        )
    if size == 0:
        raise DataError(
            "{file} is empty: expected at least a line of column names, found 0 bytes", file=file
        )
    return size


class Unchanged:
    """Notices whether a file is written to while it is read."""

    def __init__(self, file: TableFile) -> None:
        self._file = file
        self._before = _state(file.path)

    def check(self) -> None:
        """Compare size, time and inode with those of the beginning.

        Raises:
            DataError: one of them is another.
        """
        if (now := _state(self._file.path)) != self._before:
            sizes = (
                tr("{before:,} bytes before, {now:,} now", before=self._before[0], now=now[0])
                if now
                else tr("it is gone")
            )
            raise DataError(
                "{file} changed while it was read ({sizes}), so its rows may not be those "
                "that were meant; nothing was written. Make sure that nothing writes to it, or "
                "make a copy, then run the command again",
                file=self._file,
                sizes=sizes,
            )


def _state(path: Path) -> tuple[int, ...]:
    """Size, time and inode of a file; nothing for one that isn't there."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns, status.st_ino


@contextlib.contextmanager
def read_errors(file: TableFile) -> Iterator[None]:
    """Turn what a damaged or vanishing file raises inside the block into a DataError."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            "{file} is damaged or not gzip: expected whole gzip data because of its name, "
            "found: {error}; fetch or compress it again, or rename it without .gz",
            file=file,
            error=error,
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            "{file} stopped being {encoding} while it was read, though it was when it was "
            "checked; make sure nothing writes to it, then run the command again",
            file=file,
            encoding=error.encoding,
        ) from error
    except OSError as error:
        raise _cannot_read(file, error) from error


def _cannot_read(file: TableFile, error: OSError) -> DataError:
    return DataError(
        "cannot read {file}: {reason}; check the file and its permissions",
        file=file,
        reason=error.strerror or error,
    )
