"""Writers of text tables: .csv, .tsv/.txt and .jsonl, each also .gz."""

import contextlib
import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from nsmc.errors import DataError
from nsmc.tables.cells import cell_text, cell_values, json_text
from nsmc.tables.formats import is_compressed
from nsmc.tables.writers import TableWriter

if TYPE_CHECKING:
    import pandas as pd

# The csv module leaves a lone carriage return bare, where pandas takes it for the end of a row.
_NEEDS_QUOTES = re.compile(r'[",\r\n]')


class _TextWriter(TableWriter):
    """Encodes lines and says which row holds what can't be encoded."""

    def __init__(self, path: Path, temporary: Path) -> None:
        super().__init__(path)
        self._files = contextlib.ExitStack()
        self._out: BinaryIO = self._files.enter_context(temporary.open("wb"))
        if is_compressed(path):
            # No time and no name in the header: the same rows give the same bytes.
            packed = gzip.GzipFile(filename="", mode="wb", fileobj=self._out, mtime=0)
            self._out = cast(BinaryIO, self._files.enter_context(packed))

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._files.close()

    def _write_end(self) -> None:
        # Here, so that what a full disk does to the last block is an error like any other.
        self._files.close()

    def _write_lines(self, lines: list[str], first_row: int) -> None:
        try:
            data = "".join(lines).encode("utf-8")
        except UnicodeEncodeError:
            data = b"".join(self._encode(line, row) for row, line in enumerate(lines, first_row))
        self._out.write(data)

    def _encode(self, line: str, row: int) -> bytes:
        try:
            return line.encode("utf-8")
        except UnicodeEncodeError:
            self._refuse(row, "half of a surrogate pair, which UTF-8 can't hold", "jsonl")

    def _refuse(self, row: int, found: str, way_out: str) -> NoReturn:
        where = f"row {row}" if row else "the header"
        raise DataError(
            f"cannot write {where} to {self.path}: expected cells that this format can hold, found "
            f"{found}; nothing was written; name the output .{way_out} instead"
        )


class DelimitedWriter(_TextWriter):
    """Writes .csv with the fewest quotes, or .tsv/.txt with none at all."""

    def __init__(self, path: Path, temporary: Path, *, quoted: bool) -> None:
        super().__init__(path, temporary)
        self._quoted = quoted

    def _write_columns(self, columns: list[str]) -> None:
        self._write_lines([self._line(columns, 0)], 0)

    def _write_rows(self, frame: "pd.DataFrame") -> None:
        columns = [self._texts(frame[name], name) for name in frame.columns]
        first = self.rows + 1
        rows = enumerate(zip(*columns, strict=True), start=first)
        self._write_lines([self._line(cells, row) for row, cells in rows], first)

    def _texts(self, series: "pd.Series", name: str) -> list[str]:
        texts = []
        for row, value in enumerate(cell_values(series), start=self.rows + 1):
            try:
                texts.append(cell_text(value))
            except TypeError as error:
                self._refuse(row, f"in column {name!r}: {error}", "parquet")
        return texts

    def _line(self, cells: "list[str] | tuple[str, ...]", row: int) -> str:
        if any("\0" in cell for cell in cells):
            self._refuse(row, "a NUL character, which no text table can hold", "jsonl")
        if self._quoted:
            # A blank line would be no row to pandas, so a lone empty cell gets quotes.
            return (",".join(map(_csv_cell, cells)) if tuple(cells) != ("",) else '""') + "\n"
        line = "\t".join(cells)
        if "\n" in line or line.count("\t") >= len(cells):
            self._refuse(row, "a tab or a line break inside a cell", "csv")
        if line.endswith("\r"):
            self._refuse(row, "a line break (\\r) at the end of the last cell", "csv")
        return line + "\n"


class JsonlWriter(_TextWriter):
    """Writes one JSON object a line; a missing key (``pandas.NA``) stays missing."""

    def _write_columns(self, columns: list[str]) -> None:
        """There is no header: every object names its keys."""

    def _write_rows(self, frame: "pd.DataFrame") -> None:
        import pandas as pd

        names = frame.columns.tolist()
        columns = [cell_values(frame[name]) for name in names]
        lines = []
        for row, cells in enumerate(zip(*columns, strict=True), start=self.rows + 1):
            pairs = zip(names, cells, strict=True)
            try:
                lines.append(json_text({k: v for k, v in pairs if v is not pd.NA}) + "\n")
            except TypeError as error:
                self._refuse(row, str(error), "parquet")
        self._write_lines(lines, self.rows + 1)

    def _encode(self, line: str, row: int) -> bytes:
        # Half an emoji, cut off by someone's length limit, came in as an escape and leaves as one.
        try:
            return line.encode("utf-8")
        except UnicodeEncodeError:
            return json.dumps(json.loads(line)).encode("ascii") + b"\n"


def _csv_cell(cell: str) -> str:
    if _NEEDS_QUOTES.search(cell):
        return '"' + cell.replace('"', '""') + '"'
    return cell
