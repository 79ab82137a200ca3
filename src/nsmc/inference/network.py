"""The network after the embedding: from morphemes' vectors to a task's outputs.

Shapes: U distinct morphemes of all reviews, N their places end to end, R reviews, B reviews of a
block, n of them still running, S steps, E embedding size, D directions, G gates, H hidden size, P
pooled size, O outputs; of a convolution F filters and K units in a kernel.
"""

import functools
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.inference.blas_threads import one_thread
from nsmc.inference.convolution import Convolution
from nsmc.inference.products import product
from nsmc.inference.recurrence import BACKWARD, FORWARD, Floats, Integers, Layer

BLOCK = 288
"""Reviews side by side at most: enough for fast matrix products, few enough for the caches."""
BLOCK_MORPHEMES = 1 << 15
"""Morphemes of a block at most: memory doesn't follow the length of comments."""
HEAD_PART = 256
"""Inputs of the last layer that one product adds up: BLAS may split longer sums by their number."""
COLUMNS = 8
"""Outputs that BLAS works out at a time; with fewer it adds up otherwise."""


class Network(Protocol):
    """Scores reviews."""

    def __call__(self, vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
        """Outputs [R, O] of reviews of any lengths.

        Args:
            vectors: [U, E] of every distinct morpheme.
            tokens: [N] indices into ``vectors`` for the morphemes of the reviews, end to end.
            lengths: [R] morphemes of each review, each at least 1.
        """
        ...


class NumpyNetwork:
    """(Convolution) → RNN → pooling → Linear on the CPU, without torch and without padding.

    Args:
        weights: the network's parameters under torch's names.
        config: the network's shape.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], config: ModelConfig) -> None:
        directions = [FORWARD, BACKWARD][: config.directions]
        self._pooling: str = config.pooling
        self._convolution = Convolution(weights, config) if config.conv.filters else None
        self._layers = [
            Layer(config.cell, weights, index, directions) for index in range(config.layers)
        ]
        self._head: Floats = weights["head.weight"].T  # [P, O]
        self._bias: Floats = weights["head.bias"]  # [O]
        head = np.pad(self._head, ((0, 0), (0, -self._head.shape[1] % COLUMNS)))
        self._head_parts = [
            (start, np.ascontiguousarray(head[start : start + HEAD_PART]))
            for start in range(0, len(head), HEAD_PART)
        ]

    def __call__(self, vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
        """Outputs [R, O]; see `Network`."""
        with one_thread():
            pooled = self.pooled(vectors, tokens, lengths)  # [R, P]
            blocks = [pooled[at : at + BLOCK] for at in range(0, max(1, len(pooled)), BLOCK)]
            return np.concatenate(list(map(self._last, blocks)))  # [R, O]

    def _last(self, pooled: Floats) -> Floats:
        """The last, linear layer [B, O] of the inputs [B, P] of a block."""
        parts = [product(pooled[:, at : at + HEAD_PART], part) for at, part in self._head_parts]
        sums: Floats = functools.reduce(np.add, parts)  # [B, O and more]
        outputs: Floats = sums[:, : len(self._bias)] + self._bias  # [B, O]
        return outputs

    def of_subsets(self, vectors: Floats, mask: NDArray[np.bool_]) -> Floats:
        """Outputs [N, O] of subsets of one review's units.

        Args:
            vectors: [T, E] of the units.
            mask: [N, T] the units of each subset, at least one.
        """
        from nsmc.inference.subsets import subset_outputs

        if not self.shares_states:
            return self(vectors, np.nonzero(mask)[1], mask.sum(axis=1))
        with one_thread():
            pooling = self._pooling.split("+")
            (layer,) = self._layers
            return subset_outputs(layer, pooling, self._head, vectors, mask) + self._bias

    @property
    def shares_states(self) -> bool:
        """Whether subsets of one review's units that begin alike have states in common."""
        return self._convolution is None and len(self._layers) == 1

    def unit_shares(
        self,
        vectors: Floats,
        weights: NDArray[np.float64],
        empty: float,
        pairs: int,
        seed: int,
    ) -> NDArray[np.float64]:
        """Shares [T] of one review's units in a sum of outputs; only where it `shares_states`.

        Args:
            vectors: [T, E] of the units.
            weights: [O] of the outputs in the sum.
            empty: the sum for no unit; with the shares it makes that of all.
            pairs: of subsets to read besides the whole.
            seed: of the subsets.
        """
        from nsmc.inference.increments import unit_shares

        with one_thread():
            (layer,) = self._layers
            start = empty - float(self._bias @ weights)
            head = (self._head @ weights).astype(np.float32)  # [P]
            pooling = self._pooling.split("+")
            return unit_shares(layer, pooling, head, vectors, empty=start, pairs=pairs, seed=seed)

    def pooled(self, vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
        """The inputs [R, P] of the last, linear layer; arguments as for `Network`."""
        starts = np.cumsum(lengths) - lengths  # [R]
        order = np.argsort(-lengths, kind="stable")  # [R], longest first
        pooled = np.empty((len(lengths), len(self._head)), np.float32)  # [R, P]
        first = 0
        with one_thread():
            # [G, D, U, H], or [K, U + 1, F] with a convolution
            inputs = (self._convolution or self._layers[0]).inputs(vectors)
            while first < len(order):
                left = len(order) - first
                even = -(-left // -(-left // BLOCK))
                size = max(1, min(even, BLOCK_MORPHEMES // int(lengths[order[first]])))
                chosen = order[first : first + size]  # [B]
                pooled[chosen] = self._pool(inputs, tokens, starts[chosen], lengths[chosen])
                first += size
        return pooled

    def _pool(
        self, inputs: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> Floats:
        """Pooled vectors [B, P] of reviews sorted by falling length."""
        if self._convolution is not None:
            outputs, lengths = self._convolution.steps(inputs, tokens, starts, lengths)
            inputs, tokens, starts = _next_inputs(self._layers[0], outputs, lengths)
        for lower, upper in pairwise(self._layers):
            outputs = lower.outputs(inputs, tokens, starts, lengths)  # [places of the block, D·H]
            inputs, tokens, starts = _next_inputs(upper, outputs, lengths)
        layer = self._layers[-1]
        shape = (layer.directions, len(lengths), layer.hidden)
        parts = {name: np.zeros(shape, np.float32) for name in self._pooling.split("+")}
        if "max" in parts:
            parts["max"] -= 2  # every output is above -1
        for t, n, outputs in layer.stretches(inputs, tokens, starts, lengths):
            if "max" in parts:
                top = parts["max"][:, :n]  # [D, n, H]
                np.maximum(top, outputs.max(axis=0), out=top)
            if "mean" in parts:
                # Step by step, so that a sum doesn't depend on the stretches.
                for part in outputs if t else [outputs.sum(axis=0)]:
                    parts["mean"][:, :n] += part
            if "last" in parts:
                # Until a review ends, each stretch overwrites what the one before left.
                parts["last"][:, :n] = outputs[-1]
        if "mean" in parts:
            parts["mean"] /= lengths[:, None].astype(np.float32)
        halves = [half for part in parts.values() for half in part]  # of [B, H]
        return np.concatenate(halves, axis=1)  # [B, P]


def _next_inputs(
    layer: Layer, vectors: Floats, lengths: Integers
) -> tuple[Floats, Integers, Integers]:
    """Inputs, tokens and starts for a layer above whose every place has a vector."""
    return layer.inputs(vectors), np.arange(len(vectors)), np.cumsum(lengths) - lengths
