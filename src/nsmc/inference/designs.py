"""Subsets of a comment's units, of which few represent those of all orders well.

The units before a random place of a random order are a random set: a share q of all units, drawn
evenly from 0 to 1, and then each unit with probability q. Here sets are chosen, not drawn, each
with its complement (Mitchell et al., "Sampling Permutations for Shapley Value Estimation", JMLR
2022). Unit after unit, those sets get it that bring the kernel mean of the sets so far nearest to
that of random ones. Kernel herding does so set after set (Chen, Welling and Smola, "Super-samples
from kernel herding", UAI 2010); unit after unit, a shorter comment has the beginnings of a longer
one's. The kernel is the covariance by which `nsmc.inference.set_games` guesses.

Shapes: t units so far, P pairs of a set and its complement, Q places of an integral.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.set_games import alike, integral, nearness, usual

DECIMALS = 6
"""To which improvements are compared, so that all processors choose alike."""


def subsets(units: int, pairs: int, seed: int) -> NDArray[np.bool_]:
    """One set [P, t] of each pair; fewer units have the first columns."""
    return np.stack([_members(unit, pairs, seed) for unit in range(units)], axis=1)


@lru_cache(1 << 11)
def _members(unit: int, pairs: int, seed: int) -> NDArray[np.bool_]:
    """Which sets [P] a unit is in; it is in the complements of the others."""
    random = np.random.default_rng([seed, pairs, unit])
    shares = (np.random.default_rng([seed, pairs]).permutation(pairs) + 0.5) / pairs  # [P]
    keys = (random.permutation(pairs) + random.random(pairs)) / pairs  # [P]
    signs = np.where(keys < shares, 1.0, -1.0)  # [P], what the search begins with
    if unit == 0:
        return signs > 0
    before = np.where(subsets(unit, pairs, seed), 1.0, -1.0)  # [P, t]
    strengths = nearness(unit + 1)[:-1]  # [t]
    # But for a constant, the squared distance of the means grows by as much as
    # signs @ spread @ signs - 2 · goal @ signs.
    same, other = alike(before, strengths)  # [P, P] each
    spread = (same - other) / pairs  # [P, P]
    same, other = usual(before, strengths)  # [P, Q] each
    points, masses = integral()  # [Q] each
    goal = (same - other) @ (points * masses)  # [P]
    itself = np.diag(spread)  # [P]
    pull = spread @ signs - goal  # [P]
    while True:
        growth = np.round(itself - signs * pull, DECIMALS)  # [P], a quarter of each flip's
        best = int(growth.argmin())
        if growth[best] >= 0:
            return signs > 0
        pull -= 2 * signs[best] * spread[best]
        signs[best] = -signs[best]
