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
from nsmc.messages.translate import tr
from nsmc.tables.cells import cell_text
from nsmc.tables.columns import listing, nearest
from nsmc.tables.options import ReadOptions
from nsmc.tables.table import open_table
from nsmc.text.normalize import normalize

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory
    from nsmc.tables.table import Table

Rows = NDArray[np.int64]
LEGIBLE = 1000
"""Characters that are looked at for something legible."""


@dataclass(frozen=True, eq=False)
class Reviews:
    """R reviews with their labels, and where they came from."""

    texts: list[str]  # [R] the comments; none is blank
    labels: dict[str, LabelColumn]  # those asked for that are there, by the names asked for
    rows: Rows  # [R] the number of each in the file, counted from 1 without the header
    path: Path
    sha256: str
    column: str  # the file's name for the comments
    skipped_empty: int  # rows of the file without a comment
    encoding: str | None  # None for Parquet and Excel
    notes: tuple[str, ...] = ()  # how the file was read, where a person should know

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
    reading: ReadOptions | None = None,
) -> Reviews:
    """`reviews_of` the table that `open_reviews` opens, with the arguments and errors of both."""
    with open_reviews(data, column=column, label_columns=label_columns, reading=reading) as table:
        return reviews_of(table, label_columns)


def open_reviews(
    data: "Path | InMemory",
    *,
    column: str | None = None,
    label_columns: "Sequence[LabelColumnSpec]" = (),
    reading: ReadOptions | None = None,
) -> "Table":
    """Open a table of reviews that has the label columns; its text column is chosen as
    ``open_table`` does, and is never one of them.

    ``column`` may be None where it is clear.

    Raises:
        DataError: the file can't be read, its text column isn't clear, or it lacks a label column
            that is required.
        TypeError: what is in memory is no table.
    """
    others = [name for spec in label_columns for name in (spec.name, *spec.other_names)]
    if isinstance(data, Path):
        table = open_table(data, reading, column=column, others=others)
    else:
        from nsmc.tables.in_memory import frame_of, open_frame

        frame = frame_of(data, others[0] if others else None)
        table = open_frame(frame, column=column, others=others)
    try:
        _present(table, label_columns)
    except DataError:
        table.__exit__()
        raise
    return table


def reviews_of(table: "Table", label_columns: "Sequence[LabelColumnSpec]" = ()) -> Reviews:
    """Read the reviews of an open table.

    Rows whose comment is blank are skipped and counted; so are those without a label because
    theirs is left open, or because there is nothing legible to label. Nothing else is left out.
    What the labels may be, the task decides.

    Raises:
        DataError: the file can't be read, lacks a label column that is required, or has no row
            with a comment.
    """
    path = table.path
    texts: list[str] = []
    rows: list[Rows] = []
    skipped = 0
    present = _present(table, label_columns)
    cells: dict[str, list[object]] = {name: [] for name in present}
    for chunk in table.chunks():
        mask = [bool(text.strip()) for text in chunk.texts]  # [chunk]
        texts += compress(chunk.texts, mask)
        rows.append(np.asarray(chunk.rows, np.int64)[np.array(mask, np.bool_)])
        skipped += len(mask) - len(rows[-1])
        for name, values in cells.items():
            values += compress(chunk.part.values(present[name]), mask)
    notes = list(table.notes)
    if table.bad is not None and table.bad.count:
        notes.append(table.bad.words(None))
    if not texts:
        raise DataError(
            "{name}: expected at least one labelled comment, found none ({skipped:,} rows with an "
            "empty one); check that it is the right file"
            if label_columns
            else "{name}: expected at least one comment, found none ({skipped:,} rows with an "
            "empty one); check that it is the right file",
            name=table.name,
            skipped=skipped,
        )
    numbers = np.concatenate(rows)  # [R]
    sha256 = table.sha256()
    table.check_unchanged()
    labels = {
        name: _label_column(table.name, name, values, numbers) for name, values in cells.items()
    }
    reviews = Reviews(
        texts, labels, numbers, path, sha256, table.text_column, skipped, table.encoding
    )
    for name, found in present.items():
        if found != name:
            notes.append(
                tr(
                    "{name} has no column {column!r}; the labels are those of {found!r}",
                    name=table.name,
                    column=name,
                    found=found,
                )
            )
    reviews = _decided(replace(reviews, notes=tuple(notes)), label_columns)
    if not len(reviews.rows):
        raise DataError("{name}: expected comments with a label, found none", name=table.name)
    return reviews


def _decided(reviews: Reviews, label_columns: Sequence[LabelColumnSpec]) -> Reviews:
    """The reviews whose labels are not left open, with what words and stars stand for."""
    labels, notes = dict(reviews.labels), list(reviews.notes)
    keep = np.ones(len(reviews.rows), np.bool_)  # [R]
    for spec in label_columns:
        if spec.name not in labels:
            continue
        labels[spec.name], undecided = spec.read(labels[spec.name])
        if spec.required and undecided.any():
            keep &= ~undecided
            notes.append(
                tr(
                    "{rows:,} rows with more than {negative:g} and less than {positive:g} stars "
                    "were left out"
                    if spec.positive_from
                    else "{rows:,} rows with no decision were left out",
                    rows=int(undecided.sum()),
                    negative=spec.negative_to,
                    positive=spec.positive_from,
                )
            )
    # A table that this program scored has no label where nothing is legible.
    unlabelled = keep.copy()
    for column in labels.values():
        unlabelled &= column.codes < 0
    places = np.flatnonzero(unlabelled).tolist() if labels else []
    illegible = [place for place in places if not normalize(reviews.texts[place], LEGIBLE)]
    keep[illegible] = False
    reviews = replace(
        reviews,
        labels=labels,
        notes=tuple(notes),
        skipped_empty=reviews.skipped_empty + len(illegible),
    )
    return reviews if keep.all() else reviews.take(np.flatnonzero(keep))


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
    if isinstance(value, bytes):
        raise TypeError(tr("expected a value that text can hold, found bytes"))
    return cell_text(value)


def _present(table: "Table", label_columns: "Sequence[LabelColumnSpec]") -> dict[str, str]:
    """Names of those label columns that a table has, and how it calls them."""
    names = {}
    beside = [name for name in table.columns if name != table.text_column]
    for one in label_columns:
        if (found := one.find(beside)) is not None:
            names[one.name] = found
        elif one.required:
            raise DataError(
                "{table}: expected a column {name!r} with the labels beside the comments, found "
                "the columns: {names}{hint}; choose one with --label-column NAME",
                table=table.name,
                name=one.name[:60],
                names=listing(table.columns),
                hint=nearest(one.name, beside),
            )
    return names


def _label_column(path: str, name: str, cells: list[object], rows: Rows) -> LabelColumn:
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


def _label_text(path: str, name: str, value: object, row: int) -> str:
    try:
        return label_text(value)
    except TypeError as error:
        raise DataError(
            "{path}, row {row}, column {name!r}: {error}; correct that row or choose "
            "another column with --label-column NAME",
            path=path,
            row=row,
            name=name,
            error=error,
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


def legible(reviews: Reviews, max_characters: int) -> Reviews:
    """The reviews that a corpus keeps: those with something left after normalizing.

    Raises:
        DataError: there is none.
    """
    mask = np.array([bool(normalize(text, max_characters)) for text in reviews.texts])  # [R]
    if not mask.any():
        raise DataError("{path}: no comment has anything legible in it", path=reviews.path)
    skipped = reviews.skipped_empty + int((~mask).sum())
    return replace(reviews.take(np.flatnonzero(mask)), skipped_empty=skipped)
