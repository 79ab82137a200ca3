"""Shares in a game from its values of a few sets of units, by a guess at all others.

Shapley values are linear in a game's values, so a guess at these has exact shares. The guess is the
posterior mean of a Gaussian process (Rasmussen and Williams, "Gaussian Processes for Machine
Learning", 2006, chapter 2) whose covariance of two sets falls with each unit that is in one of them
alone. Nothing here depends on a comment: shares are products of weights with values.

Shapes: t units, N sets, Q places of an integral over the share of units in a set.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

NEAR, REACH, FAR = 0.4, 16.0, 0.04
"""What a unit before another does to the covariance of what that adds: just before it, over how
many units this falls to 1/e, and anywhere. Like those below, of the least errors on comments of the
training data."""
ANYWHERE = 0.3
"""What a unit does to the covariance of values of whole subsets."""
LINEAR = 1.25
"""The variance of each unit's own effect, for each part of what the unit does to the covariance."""
MEAN = 0.5
"""The variance of the mean."""
NOISE = 0.1
"""The variance of what the process doesn't follow, of its own 1."""
INTEGRAL = 24
"""Places at which integrals over polynomials are summed."""

Floats = NDArray[np.float64]


def nearness(before: int) -> Floats:
    """What each of the units before one [t] does to the covariance of what that one adds."""
    distances = np.arange(before)[::-1]  # [t], the last one's is 0
    result: Floats = NEAR * np.exp(-distances / REACH) + FAR
    return result


@cache
def integral() -> tuple[Floats, Floats]:
    """Points [Q] from -1 to 1 and their weights, whose sum is 1 (Gauss and Legendre)."""
    points, weights = np.polynomial.legendre.leggauss(INTEGRAL)
    return points, weights / 2


def alike(signs: Floats, strengths: Floats) -> tuple[Floats, Floats]:
    """The covariance [N, N] of sets, and of sets with complements of the others.

    It is the product of (1 + w x x')/(1 + w) over the units, where x is 1 in a set and -1 outside.

    Args:
        signs: [N, t], x.
        strengths: [t], w.
    """
    exponent: Floats = (signs * np.arctanh(strengths)) @ signs.T  # [N, N]
    level = float((np.log1p(-(strengths**2)) / 2 - np.log1p(strengths)).sum())
    same = np.exp(level + exponent)
    return same, np.exp(2 * level) / same


def usual(signs: Floats, strengths: Floats) -> tuple[Floats, Floats]:
    """The mean covariance [N, Q] of sets, or of their complements, with random ones.

    A point e of `integral` is for those that a unit is in with probability (1 + e)/2, so that the
    mean of x is e. Arguments as for `alike`.
    """
    tilted = strengths[:, None] * integral()[0]  # [t, Q]
    exponent = signs @ np.arctanh(tilted)  # [N, Q]
    level = np.log1p(-(tilted**2)).sum(axis=0) / 2 - np.log1p(strengths).sum()  # [Q]
    return np.exp(level + exponent), np.exp(level - exponent)


def prefix_weights(sets: NDArray[np.bool_]) -> Floats:
    """The weights [t + 1, N] of what a unit adds to sets, in the shares of those before it and its.

    This is a game of the unit and the t before it: without it nothing is won, with it and a set of
    the others what it adds to the set.

    Args:
        sets: [N, t]; one has all.
    """
    strengths, (_, masses) = nearness(sets.shape[1]), integral()
    signs = np.where(sets, 1.0, -1.0)  # [N, t]
    own = usual(signs, strengths)[0] @ masses + MEAN  # [N]
    # The unit is before the others with the probability that they are in a set.
    shares = _effects(signs, strengths, masses * (1 + integral()[0]) / 2)  # [t, N]
    covariance = alike(signs, strengths)[0] + _linear(signs, strengths) + MEAN  # [N, N]
    weights = _posterior(covariance, np.concatenate([shares, own[None]]))
    return _balanced(weights, np.where(sets.all(axis=1), 1.0, 0.0))


def subset_weights(sets: NDArray[np.bool_]) -> Floats:
    """The weights [t, N] of what subsets are worth above their complements in t units' shares.

    Shares are linear in these differences, as an order and its reverse have a subset and its
    complement.

    Args:
        sets: [N, t]; the first has all.
    """
    strengths = np.full(sets.shape[1], ANYWHERE)  # [t]
    signs = np.where(sets, 1.0, -1.0)  # [N, t]
    same, other = alike(signs, strengths)  # [N, N] each
    covariance = same - other + 2 * _linear(signs, strengths)  # half of that of the differences
    weights = _posterior(covariance, _effects(signs, strengths, integral()[1]))
    return _balanced(weights, np.eye(1, len(sets))[0])


def _effects(signs: Floats, strengths: Floats, masses: Floats) -> Floats:
    """What each unit in a random set does to its covariance with sets [t, N]; masses [Q]."""
    means = usual(signs, strengths)[0] * masses  # [N, Q]
    tilted = strengths[:, None] * integral()[0]  # [t, Q]
    doubled = 2 * strengths[:, None]  # [t, 1]
    inside, outside = (doubled / (1 + tilted)) @ means.T, (doubled / (1 - tilted)) @ means.T
    alone = 2 * LINEAR * strengths[:, None] * masses.sum()  # [t, 1]
    result: Floats = np.where(signs.T > 0, inside + alone, -outside - alone)
    return result


def _linear(signs: Floats, strengths: Floats) -> Floats:
    """The covariance [N, N] of sets by each unit's own effect."""
    result: Floats = (signs * (LINEAR * strengths)) @ signs.T
    return result


def _posterior(covariance: Floats, shares: Floats) -> Floats:
    """Weights [shares, N] of values with a covariance [N, N], from theirs with shares."""
    covariance[np.diag_indices(len(covariance))] += NOISE
    return np.asarray(np.linalg.solve(covariance, shares.T).T, np.float64)


def _balanced(weights: Floats, sums: Floats) -> Floats:
    """Weights [shares, N] so changed that the shares' sum is that of the values by ``sums`` [N]."""
    result: Floats = weights + (sums - weights.sum(axis=0)) / len(weights)
    return result
