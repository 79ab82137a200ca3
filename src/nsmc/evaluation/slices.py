"""How good a model is on comments of some length, confidence or share of unknown units.

Shapes: R reviews.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.curves import Table, table_of
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.evaluation.significance import mean_interval
from nsmc.tasks.metrics import accuracy_interval

Values = NDArray[np.float64] | NDArray[np.int64]
Bins = tuple[tuple[str, float, float], ...]


def _bins(names: str, *bounds: float) -> Bins:
    """Each holds what is above its lower and not above its upper bound."""
    return tuple(zip(names.split(","), bounds, bounds[1:], strict=False))


LENGTHS = _bins("1–10,11–20,21–40,41–80,> 80", 0, 10, 20, 40, 80, np.inf)
UNKNOWN = _bins("none,0–10,10–20,20–40,> 40", -1, 0, 0.1, 0.2, 0.4, 1)
CONFIDENCE = _bins(
    "to 50,50–60,60–70,70–80,80–90,90–95,95–99,> 99", -1, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1
)


def accuracy_slices(
    scored: ScoredReviews, right: NDArray[np.bool_], confidence: NDArray[np.float64]
) -> dict[str, Table]:
    """What `slice_table` gives by ``length`` (characters), ``unknown`` units, ``confidence``."""
    return {
        "length": slice_table(right, scored.lengths, LENGTHS),
        "unknown": slice_table(right, scored.unknown, UNKNOWN),
        "confidence": slice_table(right, confidence, CONFIDENCE),
    }


def error_slices(scored: ScoredReviews, errors: NDArray[np.float64]) -> dict[str, Table]:
    """What `mean_table` gives of errors [R] for ``length`` (characters) and ``unknown`` units."""
    return {
        "length": mean_table(errors, scored.lengths, LENGTHS),
        "unknown": mean_table(errors, scored.unknown, UNKNOWN),
    }


def slice_table(right: NDArray[np.bool_], values: Values, bins: Bins) -> Table:
    """Accuracy in each bin of a quantity.

    Args:
        right: [R] whether each review was predicted as labelled.
        values: [R] the quantity.
        bins: name, lower bound (not in it) and upper bound (in it).

    Returns:
        ``bin``, ``examples``, ``right``, ``accuracy`` and its 95% interval ``low`` to ``high``;
        bins without reviews are left out.
    """

    def row(mask: NDArray[np.bool_]) -> tuple[object, ...]:
        count, correct = int(mask.sum()), int(right[mask].sum())
        return count, correct, correct / count, *accuracy_interval(correct, count)

    return _by_bin(("examples", "right", "accuracy", "low", "high"), values, bins, row)


def mean_table(errors: NDArray[np.float64], values: Values, bins: Bins) -> Table:
    """The mean absolute error [R] in each bin of a quantity, as `slice_table`.

    Returns:
        ``bin``, ``examples``, ``mean_absolute_error`` and its 95% interval ``low`` to ``high``.
    """

    def row(mask: NDArray[np.bool_]) -> tuple[object, ...]:
        return int(mask.sum()), float(errors[mask].mean()), *mean_interval(errors[mask])

    return _by_bin(("examples", "mean_absolute_error", "low", "high"), values, bins, row)


def _by_bin(
    names: tuple[str, ...],
    values: Values,
    bins: Bins,
    row: Callable[[NDArray[np.bool_]], tuple[object, ...]],
) -> Table:
    """A table of what ``row`` gives for the reviews [R] of each bin that has any."""
    masks = ((name, (values > lower) & (values <= upper)) for name, lower, upper in bins)
    rows = [(name, *row(mask)) for name, mask in masks if mask.any()]
    return table_of(("bin", *names), rows)
