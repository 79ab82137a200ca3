"""What the tests of tables share: files made of text, and what is read of them."""

import gzip
from pathlib import Path
from typing import Any

from nsmc.tables.options import WriteOptions
from nsmc.tables.table import open_table, open_writer


def written(path: Path, text: str | bytes, encoding: str = "utf-8") -> Path:
    """A file of some text, compressed where its name says so."""
    data = text.encode(encoding) if isinstance(text, str) else text
    path.write_bytes(gzip.compress(data) if path.suffix.lower() == ".gz" else data)
    return path


def rows(path: Path, column: str | None = None) -> list[list[object]]:
    """All cells of a table."""
    with open_table(path, column=column) as table:
        return [row for chunk in table.chunks() for row in chunk.frame.to_numpy().tolist()]


def texts(path: Path, column: str | None = None) -> list[str]:
    """All comments of a table."""
    with open_table(path, column=column) as table:
        return [text for chunk in table.chunks() for text in chunk.texts]


def convert(
    source: Path,
    target: Path,
    column: str | None = None,
    chunk_rows: int = 2,
    writing: WriteOptions | None = None,
    **new: Any,
) -> list[str]:
    """Write a table as another, with further columns that hold the same in every row.

    Returns what a person should know of how it was written.
    """
    with (
        open_table(source, column=column, chunk_rows=chunk_rows) as table,
        open_writer(target, table, writing) as writer,
    ):
        for chunk in table.chunks():
            writer.write(chunk.frame.assign(**new))
        return writer.changes.notes()
