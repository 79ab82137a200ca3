"""Rows that can't be read and are left out, with their reasons."""

import csv
import io
import shutil
import tempfile
from pathlib import Path
from typing import IO

from nsmc.messages.translate import tr
from nsmc.storage.files import atomic_write

COLUMNS = ("row", "line", "reason", "content")
IN_MEMORY = 1 << 20
NAMED = 3


def row_words(row: int, line: int) -> str:
    """Where a row is, for a person; ``line`` is 0 where there are no lines."""
    if line:
        return tr("row {row} (line {line})", row=row, line=line)
    return tr("row {row}", row=row)


class BadRows:
    """Collects bad rows of a table, in constant memory, until they are saved."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []
        """The first few, in words."""
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self.clear()

    def clear(self) -> None:
        """Forget them: the table is read anew."""
        self.count = 0
        self.first = []
        self._file.seek(0)
        self._file.truncate()
        self._write(COLUMNS)

    def add(self, row: int, line: int, problem: str, content: str) -> None:
        """Take a row; ``line`` is 0 where there are no lines."""
        self.count += 1
        if len(self.first) < NAMED:
            self.first.append(f"{row_words(row, line)}: {problem}")
        self._write((row, line or "", problem, content))

    def save(self, path: Path) -> None:
        """Write them as a CSV that spreadsheets open.

        Raises:
            NsmcError: the file can't be written.
        """
        self._file.seek(0)
        with atomic_write(path) as temporary, temporary.open("wb") as out:
            out.write(b"\xef\xbb\xbf")
            shutil.copyfileobj(self._file, out)
        self._file.seek(0, io.SEEK_END)

    def close(self) -> None:
        """Give the memory or the temporary file back."""
        self._file.close()

    def words(self, saved: Path | None) -> str:
        """What a person should know of them."""
        where = tr("; they are in {place}", place=saved) if saved else ""
        more = ", …" if self.count > len(self.first) else ""
        return (
            tr("{count:,} bad rows were left out", count=self.count)
            + f"{where}: {'; '.join(self.first)}{more}"
        )

    def _write(self, cells: tuple[object, ...]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow(cells)
        self._file.write(line.getvalue().encode("utf-8", "backslashreplace"))


def beside(path: Path) -> Path:
    """Where the bad rows go of a table that is written to ``path``: ``out.bad-rows.csv``."""
    name = path.name.removesuffix(".gz")
    return path.with_name(f"{name[: len(name) - len(Path(name).suffix)]}.bad-rows.csv")
