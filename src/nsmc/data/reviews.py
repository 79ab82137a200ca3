"""Reviews, labelled or not, as training and evaluation take them.

Shapes: R reviews.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError
from nsmc.storage.files import sha256_of
from nsmc.tables.cells import cell_text, cell_values
from nsmc.tables.columns import nearest
from nsmc.tables.table import open_table

if TYPE_CHECKING:
    from nsmc.tables.table import Table


@dataclass(frozen=True, eq=False)
class Reviews:
    """R reviews with their labels, and where they came from."""

    texts: list[str]
    """[R] the comments; none is blank."""
    labels: dict[str, LabelColumn]
    """The label columns that were label_columns and are there, by their names."""
    rows: NDArray[np.int64]
    """[R] the number of each in the file, counted from 1 without the header."""
    path: Path
    sha256: str
    column: str
    """The file's name for the comments."""
    skipped_empty: int
    """Rows of the file without a comment."""
    encoding: str | None
    """None for Parquet."""

    def take(self, chosen: NDArray[np.int64]) -> "Reviews":
        """Some of the reviews alone, in the order given."""
        return Reviews(
            [self.texts[place] for place in chosen.tolist()],
            {name: column.take(chosen) for name, column in self.labels.items()},
            self.rows[chosen],
            self.path,
            self.sha256,
            self.column,
            self.skipped_empty,
            self.encoding,
        )


def read_reviews(
    path: Path, *, column: str | None = None, label_columns: "Sequence[LabelColumnSpec]" = ()
) -> Reviews:
    """Read a table of reviews.

    Args:
        path, column, label_columns: as `open_reviews` takes them.

    Raises:
        DataError: as `open_reviews` and `reviews_of`.
    """
    with open_reviews(path, column=column, label_columns=label_columns) as table:
        return reviews_of(table, label_columns)


def open_reviews(
    path: Path, *, column: str | None = None, label_columns: "Sequence[LabelColumnSpec]" = ()
) -> "Table":
    """Open a table of reviews; its text column is chosen as ``open_table`` does.

    Without labels to read, a .txt file whose first line names no columns is one comment a line.

    Args:
        path: the file.
        column: the text column; None where it is clear.
        label_columns: the label columns.

    Raises:
        DataError: the file can't be read, or its text column isn't clear.
    """
    names = [spec.name for spec in label_columns]
    return open_table(path, column=column, others=names, plain=not label_columns)


def reviews_of(table: "Table", label_columns: "Sequence[LabelColumnSpec]" = ()) -> Reviews:
    """Read the reviews of an open table.

    Rows whose comment is blank are skipped and counted; nothing else is left out. What the labels
    may be, the task decides.

    Raises:
        DataError: the file can't be read, lacks a label column that is required, or has no row
            with a comment.
    """
    path = table.path
    texts: list[str] = []
    rows: list[NDArray[np.int64]] = []
    skipped = 0
    readers = [_ColumnReader(path, name) for name in _found(table, label_columns)]
    for chunk in table.chunks():
        kept = np.array([bool(text.strip()) for text in chunk.texts], dtype=bool)  # [chunk]
        numbers = np.flatnonzero(kept) + chunk.first_row  # [kept]
        for reader in readers:
            reader.read(cell_values(chunk.frame[reader.name]), kept, numbers)
        if len(numbers) < len(kept):
            skipped += len(kept) - len(numbers)
            texts += [text for text, keep in zip(chunk.texts, kept, strict=True) if keep]
        else:
            texts += chunk.texts
        rows.append(numbers)
    if not texts:
        raise DataError(
            f"{path}: expected at least one {'labelled ' if label_columns else ''}comment, found "
            f"none ({skipped:,} rows with an empty one); check that it is the right file"
        )
    return Reviews(
        texts,
        {reader.name: reader.column() for reader in readers},
        np.concatenate(rows),
        path,
        sha256_of(path),
        table.text_column,
        skipped,
        table.encoding,
    )


def label_text(value: object) -> str:
    """The name in a label cell: text without white space around it, 3.0 and 3 alike ``3``.

    Nothing is "", a truth value ``true`` or ``false``, a list or an object its JSON.

    Raises:
        TypeError: the value is nothing that text can hold, bytes for example.
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return cell_text(value)


def _found(table: "Table", label_columns: "Sequence[LabelColumnSpec]") -> list[str]:
    """Names of the label_columns columns that a table has."""
    found = []
    for one in label_columns:
        if one.name in table.columns and one.name != table.text_column:
            found.append(one.name)
        elif one.required:
            beside = [name for name in table.columns if name != table.text_column]
            raise DataError(
                f"{table.path}: expected a column {one.name!r} with the labels beside the comments"
                f", found the columns: {', '.join(table.columns)}{nearest(one.name, beside)}; "
                "choose one with --label-column NAME"
            )
    return found


class _ColumnReader:
    """One label column, put together from chunks: each distinct cell is looked at once."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self._codes = _Codes()
        self._chunks: list[NDArray[np.int32]] = []
        self._first_rows: list[int] = []
        self._first_empty = 0

    def read(self, values: list[object], kept: NDArray[np.bool_], rows: NDArray[np.int64]) -> None:
        """Take the cells of a chunk, of which some rows are kept; ``rows`` are their numbers."""
        if len(rows) < len(values):
            values = [value for value, keep in zip(values, kept, strict=True) if keep]
        cells = values if set(map(type, values)) <= {str} else self._texts(values, rows)
        codes = np.array([self._codes[cell] for cell in cells], dtype=np.int32)  # [kept]
        before = len(self._first_rows)
        if len(self._codes.names) > before:
            found, places = np.unique(codes, return_index=True)
            # Codes are given in order of appearance, and the new ones stand at the end.
            self._first_rows += rows[places[found >= before]].tolist()
        if not self._first_empty and (codes < 0).any():
            self._first_empty = int(rows[np.argmax(codes < 0)])
        self._chunks.append(codes)

    def column(self) -> LabelColumn:
        """The whole column."""
        return LabelColumn(
            self.name,
            np.concatenate(self._chunks),
            tuple(self._codes.names),
            tuple(self._first_rows),
            self._first_empty,
        )

    def _texts(self, values: list[object], rows: NDArray[np.int64]) -> list[object]:
        found: list[object] = []
        for value, row in zip(values, rows.tolist(), strict=True):
            try:
                found.append(label_text(value))
            except TypeError as error:
                raise DataError(
                    f"{self.path}, row {row}, column {self.name!r}: {error}; correct that row or "
                    "choose another column with --label-column NAME"
                ) from error
        return found


class _Codes(dict[object, int]):
    """From a cell's text to the number of its name: a look-up in C but for what is new."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, int] = {}

    def __missing__(self, cell: object) -> int:
        # macOS writes syllables taken apart; half of an emoji, cut by a limit, no file can hold.
        name = unicodedata.normalize("NFC", str(cell).strip()).encode(errors="replace").decode()
        code = self.names.setdefault(name, len(self.names)) if name else -1
        self[cell] = code
        return code
