"""How many of the evaluated reviews a model has seen in training, and its figures on the others.

Shapes: R reviews.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def overlap_metrics(
    seen: NDArray[np.bool_] | None,
    rate: float,
    metrics: Mapping[str, Any],
    measure: Callable[[NDArray[np.bool_]], dict[str, Any]],
) -> dict[str, Any] | None:
    """The figures of reviews that weren't seen in training.

    A review that is taken for a seen one by mistake is a random one, so those that are left are a
    fair sample of the reviews that weren't seen.

    Args:
        seen: [R] whether each was found among the texts of the training; None where those aren't
            known.
        rate: the probability that one is found there by mistake.
        metrics: of all reviews.
        measure: gives the figures of the reviews where [R] is true, at least one.

    Returns:
        ``reviews`` (found), ``estimated`` (how many of them were truly seen),
        ``false_positive_rate``, ``unseen_examples`` (not found) and ``unseen`` (their figures; None
        where there are none). None without ``seen``.
    """
    if seen is None:
        return None
    hits, count = int(seen.sum()), len(seen)
    others = count - hits
    # Each of those not seen is found with the probability of the rate.
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
