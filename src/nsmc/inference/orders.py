"""Orders of parts that few samples represent well, each to be used with its reverse.

An order and its reverse leave no noise of what two parts do together. Of three, it matters which
one comes between the other two; over all orders each does so a third of the time. So orders are
drawn in which any three of neighbouring parts come near to that, as neighbours are what mostly acts
together. Each part's places are spread evenly as well (McKay, Beckman and Conover, "A comparison of
three methods for selecting values of input variables", 1979).

Shapes: T parts, P pairs of an order and its reverse, C candidates, K parts before one.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SPAN = 12
"""So many parts before one are balanced with it."""
CANDIDATES = 128
"""Columns of which the most even one is taken."""


def balanced_keys(parts: int, pairs: int, seed: int) -> NDArray[np.float32]:
    """Numbers [P, T] from 0 to 1; where a row rises is its order of the parts.

    Those of fewer parts are the first columns of those of more.
    """
    return np.stack([_column(part, pairs, seed) for part in range(parts)], axis=1)  # [P, T]


@lru_cache(1 << 12)
def _column(part: int, pairs: int, seed: int) -> NDArray[np.float32]:
    """The keys [P] of one part."""
    rng = np.random.default_rng([seed, pairs, part])
    places = rng.permuted(np.tile(np.arange(pairs), (CANDIDATES, 1)), axis=1)  # [C, P]
    keys = ((places + rng.random(places.shape)) / pairs).astype(np.float32)  # [C, P]
    if part == 0:
        first: NDArray[np.float32] = keys[0]
        return first
    before = np.stack([_column(p, pairs, seed) for p in range(max(0, part - SPAN), part)])  # [K, P]
    after = np.where(before < keys[:, None], np.float32(1), np.float32(-1))  # [C, K, P]
    order = np.sign(before - before[:, None])  # [K, K, P], 1 where the first one's key is lower
    # P - 2 · how often the new part is between two others; and 2 · how often the second of these
    # two is between the first and the new one, - P.
    new = after @ after.swapaxes(1, 2)  # [C, K, K]
    second = after.swapaxes(0, 1) @ order.transpose(1, 2, 0)  # [K, C, K], by the second, the first
    third = np.float32(pairs / 3)  # what ``new`` is to be, and ``second`` below 0
    apart = ~np.eye(len(before), dtype=np.bool_)  # [K, K]
    uneven = ((new[:, apart] - third) ** 2).sum(axis=1) / 2  # [C]; each two are there twice
    uneven += ((second.swapaxes(0, 1)[:, apart] + third) ** 2).sum(axis=1)
    most_even: NDArray[np.float32] = keys[int(uneven.argmin())]  # [P]
    return most_even
