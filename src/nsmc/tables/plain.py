"""Text that is no table: one comment a line, and nothing else."""

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.tables.columns import DEFAULT_COLUMN
from nsmc.tables.text_files import TextReader, without_end

if TYPE_CHECKING:
    import pandas as pd


class PlainReader(TextReader[str]):
    """Reads the lines of a text file as a table of one column, ``document``.

    Raises:
        DataError: the file is no text.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.columns = [DEFAULT_COLUMN]

    def text_columns(self, chunk_rows: int) -> list[str]:
        """The only column."""
        return self.columns

    def has_header(self) -> bool:
        """Whether the first line looks like that of a table: it has a tab, or is ``document``."""
        with self._lines() as lines:
            first = without_end(next(lines, ""))
        return "\t" in first or first == DEFAULT_COLUMN

    def _rows(self) -> Generator[str]:
        with self._lines() as lines:
            yield from map(without_end, lines)

    def _frame(self, rows: list[str]) -> "pd.DataFrame":
        import pandas as pd

        return pd.DataFrame({DEFAULT_COLUMN: rows}, dtype="str")
