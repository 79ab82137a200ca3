"""Labelled reviews, as training and evaluation take them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.errors import DataError
from nsmc.files import sha256_of
from nsmc.tables.cells import cell_values, is_missing
from nsmc.tables.table import open_table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LABEL = "label"
_SHOWN = 3


@dataclass(frozen=True, eq=False)
class Reviews:
    """Reviews with their labels, and where they came from.

    ``frame`` has the columns ``document`` (str, never blank) and ``label`` (int8: 0 negative, 1
    positive), ``rows`` [R] the number of each in the file, counted from 1 without the header.
    ``skipped_empty`` rows of the file had no comment. ``encoding`` is None for Parquet.
    """

    frame: "pd.DataFrame"
    rows: "NDArray[np.int64]"
    path: Path
    sha256: str
    skipped_empty: int
    encoding: str | None


def read_reviews(path: Path, *, column: str | None = None, label_column: str = LABEL) -> Reviews:
    """Read a table of labelled reviews; its text column is chosen as ``open_table`` does.

    Rows whose comment is blank are skipped and counted; nothing else is left out.

    Raises:
        DataError: the file can't be read, has no such label column, a label other than 0 and 1,
            or no row with a comment.
    """
    import numpy as np
    import pandas as pd

    documents: list[str] = []
    labels: list[int] = []
    rows: list[int] = []
    offenders = _Offenders()
    skipped = 0
    with open_table(path, column=column) as table:
        if label_column not in table.columns or table.text_column == label_column:
            raise DataError(
                f"{path}: expected a column {label_column!r} (0 negative, 1 positive) beside the "
                f"comments, found the columns: {', '.join(table.columns)}; add or rename one"
            )
        for chunk in table.chunks():
            values = cell_values(chunk.frame[label_column])
            for row, (text, value) in enumerate(
                zip(chunk.texts, values, strict=True), chunk.first_row
            ):
                if not text.strip():
                    skipped += 1
                elif (label := _label(value)) is None:
                    offenders.add(row, value)
                else:
                    documents.append(text)
                    labels.append(label)
                    rows.append(row)
        encoding = table.encoding
    offenders.raise_if_any(path, label_column)
    if not documents:
        raise DataError(
            f"{path}: expected at least one labelled comment, found none ({skipped:,} rows with an "
            "empty one); check that it is the right file"
        )
    # As objects: pandas' own strings can't hold half of an emoji that someone's limit cut off.
    frame = pd.DataFrame(
        {"document": pd.Series(documents, dtype=object), LABEL: np.array(labels, dtype=np.int8)}
    )
    return Reviews(frame, np.array(rows, np.int64), path, sha256_of(path), skipped, encoding)


_DIGITS = {"0": 0, "1": 1}


class _Offenders:
    """Labels that are neither 0 nor 1: how many, and the first few with their rows."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[str] = []

    def add(self, row: int, value: object) -> None:
        self.count += 1
        if len(self.first) < _SHOWN:
            found = "nothing" if is_missing(value) or value == "" else repr(value)
            self.first.append(f"{found} in row {row}")

    def raise_if_any(self, path: Path, column: str) -> None:
        if self.count:
            rest = ", …" if self.count > len(self.first) else ""
            raise DataError(
                f"{path}, column {column!r}: expected 0 (negative) or 1 (positive), found "
                f"{', '.join(self.first)}{rest} ({self.count:,} such rows); correct or remove them"
            )


def _label(value: object) -> int | None:
    """Return 0 or 1 if the value is that, as a number or as its one digit, else None."""
    if isinstance(value, str):
        return _DIGITS.get(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and value in (0, 1):
        return int(value)
    return None
