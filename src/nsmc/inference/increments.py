"""Shapley values of one comment's units in what a recurrent layer says, by what each unit adds.

A direction reads a subset of the units one by one, so its output is the sum of what each unit adds
to those read before: g(A) = v(A and t) - v(A), for every t of the subset and A, those of it before
t. The shares in the sum are the sums of the shares in its terms, and a term is a game of t and the
units before it alone, which `nsmc.inference.set_games` solves from a few of its sets.

These are the beginnings of the subsets that `nsmc.inference.designs` chooses. Subsets that begin
alike share the states of their beginnings, as in `nsmc.inference.subsets`. Each distinct beginning
is a node; those of a place end with the same unit, whose gates all share. Both directions have the
same nodes, counted from where each begins, and a comment has those of a shorter one.

Shapes: T units, t of them before one, R subsets, N nodes of a place, S of all places and the empty
set, E embedding size, D directions, G gates, H hidden size.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.designs import subsets
from nsmc.inference.recurrence import Floats, Integers, Layer
from nsmc.inference.set_games import prefix_weights

REMEMBERED = 1 << 11
"""Places remembered: comments of any length share them."""


class Place(NamedTuple):
    """The nodes that a comment's unit at this place makes with sets of those before it."""

    parents: Integers
    """[N] the node of each set."""
    own: slice
    """The numbers of the N nodes; 0 is the empty set."""
    weights: Floats
    """[t + 1, N] of what the unit adds, in the shares of those before it and its own."""
    sizes: Floats
    """[N] the units of each node."""
    beginnings: Integers
    """[R] the node of each subset's units up to this place."""


@lru_cache(REMEMBERED)
def _place(place: int, pairs: int, seed: int) -> Place:
    half, whole = subsets(place + 1, pairs, seed), np.ones((1, place + 1), np.bool_)
    rows = np.concatenate([half, ~half, whole])  # [R, t+1]
    first, nodes = 1, np.zeros(len(rows), np.int64)
    if place:
        before = _place(place - 1, pairs, seed)
        first, nodes = before.own.stop, before.beginnings.copy()
    has = np.flatnonzero(rows[:, -1])
    parents, one, among = np.unique(nodes[has], return_index=True, return_inverse=True)
    nodes[has] = first + among
    rows = rows[has[one]]  # [N, t+1], one subset of each node
    own, sizes = slice(first, first + len(rows)), rows.sum(axis=1, dtype=np.float32)
    return Place(parents, own, prefix_weights(rows[:, :-1]).astype(np.float32), sizes, nodes)


def unit_shares(
    layer: Layer,
    pooling: Sequence[str],
    head: Floats,
    vectors: Floats,
    *,
    empty: float,
    pairs: int,
    seed: int,
) -> NDArray[np.float64]:
    """Shares [T] in an output; their sum is the output of all units less ``empty``.

    Args:
        layer: the network's only one.
        pooling: the names of its parts, in the order of the head's inputs.
        head: [P] the weights of the output, P pooled size.
        vectors: [T, E] of the comment's units.
        empty: the output of no unit.
        pairs: of subsets to read besides the whole comment.
        seed: of the subsets; the same arguments give the same shares.
    """
    places = [_place(place, pairs, seed) for place in range(len(vectors))]
    inputs = layer.inputs(vectors)  # [G, D, T, H]
    heads = head.reshape(len(pooling), layer.directions, layer.hidden)
    shares = np.zeros(len(vectors))  # [T]
    for direction, onward in zip(range(layer.directions), (1, -1), strict=False):
        own = dict(zip(pooling, heads[:, direction], strict=True))  # of [H] each
        start, read = empty / layer.directions, inputs[:, direction, ::onward]
        added = _increments(layer.one(direction), own, read, places, start)  # [S]
        for unit, place in enumerate(places):
            shares[::onward][: unit + 1] += place.weights @ added[place.own]
    return shares


def _increments(
    layer: Layer, heads: dict[str, Floats], inputs: Floats, places: list[Place], empty: float
) -> Floats:
    """What the last unit of each node adds [S], of the empty set 0; ``inputs`` [G, T, H]."""
    count, size = places[-1].own.stop, layer.hidden
    parents = np.concatenate([[0], *(place.parents for place in places)])  # [S]
    first = {"state": 0} | ({"memory": 0} if layer.has_memory else {})
    if "max" in heads:
        first["max"] = -2  # every output is above -1
    nodes = {name: np.empty((count, size), np.float32) for name in first}  # of [S, H]
    for name, rows in nodes.items():
        rows[0] = first[name]
    for unit, place in enumerate(places):
        before = {name: rows.take(place.parents, axis=0) for name, rows in nodes.items()}
        own = {name: rows[place.own] for name, rows in nodes.items()}  # of [N, H] each, as before
        state = memory = own["state"]
        if layer.has_memory:
            memory = own["memory"]
            memory[:] = before["memory"]
        recurrent = np.empty((len(inputs), 1, *state.shape), np.float32)  # [G, 1, N, H]
        layer.product(before["state"][None], recurrent)
        gate = inputs[:, None, None, unit]  # [G, 1, 1, H]
        layer.advance(gate, recurrent, before["state"][None], memory[None], state[None])
        if "max" in heads:
            np.maximum(before["max"], state, out=own["max"])
    values = np.zeros(count, np.float32)  # [S]
    if "max" in heads:
        values += nodes["max"] @ heads["max"]
    if "mean" in heads:
        sums = nodes["state"] @ heads["mean"]  # [S], of its last state and then of all of a node
        for place in places:
            sums[place.own] += sums[place.parents]
            values[place.own] += sums[place.own] / place.sizes
    if "last" in heads:
        values += nodes["state"] @ heads["last"]
    values[0] = empty
    added: Floats = values - values[parents]
    return added
