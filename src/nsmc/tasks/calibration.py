"""Probabilities that mean what they say."""

import math
from collections.abc import Callable


def fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature T > 0 with the lowest loss of logits divided by T.

    Guo et al., "On calibration of modern neural networks", ICML 2017. Cross-entropy is convex in
    1/T; the search is in log T, where no bound is needed, and stays within a factor of 20, because
    a model that gets every validation review right would otherwise ask for T = 0.

    Args:
        loss: from T to the cross-entropy of reviews that weren't trained on.
    """
    low, high = math.log(0.05), math.log(20.0)
    # Golden-section search: no gradient, no step size, and 60 rounds leave 1e-12 of the interval.
    golden = (5**0.5 - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(math.exp(left)) < loss(math.exp(right)):
            high = right
        else:
            low = left
    return math.exp((low + high) / 2)
