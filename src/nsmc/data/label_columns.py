"""The label columns of a table, before any task has read a meaning into them.

Shapes: R reviews, N distinct cells.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tables.columns import matching

SHOWN = 3  # offending cells that an error names
_POSITIVE = ("positive", "pos", "긍정", "true")
_NEGATIVE = ("negative", "neg", "부정", "false")
_WORDS = dict.fromkeys(_POSITIVE, "1") | dict.fromkeys(_NEGATIVE, "0")
_UNDECIDED = ("undecided", "보류")


@dataclass(frozen=True)
class LabelColumnSpec:
    """A label column to read."""

    name: str
    required: bool = True
    other_names: tuple[str, ...] = ()
    """Columns that are read where there is none of that name: what this program writes."""
    sentiment: bool = False
    """Whether words for positive and negative are read as 1 and 0."""
    positive_from: float = 0.0
    """Stars from which on they are read as 1; 0 reads none."""
    negative_to: float = 0.0
    """Stars up to which they are read as 0; those between have no label."""

    @property
    def stars(self) -> list[float]:
        """``positive_from`` and ``negative_to``; both 0 where labels are taken as they are."""
        return [self.positive_from, self.negative_to if self.positive_from else 0.0]

    def find(self, columns: Iterable[str]) -> str | None:
        """The column of a table that holds these labels; None if there is none."""
        found = (matching(name, columns) for name in (self.name, *self.other_names))
        return next((name for name in found if name is not None), None)

    def read(self, column: "LabelColumn") -> "tuple[LabelColumn, NDArray[np.bool_]]":
        """The column with the labels that its words and stars stand for.

        What stands for none stays as it is, for the task to refuse.

        Returns:
            The column, and which reviews [R] have no label by intention: stars between the two
            limits, and a decision that was left open.
        """
        undecided = np.zeros(len(column.codes), np.bool_)  # [R]
        if not self.sentiment:
            return column, undecided
        words = [name.casefold() for name in column.names]
        # -1 is negative only where that is what 0 is elsewhere.
        signs = {*words} <= {"1", "-1"}
        read: list[str | None] = []
        for word, number in zip(words, column.numbers(), strict=True):
            if word in _UNDECIDED:
                read.append(None)
            elif self.positive_from and not np.isnan(number):
                many, few = number >= self.positive_from, number <= self.negative_to
                read.append("1" if many else "0" if few else None)
            else:
                read.append("0" if signs and word == "-1" else _WORDS.get(word, word))
        names: dict[str, int] = {}
        first_rows: list[int] = []
        codes = np.full(len(read) + 1, -1, np.int32)  # the last one for the code -1
        for place, name in enumerate(read):
            if name is None:
                continue
            if name not in names:
                first_rows.append(column.first_rows[place])
            codes[place] = names.setdefault(name, len(names))
        left_open = np.array([*(name is None for name in read), False])
        changed = replace(
            column, codes=codes[column.codes], names=tuple(names), first_rows=tuple(first_rows)
        )
        return changed, left_open[column.codes]


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """A column's cells as text, each distinct one once."""

    name: str
    codes: NDArray[np.int32]  # [R] which of ``names`` each review has; -1 for an empty cell
    names: tuple[str, ...]
    """[N] distinct cells in order of first appearance, composed (NFC) and without white space
    around them."""
    first_rows: tuple[int, ...]
    """[N] the row of the file, counted from 1 without the header, where each appears first."""
    first_empty: int = 0  # the row of the first empty cell; 0 where there is none

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "LabelColumn":
        """The column of some reviews alone, with the same ``names``."""
        return replace(self, codes=self.codes[rows])

    def counts(self) -> NDArray[np.int64]:
        """[N] reviews with each name."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))

    def numbers(self) -> NDArray[np.float64]:
        """[N] each name as a number; NaN for what is none, infinite ones included."""
        return np.array([_number(name) for name in self.names], dtype=np.float64)

    def refuse(
        self,
        wrong: Sequence[int],
        source: str,
        expected: str,
        *,
        empty_too: bool = True,
        advice: str = "",
    ) -> None:
        """Refuse a column that has any of the names with the indices ``wrong``, or empty cells.

        Args:
            wrong: indices into ``names``.
            source: the file, for the message.
            expected: what each cell should be.
            empty_too: whether an empty cell is wrong as well.
            advice: what to do where most cells are wrong, so that the column is of another kind.

        Raises:
            DataError: naming the first offenders, their rows and how many there are.
        """
        counts = self.counts()
        offenders = [(self.first_rows[i], repr(self.names[i][:60])) for i in wrong if counts[i]]
        number = int(counts[list(wrong)].sum()) if wrong else 0
        empty = int((self.codes < 0).sum()) if empty_too else 0
        if empty:
            offenders.append((self.first_empty, tr("nothing")))
        if not number + empty:
            return
        first = [
            tr("{value} in row {row:,}", value=what, row=row)
            for row, what in sorted(offenders)[:SHOWN]
        ]
        rest = ", …" if number + empty > len(first) else ""
        most = 2 * number > counts.sum()
        raise DataError(
            "{source}, column {name!r}: expected {expected}, found {found} ({rows:,} such "
            "rows); {advice}",
            source=source,
            name=self.name[:60],
            expected=expected,
            found=", ".join(first) + rest,
            rows=number + empty,
            advice=advice if advice and most else tr("correct or remove them"),
        )


def _number(text: str) -> float:
    if "_" in text:  # 1_0 is a number to Python alone
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
