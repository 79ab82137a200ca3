"""How much each of several parts adds to a value: Shapley values.

L. S. Shapley, "A value for n-person games", 1953. A part's share is what it adds to those before
it, averaged over all orders of the parts; the shares sum to the value of all parts minus that of
none. Few parts are computed exactly. For more, orders are sampled (Castro, Gómez and Tejada,
"Polynomial calculation of the Shapley value based on sampling", 2009; Štrumbelj and Kononenko,
"Explaining prediction models and individual predictions with feature contributions", 2014), each
with its reverse, which cancels much of the noise (Mitchell et al., "Sampling Permutations for
Shapley Value Estimation", JMLR 2022). `nsmc.inference.orders` draws them.

Shapes: T parts, P orders, N subsets.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.orders import balanced_keys

EXACT = 10
"""Up to so many parts, all 2^T subsets are scored."""
ORDERS, FEW_ORDERS, FEWEST_ORDERS = 32, 4, 2
"""Orders sampled usually, of many parts at least, and where `MOST_UNITS` allow no more."""
USUAL_PARTS = 34
"""From here on, the more parts, the fewer orders: time stays about the same."""
MOST_UNITS = 80_000
"""Units in all subsets together, about a second of work. Where two orders would take more,
neighbouring parts are grouped."""
REMEMBERED = 64
"""Draws remembered: comments of as many parts have the same."""

Value = Callable[[NDArray[np.bool_]], NDArray[np.float64]]
"""Subsets [N, T], each neither empty nor all, to their values [N]."""


def shapley_values(
    value: Value,
    parts: int,
    empty: float,
    full: float,
    *,
    units: int = 0,
    orders: int = ORDERS,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Share out ``full - empty`` among the parts.

    Args:
        value: the values of subsets of the parts.
        parts: T.
        empty: the value of no part.
        full: the value of all parts.
        units: what all parts consist of, for the time that a subset takes; 0 for one unit each.
        orders: sampled for parts from `EXACT` to `USUAL_PARTS`, an even number.
        seed: of the sampled orders; the same arguments give the same shares.

    Returns:
        [T] shares with the sum ``full - empty``, exact for up to `EXACT` parts and estimated for
        more; of more than some 280, neighbours are grouped and share alike.
    """
    if parts <= EXACT:
        return _exact(value, parts, empty, full)
    units = max(units, parts)
    if count := order_count(parts, units, orders):
        return _sampled(value, parts, count, seed, empty, full)
    runs = max(16, MOST_UNITS // units)
    run_of = np.arange(parts) * runs // parts  # [T]
    grouped: Value = lambda subsets: value(subsets[:, run_of])  # noqa: E731
    together = _sampled(grouped, runs, FEWEST_ORDERS, seed, empty, full)
    return (together / np.bincount(run_of))[run_of]  # [T]


def order_count(parts: int, units: int, orders: int) -> int:
    """How many orders to sample of so many parts; 0 for more than `MOST_UNITS` allow."""
    usual = max(FEW_ORDERS, orders * USUAL_PARTS**2 // parts**2)
    # Few different numbers, so that comments of other lengths share the work of drawing.
    pairs = 1 << (usual // 2).bit_length() - 1  # a power of 2
    pairs += pairs // 2 * (usual // 2 >= pairs + pairs // 2)  # or three halves of one
    for count in (min(orders, 2 * pairs), FEWEST_ORDERS):
        if count * parts * units <= 2 * MOST_UNITS:
            return count
    return 0


@lru_cache(REMEMBERED)
def _drawn(parts: int, count: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Draw orders, each with its reverse.

    Returns:
        The place of each part in each of them [P, T], and the first one, two, … parts of each, all
        but the last [P·(T-1), T].
    """
    half = balanced_keys(parts, count // 2, seed).argsort(axis=1)  # [P/2, T]
    orders = np.concatenate([half, half[:, ::-1]])  # [P, T]
    ranks = np.argsort(orders, axis=1)  # [P, T]
    subsets = ranks[:, None, :] < np.arange(1, parts)[None, :, None]  # [P, T-1, T]
    subsets = subsets.reshape(-1, parts)
    for array in (ranks, subsets):
        array.setflags(write=False)  # every caller gets the same
    return ranks, subsets


def _sampled(
    value: Value, parts: int, count: int, seed: int, empty: float, full: float
) -> NDArray[np.float64]:
    ranks, subsets = _drawn(parts, count, seed)
    values = np.empty((len(ranks), parts + 1))  # [P, T+1]
    values[:, 0], values[:, -1] = empty, full
    values[:, 1:-1] = value(subsets).reshape(len(ranks), -1)  # [P, T-1]
    added = np.diff(values)  # [P, T], by order
    shares: NDArray[np.float64] = np.take_along_axis(added, ranks, axis=1).mean(axis=0)  # [T]
    return shares


def _exact(value: Value, parts: int, empty: float, full: float) -> NDArray[np.float64]:
    codes = np.arange(1 << parts)  # [2^T], one bit a part
    subsets = (codes[:, None] >> np.arange(parts) & 1).astype(bool)  # [2^T, T]
    values = np.empty(len(codes))  # [2^T]
    values[0], values[-1] = empty, full
    if parts > 1:
        values[1:-1] = value(subsets[1:-1])  # [2^T - 2]
    sizes = subsets.sum(axis=1)  # [2^T]
    # The share of all orders in which exactly the parts of a subset of this size come before one.
    weights = np.array([1 / (parts * math.comb(parts - 1, k)) for k in range(parts)])  # [T]
    shares = np.empty(parts)  # [T]
    for part in range(parts):
        without = codes[~subsets[:, part]]  # [2^(T-1)]
        added = values[without | 1 << part] - values[without]  # [2^(T-1)]
        shares[part] = weights[sizes[without]] @ added
    return shares
