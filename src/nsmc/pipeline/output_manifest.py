"""Which files of an output directory are done, and what they were made of.

While a run works, `PROGRESS` has a line of JSON for every file that is done; a killed run goes on
from it. When all are done, `SUCCESS` appears in its place, as Hadoop and Spark call it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self, TypedDict

from nsmc.errors import NsmcError, UsageError
from nsmc.messages.translate import tr
from nsmc.storage.bundle import read_json, write_json
from nsmc.storage.files import atomic_write, cannot_write, sha256_of
from nsmc.storage.leftovers import hold, let_go

SUCCESS, PROGRESS = "_SUCCESS", "_progress.jsonl"


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
        directory: made if it isn't there.
        identity: what all files of a directory depend on, as plain values.

    Attributes:
        done: the files by their names.

    Raises:
        UsageError: the directory holds something else, or files of another identity.
        NsmcError: it can't be written, or another process writes it.
    """

    def __init__(self, directory: Path, identity: Mapping[str, Any]) -> None:
        self.directory = directory
        self.done: dict[str, DoneFile] = {}
        self._identity = json.loads(json.dumps(identity))
        self._success, self._progress = directory / SUCCESS, directory / PROGRESS
        self._file: IO[str] | None = None
        self._held: int | None = None
        if directory.exists() and not directory.is_dir():
            raise UsageError(
                tr("expected a directory to write to, found the file {file}", file=directory)
            )
        try:
            directory.mkdir(parents=True, exist_ok=True)
            kept = self._success.exists() or self._progress.exists()
            if not kept and any(directory.iterdir()):
                raise UsageError(
                    tr(
                        "expected an empty directory, or one that this command has written, found "
                        "other files in {place}; name another --output",
                        place=directory,
                    )
                )
            self._read()
        except OSError as error:
            raise cannot_write(directory, error) from error

    @property
    def succeeded(self) -> bool:
        """Whether all files of a run are done."""
        return self._success.exists()

    def has(self, name: str, source: Path) -> bool:
        """Whether a file is done and neither it nor its source has changed since."""
        if (entry := self.done.get(name)) is None:
            return False
        output, before = self.directory / name, entry["source"]
        if not output.is_file() or output.stat().st_size != entry["output"]["bytes"]:
            return False
        status = source.stat()
        if status.st_size != before["bytes"]:
            return False
        return status.st_mtime_ns == before["mtime_ns"] or sha256_of(source) == before["sha256"]

    def add(self, entry: DoneFile) -> None:
        """Take down a file that is done."""
        assert self._file is not None
        self.done[entry["name"]] = entry
        try:
            self._file.write(_line(entry))
            self._file.flush()
        except OSError as error:
            raise cannot_write(self._progress, error) from error

    def finish(self, names: list[str]) -> None:
        """Take down that these files are all, and all done."""
        files = [self.done[name] for name in names]
        with atomic_write(self._success) as temporary:
            about = {"rows": sum(entry["rows"] for entry in files), "files": files}
            write_json(temporary, {"identity": self._identity, **about})
        self._progress.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        try:
            self._held = hold(self.directory)
            if self._held is None and os.name == "posix":
                raise NsmcError(
                    f"another process is writing into {self.directory}; wait until it ends, or "
                    "name another --output"
                )
            # All of it anew: the last line may be torn, and the files of a finished run are in
            # its manifest.
            lines = [{"identity": self._identity}, *self.done.values()]
            with atomic_write(self._progress) as temporary:
                temporary.write_text("".join(map(_line, lines)), "utf-8")
            self._file = self._progress.open("a", encoding="utf-8")
            self._success.unlink(missing_ok=True)
        except BaseException as error:
            self.__exit__()
            if isinstance(error, OSError):
                raise cannot_write(self._progress, error) from error
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            self._file.close()
        let_go(self._held)

    def _read(self) -> None:
        lines: list[Any] = []
        if self._success.exists():
            whole = read_json(self._success)
            lines = [{"identity": whole["identity"]}, *whole["files"]]
        elif self._progress.exists():
            for line in self._progress.read_text("utf-8").splitlines(keepends=True):
                if not line.endswith("\n"):  # torn: that file is scored once more
                    break
                lines.append(json.loads(line))
        if not lines:
            return
        before = lines[0]["identity"]
        if changed := [k for k in self._identity if self._identity[k] != before.get(k)]:
            found = ", ".join(
                f"{k} {str(before.get(k))[:20]}, now {str(self._identity[k])[:20]}" for k in changed
            )
            raise UsageError(
                tr(
                    "{place} was scored in another way ({found}); name another --output, or delete "
                    "that directory",
                    place=self.directory,
                    found=found,
                )
            )
        self.done = {entry["name"]: entry for entry in lines[1:]}


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) + "\n"
