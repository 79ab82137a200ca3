"""Which files of an output directory are done, and what they were made of.

While a run works, it takes down every file that is done; a killed run goes on from there. When all
are done, `SUCCESS` appears, as Hadoop and Spark call it.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self, TypedDict

from nsmc.errors import UsageError
from nsmc.messages.translate import tr
from nsmc.pipeline.output_records import not_ours, records_of
from nsmc.storage.files import sha256_of
from nsmc.storage.objects import ObjectPath


class FileContent(TypedDict):
    """What is in a file."""

    bytes: int
    sha256: str


class SourceFile(FileContent):
    """An input."""

    mtime_ns: int


class DoneFile(TypedDict):
    """A file that was scored."""

    name: str
    """Of input and output alike: the path below their directories."""
    source: SourceFile
    output: FileContent
    rows: int
    empty: int
    """Rows whose comment has nothing legible in it."""
    bad: int
    """Rows that can't be read and were left out."""
    unfamiliar: int
    """Rows whose comment says nothing that the model knows."""
    truncated: int
    """Rows whose comment is too long to be read to its end."""
    labels: dict[str, int]
    """Rows that got each label."""
    renamed: list[str]
    notes: list[str]


def content_of(path: Path) -> FileContent:
    """What is in a file."""
    return FileContent(bytes=path.stat().st_size, sha256=sha256_of(path))


class OutputManifest:
    """The files that are done in a directory; a context manager, which has the directory alone.

    Args:
        directory: made if it isn't there. One of an object store can't be had alone.
        identity: what all files of a directory depend on, as plain values.

    Attributes:
        done: the files by their names.

    Raises:
        UsageError: the directory holds something else, or files of another identity.
        NsmcError: it can't be written, or another process writes it.
    """

    def __init__(self, directory: Path | ObjectPath, identity: Mapping[str, Any]) -> None:
        self.directory = directory
        self.done: dict[str, DoneFile] = {}
        self._identity = json.loads(json.dumps(identity))
        self._records = records_of(directory)
        try:
            for before, files in self._records.read():
                self._check(before)
                self.done |= {entry["name"]: entry for entry in files}
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise not_ours(directory) from error  # of Spark, for one, whose `SUCCESS` is empty

    @property
    def succeeded(self) -> bool:
        """Whether all files of a run are done, and it has put away what it no longer needs."""
        return self._records.succeeded

    def has(self, name: str, source: Path | ObjectPath, bytes: int, mtime_ns: int) -> bool:
        """Whether a file is done and neither it nor its source has changed since.

        Args:
            name: the file's.
            source, bytes, mtime_ns: where its source is, its size and when it was written.
        """
        if (entry := self.done.get(name)) is None:
            return False
        before = entry["source"]
        if self._records.size_of(name) != entry["output"]["bytes"] or bytes != before["bytes"]:
            return False
        if mtime_ns == before["mtime_ns"]:
            return True
        # To read one of an object store would be to fetch it.
        return isinstance(source, Path) and sha256_of(source) == before["sha256"]

    def add(self, entry: DoneFile) -> None:
        """Take down a file that is done."""
        self.done[entry["name"]] = entry
        self._records.add(self._identity, entry)

    def finish(self, names: list[str]) -> None:
        """Take down that these files are all, and all done."""
        files = [self.done[name] for name in names]
        about = {"rows": sum(entry["rows"] for entry in files), "files": files}
        self._records.finish({"identity": self._identity, **about})

    def __enter__(self) -> Self:
        try:
            self._records.begin(self._identity, list(self.done.values()))
        except BaseException:
            self._records.end()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._records.end()

    def _check(self, before: Mapping[str, Any]) -> None:
        if changed := [k for k in self._identity if self._identity[k] != before.get(k)]:
            found = ", ".join(
                tr(
                    "{field} {before}, now {now}",
                    field=k,
                    before=str(before.get(k))[:20],
                    now=str(self._identity[k])[:20],
                )
                for k in changed
            )
            raise UsageError(
                "{place} was scored in another way ({found}); name another --output, or delete "
                "that directory",
                place=self.directory,
                found=found,
            )
