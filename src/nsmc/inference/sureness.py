"""How sure outputs are. Shapes: R comments, O outputs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def sureness(outputs: NDArray[Any], cut_at: float = 0.0) -> NDArray[np.float64]:
    """How sure outputs [R, O] are: log odds [R] of the class predicted against all others.

    Of two classes told apart by one output, beyond ``cut_at`` as well as beyond even odds: an
    answer that another threshold could change isn't sure.
    """
    exact = outputs.astype(np.float64)  # [R, O]
    if exact.shape[1] == 1:
        low, high = min(0.0, cut_at), max(0.0, cut_at)
        return np.maximum(exact[:, 0] - high, low - exact[:, 0])  # [R]
    best = exact.argmax(axis=1)  # [R]
    rows = np.arange(len(exact))
    top = exact[rows, best]  # [R]
    exact[rows, best] = -np.inf
    margins: NDArray[np.float64] = top - np.logaddexp.reduce(exact, axis=1)  # [R]
    return margins
