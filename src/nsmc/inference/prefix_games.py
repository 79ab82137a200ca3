"""Shares in what a unit adds after some sets of the units before it, from samples of these sets.

What unit t adds after a set A of the units before it, g(A), is a game of t and these: without t
nothing is won, with t and A it is g(A). Its Shapley values are linear in g. So a guess at g has
exact ones, and sampled orders need only correct them for where the guess is wrong: a control
variate. The guess is the posterior mean of a Gaussian process (Rasmussen and Williams, "Gaussian
Processes for Machine Learning", 2006, chapter 2) whose covariance of two sets falls with each unit
that is in one of them alone, most of all with those just before t. Nothing here depends on a
comment: shares are products of weights with g.

Shapes: t units before one, N sets, Q places of an integral over the share of units in a set.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

NEAR, REACH, FAR = 0.4, 16.0, 0.04
"""What a unit does to the covariance: just before t, over how many units that falls to 1/e, and
anywhere. These and the following had the least errors on comments of the training data."""
LINEAR = 0.5
"""The variance of the mean, and of each unit's own effect times its part of `NEAR`."""
NOISE = 0.2
"""The variance left to the sampled orders, of the process's 1."""
INTEGRAL = 24
"""Places at which integrals over polynomials are summed."""

Floats = NDArray[np.float32]


@cache
def _integral() -> tuple[Floats, Floats]:
    """Points [Q] from -1 to 1 and their weights, whose sum is 1 (Gauss and Legendre)."""
    points, weights = np.polynomial.legendre.leggauss(INTEGRAL)
    return points.astype(np.float32), (weights / 2).astype(np.float32)


def share_weights(sets: NDArray[np.bool_], sampled: Floats) -> Floats:
    """The weights [t + 1, N] of g(A) in the shares of the units before t and of t, the last.

    Args:
        sets: [N, t] the units of each set A; one has them all.
        sampled: [t + 1, N] the weights by sampled orders alone.
    """
    count, before = sets.shape
    distances = np.arange(before, dtype=np.float32)[::-1, None]  # [t, 1], the last one's is 0
    near = np.exp(-distances / REACH)  # [t, 1]
    together = NEAR * near + FAR  # [t, 1]
    alone = LINEAR * (near + FAR / NEAR)  # [t, 1]
    signs = np.where(sets, np.float32(1), np.float32(-1))  # [N, t]
    # Π (1 + w x x')/(1 + w) + Σ l x x' + l, where x is 1 in a set and -1 outside.
    apart = np.log1p(-together) - np.log1p(together)  # [t, 1], the logarithm for a unit in one
    covariance = np.exp(apart.sum() / 2 - (signs * apart.T / 2) @ signs.T)  # [N, N]
    covariance += (signs * alone.T) @ signs.T + LINEAR
    covariance[np.diag_indices(count)] += NOISE
    # Shares of its rows: with t at a place q of all orders, a unit is before t with probability q,
    # so that the mean of its x is 2q - 1.
    points, masses = _integral()  # [Q] each, from -1 to 1
    part = (points + 1) / 2  # [Q], q
    inside, outside = 1 + together * points, 1 - together * points  # [t, Q]
    logs = np.log(np.stack([inside, outside])) - np.log1p(together)  # [2, t, Q]
    means = np.exp(sets @ logs[0] + ~sets @ logs[1])  # [N, Q]
    shares = np.empty((before + 1, count), np.float32)  # [t + 1, N]
    shares[-1] = means @ masses + LINEAR
    rise = 2 * together * masses * part  # [t, Q]
    shares[:-1] = np.where(sets.T, (rise / inside) @ means.T, -(rise / outside) @ means.T)
    shares[:-1] += alone * signs.T
    weights = np.linalg.solve(covariance, (shares + NOISE * sampled).T).T  # [t + 1, N]
    # All shares together are g of all units before t.
    whole = sets.all(axis=1)  # [N]
    rest = whole / np.float32(whole.sum()) - weights.sum(axis=0)  # [N]
    result: Floats = weights + rest / np.float32(before + 1)
    return result
