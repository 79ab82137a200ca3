"""Which comments are worth reading: confident and wrong, or right by a hair.

Shapes: R reviews.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.explanation import Explanation
from nsmc.report.display import DisplayText
from nsmc.report.explanation_page import explained_pieces

SHOWN = 15
"""Comments in each list at most."""


@dataclass(frozen=True)
class Example:
    """A comment shown with its explanation."""

    row: int
    """Its number in the file, counted from 1 without the header."""
    given: Any
    """The label as it stands in JSON: 0, 1, the name of a class or a number of stars."""
    label: DisplayText
    """The label for a person."""
    predicted: DisplayText
    """The prediction for a person."""
    remark: str
    """How confident the model is, or how far off."""
    copies: int
    """How many rows have word for word this comment and this label."""
    explanation: Explanation

    @property
    def pieces(self) -> list[dict[str, Any]]:
        """The explained comment for the page's template."""
        return explained_pieces(self.explanation)

    def to_dict(self) -> dict[str, Any]:
        """The object in ``figures.json``."""
        return {
            "row": self.row,
            "given_label": self.given,
            "copies": self.copies,
            **self.explanation.to_dict(),
        }


def first_places(
    texts: Sequence[str], mask: NDArray[np.bool_], order: NDArray[np.float64]
) -> list[int]:
    """Places [at most `SHOWN`] of the comments in the mask [R] with the lowest order [R], each
    text once.
    """
    places = np.flatnonzero(mask)
    chosen: dict[str, int] = {}
    for place in places[np.argsort(order[places], kind="stable")].tolist():
        if len(chosen) == SHOWN:
            break
        chosen.setdefault(texts[place], place)
    return list(chosen.values())
