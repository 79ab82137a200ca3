"""A file of results that a long work appends as it goes, so that a killed process goes on there.

It holds a header, which says whose results these are, and records of a key and a value. Each record
ends with a checksum, because the last one may be torn. One process at a time has a journal.
"""

import hashlib
import os
import struct
from pathlib import Path
from typing import IO, Self

from nsmc.storage.leftovers import hold, let_go

BUFFERED = 10
"""Records from which on there is a file: less is done again sooner than a person reads of it."""
_HEAD = struct.Struct("<32sQ")
_CHECK = 8


class Journal:
    """Gives what an earlier run left at ``path``, then takes what this one adds.

    A context manager: the file is deleted if the block ends well.

    Without a right to write there, or where another process has the journal, it keeps nothing: it
    saves time and holds no result of its own.

    Args:
        path: of the journal.
        header: what else the values depend on; a journal of another header is begun anew.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self.path = path
        self._head = hashlib.sha256(header).digest()
        self._waiting: list[bytes] | None = []
        self._file: IO[bytes] | None = None
        self._held: int | None = None
        if path.exists():
            self._open()

    def take(self, key: bytes) -> bytes | None:
        """The value of an earlier run's next record, if it has this key; what follows is forgotten
        otherwise."""
        if self._file is None:
            return None
        start = self._file.tell()
        found, value = self._next(self._file) or (b"", b"")
        if found == key:
            return value
        self._file.seek(start)
        return None

    def add(self, key: bytes, value: bytes) -> None:
        """Append a record; the key has 32 bytes. Those of an earlier run that weren't taken go."""
        if self._waiting is None:
            return
        record = _HEAD.pack(key, len(value)) + value
        self._waiting.append(record + hashlib.sha256(record).digest()[:_CHECK])
        if self._file is None and len(self._waiting) >= BUFFERED:
            self._open()
        if self._file is not None:
            self._flush(self._file)

    def close(self, *, remove: bool) -> None:
        """Let go of the file, and delete it where its work is done."""
        if self._file is not None:
            self._file.close()
            if remove:
                self.path.unlink(missing_ok=True)
        let_go(self._held)
        self._file = self._held = self._waiting = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *exception: object) -> None:
        self.close(remove=kind is None)

    def _open(self) -> None:
        """Take the file, with what is in it if that is of this work."""
        try:
            file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666), "r+b", buffering=0)
        except OSError:
            self._waiting = None
            return
        self._held = hold(self.path)
        if self._held is None:
            file.close()
            self._waiting = None
            return
        self._file = file
        if file.read(len(self._head)) != self._head:
            file.seek(0)
            self._waiting = [self._head, *(self._waiting or [])]

    def _next(self, file: IO[bytes]) -> tuple[bytes, bytes] | None:
        """The next record; None where there is no whole one."""
        head = file.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        key, size = _HEAD.unpack(head)
        # A torn record may claim any size.
        value = file.read(min(size, os.fstat(file.fileno()).st_size))
        whole = file.read(_CHECK) == hashlib.sha256(head + value).digest()[:_CHECK]
        return (key, value) if whole else None

    def _flush(self, file: IO[bytes]) -> None:
        try:
            file.truncate()
            file.write(b"".join(self._waiting or ()))
            self._waiting = []
        except OSError:
            # The disk is full, for one: the table itself will tell.
            self.close(remove=True)
