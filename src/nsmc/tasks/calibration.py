"""Probabilities that agree with frequencies."""

import math
from collections.abc import Callable


def fit_temperature(loss: Callable[[float], float]) -> float:
    """The temperature T > 0 with the lowest loss of logits divided by T.

    Guo et al., "On calibration of modern neural networks", ICML 2017. The search in log T has
    bounds, because a model that gets every validation review right would otherwise ask for T = 0.

    Args:
        loss: from T to the cross-entropy of reviews that weren't trained on.
    """
    from scipy.optimize import minimize_scalar

    fit = minimize_scalar(
        lambda log: loss(math.exp(log)),
        bounds=(math.log(0.05), math.log(20.0)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return math.exp(fit.x)
