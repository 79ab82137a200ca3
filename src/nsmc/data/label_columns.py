"""The label columns of a table, before any task has read a meaning into them.

Shapes: R reviews, N distinct cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError

SHOWN = 3  # offending cells that an error names


@dataclass(frozen=True)
class LabelColumnSpec:
    """A label column to read."""

    name: str
    required: bool = True


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
        self, wrong: Sequence[int], source: str, expected: str, *, empty_too: bool = True
    ) -> None:
        """Refuse a column that has any of the names with the indices ``wrong``, or empty cells.

        Args:
            wrong: indices into ``names``.
            source: the file, for the message.
            expected: what each cell should be.
            empty_too: whether an empty cell is wrong as well.

        Raises:
            DataError: naming the first offenders, their rows and how many there are.
        """
        counts = self.counts()
        offenders = [(self.first_rows[i], repr(self.names[i])) for i in wrong if counts[i]]
        number = int(counts[list(wrong)].sum()) if wrong else 0
        empty = int((self.codes < 0).sum()) if empty_too else 0
        if empty:
            offenders.append((self.first_empty, "nothing"))
        if not number + empty:
            return
        first = [f"{what} in row {row:,}" for row, what in sorted(offenders)[:SHOWN]]
        rest = ", …" if number + empty > len(first) else ""
        raise DataError(
            f"{source}, column {self.name!r}: expected {expected}, found {', '.join(first)}{rest} "
            f"({number + empty:,} such rows); correct or remove them"
        )


def _number(text: str) -> float:
    if "_" in text:  # 1_0 is a number to Python alone
        return float("nan")
    try:
        number = float(text)
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")
