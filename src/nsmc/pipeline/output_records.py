"""Where an output directory's manifest is kept: on this machine, or in an object store.

On this machine a run appends a line to `PROGRESS` for every file that is done. To a file of an
object store nothing can be appended, so there each has a small file of its own, in `PARTS`.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

from nsmc.errors import NsmcError, UsageError
from nsmc.storage.bundle import json_text, read_json, write_json
from nsmc.storage.files import atomic_write, cannot_write
from nsmc.storage.leftovers import PREFIX, hold, let_go
from nsmc.storage.objects import (
    ObjectPath,
    delete_object,
    files_below,
    read_object,
    write_object,
)

SUCCESS, PROGRESS, PARTS = "_SUCCESS", "_progress.jsonl", "_progress"
Identity = Mapping[str, Any]
Entry = Mapping[str, Any]
"""A file that is done."""


class Records(Protocol):
    """What is kept of a directory's files; what can't be written is an `NsmcError`."""

    @property
    def succeeded(self) -> bool:
        """Whether all files of a run are done, and it has put away what it no longer needs."""

    def read(self) -> list[tuple[Identity, list[Any]]]:
        """What earlier runs have left: identities, each with files that are done.

        Raises:
            UsageError: the directory holds something else.
        """

    def size_of(self, name: str) -> int | None:
        """The bytes of an output; None if it isn't there."""

    def begin(self, identity: Identity, done: Sequence[Entry]) -> None:
        """Begin a run after those that have done some files."""

    def add(self, identity: Identity, entry: Entry) -> None:
        """Take down a file that is done."""

    def finish(self, whole: Mapping[str, Any]) -> None:
        """Take down that all are done."""

    def end(self) -> None:
        """Let go of the directory."""


def records_of(directory: Path | ObjectPath) -> Records:
    """The records of a directory, which is made if it isn't there."""
    return _Here(directory) if isinstance(directory, Path) else _InStore(directory)


class _Here:
    """Those of this machine, which one process at a time writes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._success, self._progress = directory / SUCCESS, directory / PROGRESS
        self._file: IO[str] | None = None
        self._held: int | None = None

    @property
    def succeeded(self) -> bool:
        return self._success.exists() and not self._progress.exists()

    def read(self) -> list[tuple[Identity, list[Any]]]:
        if self._directory.exists() and not self._directory.is_dir():
            raise UsageError(
                "expected a directory to write to, found the file {file}", file=self._directory
            )
        with self._writing(self._directory):
            self._directory.mkdir(parents=True, exist_ok=True)
            kept = self._success.exists() or self._progress.exists()
            # A run may have been killed before its first record had a name.
            others = (e for e in self._directory.iterdir() if not e.name.startswith(PREFIX))
            if not kept and any(others):
                raise not_ours(self._directory)
            if self._success.exists():
                return [_part(read_json(self._success))]
            lines = []
            if self._progress.exists():
                for line in self._progress.read_text("utf-8").splitlines(keepends=True):
                    if not line.endswith("\n"):  # torn: that file is scored once more
                        break
                    lines.append(json.loads(line))
            return [(lines[0]["identity"], lines[1:])] if lines else []

    def size_of(self, name: str) -> int | None:
        output = self._directory / name
        return output.stat().st_size if output.is_file() else None

    def begin(self, identity: Identity, done: Sequence[Entry]) -> None:
        with self._writing(self._progress):
            self._held = hold(self._directory)
            if self._held is None and os.name == "posix":
                raise NsmcError(
                    "another process is writing into {directory}; wait until it ends, or name "
                    "another --output",
                    directory=self._directory,
                )
            # All of it anew: the last line may be torn, and the files of a finished run are in
            # its manifest.
            with atomic_write(self._progress) as temporary:
                lines = map(json_text, [{"identity": identity}, *done])
                temporary.write_text("".join(f"{line}\n" for line in lines), "utf-8")
            self._file = self._progress.open("a", encoding="utf-8")
            self._success.unlink(missing_ok=True)

    def add(self, identity: Identity, entry: Entry) -> None:
        assert self._file is not None
        with self._writing(self._progress):
            self._file.write(json_text(entry) + "\n")
            self._file.flush()

    def finish(self, whole: Mapping[str, Any]) -> None:
        with atomic_write(self._success) as temporary:
            write_json(temporary, whole)
        self._progress.unlink(missing_ok=True)

    def end(self) -> None:
        if self._file is not None:
            self._file.close()
        let_go(self._held)

    @contextlib.contextmanager
    def _writing(self, place: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise cannot_write(place, error) from error


class _InStore:
    """Those of an object store, which has no locks: what two runs at once write would mix."""

    def __init__(self, directory: ObjectPath) -> None:
        self._directory = directory
        self._success, self._parts = directory / SUCCESS, directory / PARTS
        self._sizes: dict[str, int] = {}

    @property
    def succeeded(self) -> bool:
        return SUCCESS in self._sizes and not self._part_names()

    def read(self) -> list[tuple[Identity, list[Any]]]:
        self._sizes = {file.name: file.bytes for file in files_below(self._directory)}
        names = [SUCCESS] if SUCCESS in self._sizes else self._part_names()
        if self._sizes and not names:
            raise not_ours(self._directory)
        return [_part(json.loads(read_object(self._directory / name))) for name in names]

    def size_of(self, name: str) -> int | None:
        return self._sizes.get(name)

    def begin(self, identity: Identity, done: Sequence[Entry]) -> None:
        self._write(f"{PARTS}/before.json", {"identity": identity, "files": list(done)})
        delete_object(self._success)
        self._sizes.pop(SUCCESS, None)

    def add(self, identity: Identity, entry: Entry) -> None:
        digest = hashlib.sha256(entry["name"].encode("utf-8", "surrogateescape")).hexdigest()
        self._write(f"{PARTS}/{digest[:32]}.json", {"identity": identity, "files": [entry]})

    def finish(self, whole: Mapping[str, Any]) -> None:
        self._write(SUCCESS, whole)
        for name in self._part_names():
            delete_object(self._directory / name)
            del self._sizes[name]

    def end(self) -> None:
        """Nothing is held."""

    def _part_names(self) -> list[str]:
        names = sorted(name for name in self._sizes if name.startswith(f"{PARTS}/"))
        # What runs have done since is newer than what had been done before them.
        return sorted(names, key=lambda name: name != f"{PARTS}/before.json")

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        data = json_text(content).encode()
        write_object(self._directory / name, data)
        self._sizes[name] = len(data)


def _part(whole: Mapping[str, Any]) -> tuple[Identity, list[Any]]:
    return whole["identity"], whole["files"]


def not_ours(directory: Path | ObjectPath) -> UsageError:
    """The error of a directory that holds what no run has written."""
    return UsageError(
        "expected an empty directory, or one that this command has written, found other files "
        "in {place}; name another --output",
        place=directory,
    )
