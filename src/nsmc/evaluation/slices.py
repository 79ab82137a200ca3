"""Where a model does well and where it doesn't, by what a comment is like.

Shapes: R reviews.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.curves import Table
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.tasks.metrics import accuracy_interval

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


Values = NDArray[np.float64] | NDArray[np.int64]
Bins = tuple[tuple[str, float, float], ...]


def accuracy_slices(
    scored: ScoredReviews, right: NDArray[np.bool_], confidence: NDArray[np.float64]
) -> dict[str, Table]:
    """Accuracy by length (characters), share of unknown units and confidence.

    Args:
        scored: R reviews.
        right: [R] whether each was called as labelled.
        confidence: [R] the probability of what each was called.

    Returns:
        For ``length``, ``unknown`` and ``confidence`` what `slice_table` gives.
    """
    return {
        "length": slice_table(right, scored.lengths, LENGTHS),
        "unknown": slice_table(right, scored.unknown, UNKNOWN),
        "confidence": slice_table(right, confidence, CONFIDENCE),
    }


def error_slices(scored: ScoredReviews, errors: NDArray[np.float64]) -> dict[str, Table]:
    """The mean of absolute errors [R] by length (characters) and share of unknown units.

    Returns:
        For ``length`` and ``unknown`` what `mean_table` gives.
    """
    return {
        "length": mean_table(errors, scored.lengths, LENGTHS),
        "unknown": mean_table(errors, scored.unknown, UNKNOWN),
    }


def slice_table(right: NDArray[np.bool_], values: Values, bins: Bins) -> Table:
    """Accuracy in each bin of a quantity.

    Args:
        right: [R] whether each review was called as labelled.
        values: [R] the quantity.
        bins: name, lower bound (not in it) and upper bound (in it).

    Returns:
        ``bin``, ``examples``, ``right``, ``accuracy`` and its 95% interval ``low`` to ``high``;
        bins without reviews are left out.
    """
    table: Table = {name: [] for name in ("bin", "examples", "right", "accuracy", "low", "high")}
    for name, here in _filled(values, bins):
        count, correct = int(here.sum()), int(right[here].sum())
        row = (name, count, correct, correct / count, *accuracy_interval(correct, count))
        for column, value in zip(table, row, strict=True):
            table[column].append(value)
    return table


def mean_table(errors: NDArray[np.float64], values: Values, bins: Bins) -> Table:
    """The mean absolute error in each bin of a quantity.

    Args:
        errors: [R] absolute errors.
        values: [R] the quantity.
        bins: name, lower bound (not in it) and upper bound (in it).

    Returns:
        ``bin``, ``examples``, ``mean_absolute_error`` and its 95% interval ``low`` to ``high``;
        bins without reviews are left out.
    """
    table: Table = {name: [] for name in ("bin", "examples", "mean_absolute_error", "low", "high")}
    for name, here in _filled(values, bins):
        row = (name, int(here.sum()), float(errors[here].mean()), *mean_interval(errors[here]))
        for column, value in zip(table, row, strict=True):
            table[column].append(value)
    return table


def mean_interval(values: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The 95% interval of a mean after Student (Biometrika 6, 1908); None of a single value."""
    from scipy.special import stdtrit

    count = len(values)
    if count < 2:
        return None, None
    spread = float(stdtrit(count - 1, 0.975) * values.std(ddof=1) / np.sqrt(count))
    return float(values.mean()) - spread, float(values.mean()) + spread


def _filled(values: Values, bins: Bins) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The bins that hold any of the values [R]: their names and which ones [R]."""
    for name, lower, upper in bins:
        here = (values > lower) & (values <= upper)  # [R]
        if here.any():
            yield name, here
