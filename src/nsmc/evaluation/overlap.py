"""The overlap of training and test data: reviews seen in training, and metrics on the others.

Shapes: R reviews.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def overlap_metrics(
    seen: NDArray[np.bool_],
    rate: float | None,
    metrics: Mapping[str, Any],
    measure: Callable[[NDArray[np.bool_]], dict[str, Any]],
) -> dict[str, Any] | None:
    """Count the reviews seen in training, and measure the others.

    Which unseen reviews are taken for seen ones is random, so the rest of them is a fair sample.

    Args:
        seen: [R] whether each is among the training texts.
        rate: the probability of a false positive among them; None where those aren't known.
        metrics: of all reviews.
        measure: from a mask [R] with at least one true value to the metrics of those reviews.

    Returns:
        ``reviews`` (taken for seen), ``estimated`` (how many of them were truly seen),
        ``false_positive_rate``, ``unseen_examples`` (the others) and ``unseen`` (their metrics;
        None where there are none). None without a ``rate``.
    """
    if rate is None:
        return None
    hits, count = int(seen.sum()), len(seen)
    others = count - hits
    # Each unseen review is taken for a seen one with the probability of the rate.
    estimated = round(max(0.0, (hits - rate * count) / (1 - rate))) if others else hits
    unseen = None
    if others:
        unseen = measure(~seen) if hits else dict(metrics)
    return {
        "reviews": hits,
        "estimated": estimated,
        "false_positive_rate": rate,
        "unseen_examples": others,
        "unseen": unseen,
    }
