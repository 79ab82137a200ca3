"""The bytes of an input file, decompressed where its name says gzip."""

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from nsmc.errors import DataError
from nsmc.tables.formats import is_compressed


@contextlib.contextmanager
def open_input(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open a file for reading.

    Yields:
        The file, whose ``tell()`` counts the bytes consumed on disk, and the stream of its
        decompressed bytes.

    Raises:
        DataError: the file is missing, empty, unreadable, damaged, or not a regular file; also
            where reading inside the block fails.
    """
    size_of(path)
    with read_errors(path), path.open("rb") as raw:
        if is_compressed(path):
            with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
                yield raw, cast(BinaryIO, stream)
        else:
            yield raw, raw


def size_of(path: Path) -> int:
    """Bytes of a regular, non-empty file.

    Raises:
        DataError: there is nothing at ``path``, it is empty, or it is something other than a file.
    """
    try:
        size = path.stat().st_size
    except FileNotFoundError as error:
        raise DataError(
            f"there is no file {path}: expected a file of reviews; check the name and the directory"
        ) from error
    except OSError as error:
        raise _cannot_read(path, error) from error
    if path.is_dir():
        raise DataError(f"expected a file of reviews, found the directory {path}; name a file")
    if not path.is_file():
        # A pipe can't be read twice, and the encoding is decided before the first row.
        raise DataError(
            f"expected a regular file, found a pipe or device at {path}; save its content first"
        )
    if size == 0:
        raise DataError(f"{path} is empty: expected at least a line of column names, found 0 bytes")
    return size


@contextlib.contextmanager
def read_errors(path: Path) -> Iterator[None]:
    """Turn what a damaged or vanishing file raises inside the block into a DataError."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{path} is damaged or not gzip: expected whole gzip data because of its name, "
            f"found: {error}; fetch or compress it again, or rename it without .gz"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} stopped being {error.encoding} while it was read, though it was when it was "
            "checked; make sure nothing writes to it, then run the command again"
        ) from error
    except OSError as error:
        raise _cannot_read(path, error) from error


def _cannot_read(path: Path, error: OSError) -> DataError:
    return DataError(
        f"cannot read {path}: {error.strerror or error}; check the file and its permissions"
    )
