"""A directory's files as they were, also for a process that has some of them open."""

import contextlib
import fcntl
import os
import shutil
from pathlib import Path


class Snapshot:
    """Remembers the files below ``place``; a fork may then change them, and `restore` undoes that.

    Files that are open stay the same files (inodes), and their offsets, which a fork shares, too. A
    directory that a fork has removed can't come back; its handle becomes one of the new directory.

    Args:
        place: the directory.
        kept: one beside it, for hard links to its files; made, and removed by `close`.
    """

    def __init__(self, place: Path, kept: Path) -> None:
        self._place, self._kept = place, kept
        self._directories: dict[Path, os.stat_result] = {}
        self._files: dict[Path, tuple[Path, os.stat_result, bytes]] = {}
        kept.mkdir()
        for path in sorted(place.rglob("*")):
            if path.is_dir():
                self._directories[path] = path.stat()
            else:
                link = kept / str(len(self._files))
                os.link(path, link)
                self._files[path] = (link, path.stat(), path.read_bytes())
        self._offsets = self._open_files()
        self._handles = self._open_directories()

    def restore(self) -> None:
        """Make the directory what it was."""
        for path in sorted(self._place.rglob("*"), reverse=True):
            if path.is_dir() and path not in self._directories:
                path.rmdir()
            elif not path.is_dir() and path not in self._files:
                path.unlink()
        for path, before in self._directories.items():
            path.mkdir(exist_ok=True)
            path.chmod(before.st_mode)
        for path, (link, before, data) in self._files.items():
            if not path.exists() or path.stat().st_ino != before.st_ino:
                path.unlink(missing_ok=True)
                os.link(link, path)
            if path.read_bytes() != data:
                with path.open("r+b") as file:
                    file.write(data)
                    file.truncate()
            path.chmod(before.st_mode)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        for handle, offset in self._offsets.items():
            os.lseek(handle, offset, os.SEEK_SET)
        for handle, path in self._handles.items():
            if os.fstat(handle).st_ino != path.stat().st_ino:
                new = os.open(path, os.O_RDONLY)
                os.dup2(new, handle, inheritable=False)
                os.close(new)
                # Who has a directory open for longer holds its lock (`nsmc.storage.leftovers`).
                with contextlib.suppress(OSError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        """Remove the links."""
        shutil.rmtree(self._kept)

    def _open_files(self) -> dict[int, int]:
        ours = {(file.st_dev, file.st_ino) for _, file, _ in self._files.values()}
        offsets = {}
        for handle in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
            try:
                found = os.fstat(handle)
            except OSError:  # the one that listed these
                continue
            if (found.st_dev, found.st_ino) in ours:
                offsets[handle] = os.lseek(handle, 0, os.SEEK_CUR)
        return offsets

    def _open_directories(self) -> dict[int, Path]:
        ours = {(one.st_dev, one.st_ino): path for path, one in self._directories.items()}
        handles = {}
        for handle in map(int, os.listdir("/proc/self/fd")):  # noqa: PTH208
            with contextlib.suppress(OSError, KeyError):
                found = os.fstat(handle)
                handles[handle] = ours[found.st_dev, found.st_ino]
        return handles
