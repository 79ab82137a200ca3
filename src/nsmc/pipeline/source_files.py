"""Which files a directory or a pattern names, of this machine or of an object store."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nsmc.errors import DataError, UsageError
from nsmc.messages.translate import tr
from nsmc.pipeline.staging import Place
from nsmc.storage.files import real_path
from nsmc.storage.objects import ObjectPath, files_below, is_directory
from nsmc.tables.formats import Format, table_file

MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Job:
    """A file to score."""

    name: str
    """The path below the input and the output directory."""
    source: Place
    target: Place
    bytes: int
    mtime_ns: int


def is_many(source: Place) -> bool:
    """Whether a source is a directory or a pattern, not a file."""
    if isinstance(source, ObjectPath):
        return bool(MAGIC.search(source.uri)) or is_directory(source)
    return source.is_dir() or (bool(MAGIC.search(str(source))) and not source.exists())


def find_jobs(source: Place, target: Place, format: Format | None) -> tuple[list[Job], list[str]]:
    """The tables of a directory or a pattern, and the names of files that are none.

    Raises:
        UsageError: the target holds the source.
        DataError: there is no table.
        NsmcError: an object store doesn't answer.
    """
    found = list(
        _objects(source, target) if isinstance(source, ObjectPath) else _files(source, target)
    )
    jobs, ignored = [], []
    for job in found:
        if any(part.startswith(("_", ".")) for part in job.name.split("/")):
            continue
        try:
            table_file(Path(job.name), format)
        except DataError:
            ignored.append(job.name)
            continue
        jobs.append(job)
    if not jobs:
        other = tr("{count} other files", count=len(ignored)) if ignored else tr("no file")
        raise DataError(
            "expected tables in {source}, found {other}; check the name", source=source, other=other
        )
    return jobs, ignored


def _files(source: Path, target: Place) -> Iterator[Job]:
    """The files of a directory or a pattern of this machine."""
    root, pattern = source, "**/*"
    if not source.is_dir():
        # pathlib refuses ** beside other characters, where it says no more than * does.
        parts = [part if part == "**" else re.sub(r"\*+", "*", part) for part in source.parts]
        fixed = next((n for n, part in enumerate(parts) if MAGIC.search(part)), len(parts) - 1)
        root, pattern = Path(*parts[:fixed]), str(Path(*parts[fixed:]))
    outer = real_path(target) if isinstance(target, Path) else None
    if outer is not None and real_path(root).is_relative_to(outer):
        raise _apart(source, target)
    for path in sorted(root.glob(pattern)):
        # A link to itself is no file.
        if path.is_file() and not (outer and real_path(path).is_relative_to(outer)):
            relative, status = path.relative_to(root), path.stat()
            name = relative.as_posix()
            yield Job(name, path, target / name, status.st_size, status.st_mtime_ns)


def _objects(source: ObjectPath, target: Place) -> Iterator[Job]:
    """The files of a directory or a pattern of an object store."""
    scheme, _, rest = source.uri.partition("://")
    parts = rest.split("/")
    fixed = next((n for n, part in enumerate(parts) if MAGIC.search(part)), len(parts))
    root = replace(source, uri=f"{scheme}://{'/'.join(parts[:fixed])}")
    chosen = re.compile(_expression(parts[fixed:]))
    outer = target if isinstance(target, ObjectPath) else None
    if outer and root.is_relative_to(outer):
        raise _apart(source, target)
    for file in files_below(root):
        path = root / file.name
        if chosen.fullmatch(file.name) and not (outer and path.is_relative_to(outer)):
            yield Job(file.name, path, target / file.name, file.bytes, file.mtime_ns)


def _expression(parts: Sequence[str]) -> str:
    """The regular expression of a pattern, by its parts, as `pathlib.Path.glob` reads them."""
    if not parts:
        return ".*"
    whole = ""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            whole += ".*" if last else "(?:[^/]+/)*"
            continue
        for piece in re.split(r"(\*|\[[^]]*\])", part):
            if piece == "*":
                whole += "[^/]*"
            elif piece.startswith("[") and piece.endswith("]"):
                whole += piece.replace("[!", "[^")
            else:
                whole += re.escape(piece)
        whole += "" if last else "/"
    return whole


def _apart(source: Place, target: Place) -> UsageError:
    return UsageError(
        "expected an output directory apart from the input, found {source} inside of "
        "{target}; name another --output, so that no result is taken for an input",
        source=source,
        target=target,
    )
