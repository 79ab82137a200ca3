"""The outputs of many subsets of one comment's units, which share what they have in common.

A subset is the comment that some of its units alone make, in their order. A recurrent layer's state
after a subset's first units depends on these alone, so subsets that begin alike share the states
of their beginnings, and from the back those of their ends: a trie (Fredkin, "Trie memory", CACM
1960) for each direction, whose nodes are such beginnings. All 2^T subsets have 2^T nodes, in
place of T/2 · 2^T states. Pooled outputs grow along it as well.

Shapes: T units, N subsets, n nodes of a depth, m of them with nodes below, E embedding size, D
directions, G gates, H hidden size, P pooled size, O outputs.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.recurrence import Floats, Integers, Layer

BLOCK = 128
"""Nodes side by side: enough for fast matrix products, few enough for the caches."""
TRIES = 64
"""Tries remembered: comments of as many parts have the same subsets."""


class Depth(NamedTuple):
    """The nodes of a trie that as many units lead to; those with the longest subsets come first."""

    places: Integers
    """[n] the last unit of each."""
    above: int
    """m: so many nodes of the depth above, the first ones, have nodes below."""
    parents: Integers | None
    """[n] the node above each; None where each of the m has one below, in their order."""
    ends: Integers
    """The nodes that are subsets, once for each."""
    subsets: Integers
    """Which subsets these are."""


def subset_outputs(
    layer: Layer, pooling: Sequence[str], head: Floats, vectors: Floats, mask: NDArray[np.bool_]
) -> Floats:
    """The outputs [N, O] of subsets, without the head's bias.

    Args:
        layer: the network's only one.
        pooling: the names of its parts, in the order of the head's inputs.
        head: [P, O].
        vectors: [T, E] of the comment's units.
        mask: [N, T] the units of each subset, at least one.
    """
    tries = _tries(mask.tobytes(), mask.shape[1])
    inputs = layer.inputs(vectors)  # [G, D, T, H]
    heads = head.reshape(len(pooling), layer.directions, layer.hidden, -1)  # [·, D, H, O]
    outputs = np.zeros((len(mask), head.shape[1]), np.float32)  # [N, O]
    for direction, trie in zip(range(layer.directions), tries, strict=False):
        own = dict(zip(pooling, heads[:, direction], strict=True))  # of [H, O] each
        _add_outputs(layer.one(direction), inputs[:, direction], trie, own, outputs)
    return outputs


def _add_outputs(
    layer: Layer, inputs: Floats, trie: list[Depth], heads: dict[str, Floats], outputs: Floats
) -> None:
    """Add one direction's part to the outputs [N, O]; ``inputs`` [G, T, H]."""
    start = np.zeros((1, layer.hidden), np.float32)
    # Of each node of the depth above: its state and the like [m, H]; and what its states' mean adds
    # to the outputs, before it is divided by their number, [m, O].
    above = {"state": start}
    if layer.has_memory:
        above["memory"] = start
    if "max" in heads:
        above["max"] = start - 2  # every output is above -1
    if "mean" in heads:
        above["mean"] = np.zeros((1, outputs.shape[1]), np.float32)
    for depth, (places, count, parents, ends, subsets) in enumerate(trie, start=1):
        if parents is not None:
            products = _products(layer, above["state"][:count], len(inputs))  # [G, 1, m, H]
        sizes = {name: (len(places), rows.shape[1]) for name, rows in above.items()}
        nodes = {name: np.empty(size, np.float32) for name, size in sizes.items()}  # of [n, H]
        for first in range(0, len(places), BLOCK):
            some = slice(first, first + BLOCK)
            own = {name: rows[some] for name, rows in nodes.items()}  # of [B, H]
            if parents is None:
                before = {name: rows[some][: len(own["state"])] for name, rows in above.items()}
                recurrent = _products(layer, before["state"], len(inputs))  # [G, 1, B, H]
            else:
                before = {name: rows.take(parents[some], axis=0) for name, rows in above.items()}
                recurrent = products.take(parents[some], axis=2)
            gates = inputs[:, None].take(places[some], axis=2)  # [G, 1, B, H]
            memory = own["state"]  # not read
            if layer.has_memory:
                memory = own["memory"]
                memory[:] = before["memory"]
            layer.advance(gates, recurrent, before["state"][None], memory[None], own["state"][None])
            if "max" in heads:
                np.maximum(before["max"], own["state"], out=own["max"])
            if "mean" in heads:
                np.add(before["mean"], own["state"] @ heads["mean"], out=own["mean"])
        for name, weights in heads.items():
            if name == "mean":
                outputs[subsets] += nodes["mean"].take(ends, axis=0) / np.float32(depth)
            else:
                rows = nodes["state" if name == "last" else name]
                outputs[subsets] += rows.take(ends, axis=0) @ weights  # [ends, O]
        above = nodes


def _products(layer: Layer, states: Floats, gates: int) -> Floats:
    """The recurrent products [G, 1, m, H] of states [m, H]."""
    products = np.empty((gates, 1, *states.shape), np.float32)
    for start in range(0, len(states), BLOCK):
        some = slice(start, start + BLOCK)
        layer.product(states[None, some], products[:, :, some])
    return products


@lru_cache(TRIES)
def _tries(mask: bytes, units: int) -> tuple[list[Depth], list[Depth]]:
    """The tries of subsets [N, T] from the front and from the back."""
    subsets = np.frombuffer(mask, np.bool_).reshape(-1, units)  # [N, T]
    backward = [
        depth._replace(places=units - 1 - depth.places) for depth in _trie(subsets[:, ::-1])
    ]
    return _trie(subsets), backward


def _trie(mask: NDArray[np.bool_]) -> list[Depth]:
    """The trie of subsets [N, T] from the front."""
    units = mask.shape[1]
    lengths = mask.sum(axis=1)  # [N]
    order = np.argsort(-lengths, kind="stable")  # [N], the longest first
    lengths = lengths[order]
    # The places of each subset's units, one after the other, then those of the others.
    places = np.argsort(~mask[order], axis=1, kind="stable")  # [N, T]
    node = np.zeros(len(mask), np.int64)  # [N] where each subset is
    first = np.empty(len(mask) * units, np.int64)
    depths = []
    for depth in range(int(lengths[0])):
        running = int(np.searchsorted(-lengths, -depth, side="left"))
        keys = node[:running] * units + places[:running, depth]  # a node and the unit after it
        backward = np.arange(running)[::-1]
        first[keys[backward]] = backward  # the last one that is written is the first subset
        leads = first[keys] == np.arange(running)
        above, distinct = int(node[:running].max()) + 1, keys[leads]  # [n]
        parents = distinct // units  # [n]
        straight = np.array_equal(parents, np.arange(above))
        node[:running] = (np.cumsum(leads) - 1)[first[keys]]
        end = lengths[:running] == depth + 1
        at, ends = (distinct % units, above), (node[:running][end], order[:running][end])
        depths.append(Depth(*at, None if straight else parents, *ends))
    return depths
