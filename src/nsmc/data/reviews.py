"""Reviews, labelled or not, as training and evaluation take them.

Shapes: R reviews.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError
from nsmc.tables.cells import cell_text, cell_values
from nsmc.tables.columns import nearest
from nsmc.tables.table import open_table

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory
    from nsmc.tables.table import Table

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Reviews:
    """R reviews with their labels, and where they came from."""

    texts: list[str]  # [R] the comments; none is blank
    labels: dict[str, LabelColumn]  # those asked for that are there, by their names
    rows: Rows  # [R] the number of each in the file, counted from 1 without the header
    path: Path
    sha256: str
    column: str  # the file's name for the comments
    skipped_empty: int  # rows of the file without a comment
    encoding: str | None  # None for Parquet

    def take(self, chosen: NDArray[np.int64]) -> "Reviews":
        """Some of the reviews alone, in the order given."""
        return replace(
            self,
            texts=[self.texts[place] for place in chosen.tolist()],
            labels={name: column.take(chosen) for name, column in self.labels.items()},
            rows=self.rows[chosen],
        )


def read_reviews(
    data: "Path | InMemory",
    *,
    column: str | None = None,
    label_columns: Sequence[LabelColumnSpec] = (),
) -> Reviews:
    """`reviews_of` the table that `open_reviews` opens, with the arguments and errors of both."""
    with open_reviews(data, column=column, label_columns=label_columns) as table:
        return reviews_of(table, label_columns)


def open_reviews(
    data: "Path | InMemory",
    *,
    column: str | None = None,
    label_columns: "Sequence[LabelColumnSpec]" = (),
) -> "Table":
    """Open a table of reviews; its text column is chosen as ``open_table`` does.

    Without labels to read, a .txt file whose first line names no columns is one comment a line.
    ``column`` may be None where it is clear.

    Raises:
        DataError: the file can't be read, or its text column isn't clear.
        TypeError: what is in memory is no table.
    """
    names = [spec.name for spec in label_columns]
    if not isinstance(data, Path):
        from nsmc.tables.in_memory import frame_of, open_frame

        frame = frame_of(data, names[0] if names else None)
        return open_frame(frame, column=column, others=names)
    return open_table(data, column=column, others=names, plain=not label_columns)


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
    rows: list[Rows] = []
    skipped = 0
    cells: dict[str, list[object]] = {name: [] for name in _present(table, label_columns)}
    for chunk in table.chunks():
        mask = [bool(text.strip()) for text in chunk.texts]  # [chunk]
        texts += compress(chunk.texts, mask)
        rows.append(np.flatnonzero(mask) + chunk.first_row)
        skipped += len(mask) - len(rows[-1])
        for name, values in cells.items():
            values += compress(cell_values(chunk.frame[name]), mask)
    if not texts:
        raise DataError(
            f"{path}: expected at least one {'labelled ' if label_columns else ''}comment, found "
            f"none ({skipped:,} rows with an empty one); check that it is the right file"
        )
    numbers = np.concatenate(rows)  # [R]
    return Reviews(
        texts,
        {name: _label_column(path, name, values, numbers) for name, values in cells.items()},
        numbers,
        path,
        table.sha256(),
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


def _present(table: "Table", label_columns: "Sequence[LabelColumnSpec]") -> list[str]:
    """Names of those label columns that a table has."""
    names = []
    for one in label_columns:
        if one.name in table.columns and one.name != table.text_column:
            names.append(one.name)
        elif one.required:
            beside = [name for name in table.columns if name != table.text_column]
            raise DataError(
                f"{table.path}: expected a column {one.name!r} with the labels beside the comments"
                f", found the columns: {', '.join(table.columns)}{nearest(one.name, beside)}; "
                "choose one with --label-column NAME"
            )
    return names


def _label_column(path: Path, name: str, cells: list[object], rows: Rows) -> LabelColumn:
    """Encode the cells of a column; ``rows`` are their numbers in the file."""
    if not set(map(type, cells)) <= {str}:
        cells = [_label_text(path, name, *cell) for cell in zip(cells, rows.tolist(), strict=True)]
    code_of = _Codes()
    codes = np.array([code_of[cell] for cell in cells], dtype=np.int32)  # [R]
    distinct, places = np.unique(codes, return_index=True)
    # Codes are given in order of appearance; -1 is an empty cell.
    first_rows = dict(zip(distinct.tolist(), rows[places].tolist(), strict=True))
    first_empty = first_rows.pop(-1, 0)
    return LabelColumn(name, codes, tuple(code_of.names), tuple(first_rows.values()), first_empty)


def _label_text(path: Path, name: str, value: object, row: int) -> str:
    try:
        return label_text(value)
    except TypeError as error:
        raise DataError(
            f"{path}, row {row}, column {name!r}: {error}; correct that row or choose another "
            "column with --label-column NAME"
        ) from error


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
