"""Where a model is right and where it isn't: accuracy by what a comment is like.

Letters: R reviews.
"""

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.curves import Table
from nsmc.evaluation.metrics import accuracy_interval
from nsmc.evaluation.scored import ScoredReviews

# Each bin holds what is above its lower and not above its upper bound.
LENGTHS = (
    ("1–10", 0, 10),
    ("11–20", 10, 20),
    ("21–40", 20, 40),
    ("41–80", 40, 80),
    ("> 80", 80, np.inf),
)
UNKNOWN = (
    ("none", -1, 0),
    ("0–10", 0, 0.1),
    ("10–20", 0.1, 0.2),
    ("20–40", 0.2, 0.4),
    ("> 40", 0.4, 1),
)
CONFIDENCE = (
    ("to 50", -1, 0.5),
    ("50–60", 0.5, 0.6),
    ("60–70", 0.6, 0.7),
    ("70–80", 0.7, 0.8),
    ("80–90", 0.8, 0.9),
    ("90–95", 0.9, 0.95),
    ("95–99", 0.95, 0.99),
    ("> 99", 0.99, 1),
)


def accuracy_slices(scored: ScoredReviews) -> dict[str, Table]:
    """Accuracy by length (characters), share of unknown morphemes and confidence.

    Returns:
        For ``length``, ``unknown`` and ``confidence`` a table of ``bin``, ``examples``, ``right``,
        ``accuracy`` and its 95% interval ``low`` to ``high``; bins without reviews are left out.
    """
    right = scored.predicted == scored.labels  # [R]
    lengths = np.array([len(text) for text in scored.texts])  # [R]
    return {
        "length": slice_table(right, lengths, LENGTHS),
        "unknown": slice_table(right, scored.unknown, UNKNOWN),
        "confidence": slice_table(right, scored.confidence, CONFIDENCE),
    }


def slice_table(
    right: NDArray[np.bool_],
    values: NDArray[np.float64] | NDArray[np.int64],
    bins: tuple[tuple[str, float, float], ...],
) -> Table:
    """Accuracy in each bin of a quantity.

    Args:
        right: [R] whether each review was called as labelled.
        values: [R] the quantity.
        bins: name, lower bound (not in it) and upper bound (in it).
    """
    table: Table = {name: [] for name in ("bin", "examples", "right", "accuracy", "low", "high")}
    for name, lower, upper in bins:
        here = (values > lower) & (values <= upper)  # [R]
        if not (count := int(here.sum())):
            continue
        correct = int(right[here].sum())
        row = (name, count, correct, correct / count, *accuracy_interval(correct, count))
        for column, value in zip(table, row, strict=True):
            table[column].append(value)
    return table
