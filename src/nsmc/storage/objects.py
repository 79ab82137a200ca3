"""Files of an object store, by their URI: ``s3://shop/reviews.csv``.

pyarrow's file systems are asked (S3, Google Cloud Storage, Azure, HDFS), for other schemes those of
fsspec. Who may read and write is found as their libraries find it: ``AWS_ACCESS_KEY_ID`` and so on.
"""

import contextlib
import functools
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from nsmc.errors import NsmcError

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
"""One letter alone would be a drive of Windows."""
_SECRET = re.compile(r"(?<=//)[^/@]*@")


@dataclass(frozen=True)
class ObjectPath:
    """A file or a directory of an object store; one that pickle can send.

    Attributes:
        uri: without a query and without a slash at its end; what follows the bucket is a name as
            it is, in which ``%`` means nothing.
        query: what follows ``?``, such as ``endpoint_override=http://localhost:9000``.
    """

    uri: str
    query: str = ""

    def __str__(self) -> str:
        return _SECRET.sub("", self.uri)  # a name and a password may be in it

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.uri.rpartition("/")[2]

    @property
    def parent(self) -> "ObjectPath":
        """The directory that it is in."""
        return ObjectPath(self.uri.rpartition("/")[0], self.query)

    def __truediv__(self, name: str) -> "ObjectPath":
        return ObjectPath(f"{self.uri}/{name}", self.query)

    def is_relative_to(self, other: "ObjectPath") -> bool:
        """Whether it is the other, or below it."""
        return f"{self.uri}/".startswith(f"{other.uri}/")


@dataclass(frozen=True)
class ObjectFile:
    """A file of a listing."""

    name: str
    """Its path below the directory that was listed."""
    bytes: int
    mtime_ns: int


def path_or_object(text: str | Path | ObjectPath) -> Path | ObjectPath:
    """The place that a text names: a URI of an object store, or else a path; of ``file://`` too."""
    if not isinstance(text, str) or not _URI.match(text):
        return Path(text) if isinstance(text, str) else text
    uri, _, query = text.partition("?")
    if uri.lower().startswith("file://"):
        return Path(unquote(urlsplit(uri).path))
    return ObjectPath(uri.rstrip("/"), query)


def is_directory(place: ObjectPath) -> bool:
    """Whether there is a directory; False of a file and of nothing."""
    from pyarrow.fs import FileType

    with _failures(place, "read"):
        return bool(_info(place).type == FileType.Directory)


def files_below(place: ObjectPath) -> list[ObjectFile]:
    """The files of a directory and of those below it, by name; none where there is nothing.

    Raises:
        NsmcError: the store doesn't answer, or refuses.
    """
    from pyarrow.fs import FileSelector

    with _failures(place, "read"):
        system, path = _opened(place)
        selector = FileSelector(path, recursive=True, allow_not_found=True)
        found = [info for info in system.get_file_info(selector) if info.is_file]
        root = PurePosixPath(path)
        return sorted(
            (
                ObjectFile(
                    PurePosixPath(info.path).relative_to(root).as_posix(),
                    info.size,
                    info.mtime_ns or 0,
                )
                for info in found
            ),
            key=lambda file: file.name,
        )


def fetch(place: ObjectPath, target: Path) -> ObjectFile:
    """Copy a file from the store.

    Raises:
        NsmcError: it isn't there or can't be read.
    """
    with _failures(place, "read"):
        info = _info(place)
        if not info.is_file:
            raise NsmcError("expected a file at {place}, found none; check the name", place=place)
        system, path = _opened(place)
        with system.open_input_stream(path, compression=None) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        return ObjectFile(place.name, info.size, info.mtime_ns or 0)


def store(source: Path, place: ObjectPath) -> None:
    """Copy a file to the store, where it appears when it is whole.

    Raises:
        NsmcError: it can't be written.
    """
    with _failures(place, "write"), source.open("rb") as whole:
        system, path = _opened(place)
        _make_parent(system, path)
        with system.open_output_stream(path, compression=None) as copy:
            shutil.copyfileobj(whole, copy, 1 << 20)


def read_object(place: ObjectPath) -> bytes:
    """The bytes of a small file."""
    with _failures(place, "read"):
        system, path = _opened(place)
        with system.open_input_stream(path, compression=None) as stream:
            return bytes(stream.read())


def write_object(place: ObjectPath, content: bytes) -> None:
    """Write a small file."""
    with _failures(place, "write"):
        system, path = _opened(place)
        _make_parent(system, path)
        with system.open_output_stream(path, compression=None) as stream:
            stream.write(content)


def delete_object(place: ObjectPath) -> None:
    """Delete a file; one that isn't there is well."""
    with _failures(place, "write"):
        system, path = _opened(place)
        if system.get_file_info(path).is_file:
            system.delete_file(path)


def _info(place: ObjectPath) -> Any:
    """A ``pyarrow.fs.FileInfo``."""
    system, path = _opened(place)
    return system.get_file_info(path)


def _make_parent(system: Any, path: str) -> None:
    """Make the directory of a file where there are such things; an object store has names alone."""
    if system.type_name.rpartition("+")[2] not in ("s3", "s3a", "gcs", "gs", "abfs"):
        system.create_dir(path.rpartition("/")[0], recursive=True)


@functools.cache
def _system(root: str, query: str) -> tuple[Any, str]:
    """The file system of a scheme and a bucket, and what the path in it begins with."""
    from pyarrow import ArrowInvalid
    from pyarrow.fs import FileSystem, FSSpecHandler, PyFileSystem

    try:
        system, path = FileSystem.from_uri(f"{root}?{query}" if query else root)
    except ArrowInvalid as error:
        if "nrecognized" not in str(error):
            raise
        import fsspec

        other, path = fsspec.core.url_to_fs(root)
        system = PyFileSystem(FSSpecHandler(other))
    return system, path


def _opened(place: ObjectPath) -> tuple[Any, str]:
    """A file system, and the path of a place in it."""
    scheme, _, rest = place.uri.partition("://")
    host, slash, path = rest.partition("/")
    system, start = _system(f"{scheme}://{host}{'' if host else '/'}", place.query)
    return system, f"{start.rstrip('/')}{slash}{path}"


@contextlib.contextmanager
def _failures(place: ObjectPath, what: str) -> Iterator[None]:
    from pyarrow import ArrowException

    try:
        yield
    except (OSError, ArrowException, ImportError, ValueError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise NsmcError(
            "cannot read {place}: {reason}; check the address, and that its store is reached and "
            "lets you in"
            if what == "read"
            else "cannot write {place}: {reason}; check the address, and that its store is reached "
            "and lets you in",
            place=place,
            reason=reason,
        ) from error
