"""Shapley values of one comment's units in what a recurrent layer says, by what each unit adds.

A direction reads a subset of the units one by one, so its output is the sum of what each unit adds
to those read before: g(A) = v(A and t) - v(A), for every t of the subset and A, those of it before
t. The shares in the sum are the sums of the shares in its terms, and a term is a game of t and the
units before it alone, in which `nsmc.inference.prefix_games` makes more of the sampled orders.

Subsets that begin alike share the states of their beginnings, as in `nsmc.inference.subsets`. Each
distinct beginning is a node; those of a place end with the same unit, whose gates all share. Both
directions have the same nodes, counted from where each begins, and a comment has those of a shorter
one.

Shapes: T units, t of them before one, P orders, N nodes of a place, B of a block, S of all places
and the empty set, E embedding size, D directions, G gates, H hidden size.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.orders import balanced_keys
from nsmc.inference.prefix_games import share_weights
from nsmc.inference.recurrence import Floats, Integers, Layer

BLOCK = 128
"""Nodes side by side: enough for fast matrix products, few enough for the caches."""
REMEMBERED = 1 << 11
"""Places remembered: comments of any length share them."""


class Place(NamedTuple):
    """The nodes that a comment's unit at this place makes with sets of those before it."""

    parents: Integers
    """[N] the node of each set."""
    first: int
    """The number of the first of the N nodes, which are numbered in turn; 0 is the empty set."""
    weights: Floats
    """[t + 1, N] of what the unit adds, in the shares of those before it and its own."""
    beginnings: Integers
    """[P, t + 2] the node of the first none, one, … t + 1 units of an order up to this place."""


@lru_cache(REMEMBERED)
def _place(place: int, pairs: int, seed: int) -> Place:
    keys = balanced_keys(place + 1, pairs, seed)  # [P/2, t+1]
    half = keys[:, :-1].argsort(axis=1)  # [P/2, t]
    orders = np.concatenate([half, half[:, ::-1]])  # [P, t]
    rank = (keys[:, :-1] < keys[:, -1:]).sum(axis=1)  # [P/2], the unit's among those before it
    rank = np.concatenate([rank, place - rank])[:, None]  # [P, 1]
    first, nodes = 1, np.zeros((2 * pairs, 1), np.int64)
    if place:
        before = _place(place - 1, pairs, seed)
        first, nodes = before.first + len(before.parents), before.beginnings  # [P, t+1]
    counts = np.arange(place + 1)  # [t+1]
    later = counts >= rank  # [P, t+1], that the unit is in the order before the next one
    order, size = np.nonzero(later)
    sources = nodes[later]
    one_of = np.full(first, -1)
    one_of[sources] = np.arange(len(sources))
    parents = np.flatnonzero(one_of >= 0)  # [N]
    among = np.empty(first, np.int64)
    among[parents] = np.arange(len(parents))
    chosen = one_of[parents]  # [N]
    sets = orders.argsort(axis=1)[order[chosen]] < size[chosen, None]  # [N, t]
    # An order's shares: the unit's own, and what each later one changes in it.
    sampled = np.zeros((place + 1, len(parents)), np.float32)  # [t+1, N]
    np.add.at(sampled[place], among[np.take_along_axis(nodes, rank, axis=1)], 1)
    order, size = np.nonzero(later[:, :-1])
    units = orders[order, size]
    np.add.at(sampled, (units, among[nodes[order, size + 1]]), 1)
    np.add.at(sampled, (units, among[nodes[order, size]]), -1)
    weights = share_weights(sets, sampled / np.float32(len(orders)))
    made = np.empty((len(orders), place + 2), np.int64)
    made[:, :-1] = nodes
    moved = np.nonzero(later)
    made[moved[0], moved[1] + 1] = first + among[sources]
    return Place(parents, first, weights, made)


def unit_shares(
    layer: Layer,
    pooling: Sequence[str],
    head: Floats,
    vectors: Floats,
    *,
    empty: float,
    orders: int,
    seed: int,
) -> NDArray[np.float64]:
    """Shares [T] in an output; their sum is the output of all units less ``empty``.

    Args:
        layer: the network's only one.
        pooling: the names of its parts, in the order of the head's inputs.
        head: [P] the weights of the output, P pooled size.
        vectors: [T, E] of the comment's units.
        empty: the output of no unit.
        orders: to sample, an even number.
        seed: of the orders; the same arguments give the same shares.
    """
    places = [_place(place, orders // 2, seed) for place in range(len(vectors))]
    inputs = layer.inputs(vectors)  # [G, D, T, H]
    heads = head.reshape(len(pooling), layer.directions, layer.hidden)
    shares = np.zeros(len(vectors))  # [T]
    for direction, onward in zip(range(layer.directions), (1, -1), strict=False):
        own = dict(zip(pooling, heads[:, direction], strict=True))  # of [H] each
        start, read = empty / layer.directions, inputs[:, direction, ::onward]
        added = _increments(layer.one(direction), own, read, places, start)
        for unit, (place, of_nodes) in enumerate(zip(places, added, strict=True)):
            shares[::onward][: unit + 1] += place.weights @ of_nodes
    return shares


def _increments(
    layer: Layer, heads: dict[str, Floats], inputs: Floats, places: list[Place], empty: float
) -> list[Floats]:
    """What each place's unit adds at its nodes, [N] each; ``inputs`` [G, T, H]."""
    count, size = places[-1].first + len(places[-1].parents), layer.hidden
    nodes = {"state": np.empty((count, size), np.float32)}  # of [S, H]
    nodes["state"][0] = 0
    if layer.has_memory:
        nodes["memory"] = np.empty_like(nodes["state"])
        nodes["memory"][0] = 0
    if "max" in heads:
        nodes["max"] = np.empty_like(nodes["state"])
        nodes["max"][0] = -2  # every output is above -1
    # What a node's states add up to by the weights of their mean; their number; and its output.
    sums, lengths, values = np.zeros((3, count), np.float32)  # [S] each
    values[0] = empty
    products = np.empty((len(inputs), 1, places[-1].first, size), np.float32)  # [G, 1, S - N, H]
    products[:, :, 0] = 0
    result = []
    for unit, place in enumerate(places):
        gate = inputs[:, None, None, unit]  # [G, 1, 1, H]
        for start in range(0, len(place.parents), BLOCK):
            parents = place.parents[start : start + BLOCK]  # [B]
            some = slice(place.first + start, place.first + start + len(parents))
            before = {name: rows.take(parents, axis=0) for name, rows in nodes.items()}
            own = {name: rows[some] for name, rows in nodes.items()}  # of [B, H] each, as before
            recurrent = products.take(parents, axis=2)  # [G, 1, B, H]
            state = memory = own["state"]
            if layer.has_memory:
                memory = own["memory"]
                memory[:] = before["memory"]
            layer.advance(gate, recurrent, before["state"][None], memory[None], state[None])
            lengths[some] = lengths[parents] + 1
            if "max" in heads:
                np.maximum(before["max"], state, out=own["max"])
                values[some] += own["max"] @ heads["max"]
            if "mean" in heads:
                sums[some] = sums[parents] + state @ heads["mean"]
                values[some] += sums[some] / lengths[some]
            if "last" in heads:
                values[some] += state @ heads["last"]
            if place is not places[-1]:
                layer.product(state[None], products[:, :, some])
        result.append(values[place.first :][: len(place.parents)] - values[place.parents])
    return result
