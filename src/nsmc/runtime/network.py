"""What turns morphemes' vectors into logits, on whatever it runs.

Letters: U distinct morphemes of all reviews, N their places end to end, R reviews, B reviews of a
block, n of them still running, S steps, E embedding size, D directions, H hidden size, P pooled
size.
"""

import contextlib
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nsmc.runtime.recurrence import Floats, Integers, Layer

BLOCK = 256
"""Reviews that run side by side: enough to keep the matrix products busy, few enough for caches."""
FEW = 16
"""Reviews up to which the products are so small that they have one thread anyway."""
BLOCK_MORPHEMES = 1 << 15
"""Morphemes of a block at most, so that memory doesn't follow the length of comments."""


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _one_thread() -> contextlib.AbstractContextManager[Any]:
    """Let numpy's products use one thread.

    Theirs wait for one another by spinning, twice at every step of every block: where other
    processes want the cores, scoring would take several times as long. Many reviews are shared out
    to processes instead.
    """
    limit: contextlib.AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limit


class Network(Protocol):
    """Scores reviews."""

    def __call__(self, vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
        """Score reviews of any lengths.

        Args:
            vectors: [U, E] of every distinct morpheme.
            tokens: [N] which of them stands at each place of the reviews, end to end.
            lengths: [R] morphemes of each review, each at least 1; their sum is N.

        Returns:
            Logits [R].
        """
        ...


class NumpyNetwork:
    """RNN → pooling → Linear on the CPU, without torch: it starts at once and never pads.

    Args:
        weights: the network's parameters under torch's names.
        shape: the ``model`` section of the recipe.

    Raises:
        KeyError: a parameter is missing.
        ValueError: a parameter's shape isn't that of the recipe.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], shape: Mapping[str, Any]) -> None:
        directions = 2 if shape["bidirectional"] else 1
        self._pooling: str = shape["pooling"]
        self._layers = [
            Layer(shape["cell"], weights, index, directions) for index in range(shape["layers"])
        ]
        self._head: Floats = weights["head.weight"].T  # [P, 1]
        self._bias: Floats = weights["head.bias"]  # [1]
        parts = len(self._pooling.split("+"))
        expected = (parts * directions * self._layers[-1].hidden, 1)
        if self._head.shape != expected:
            raise ValueError(f"head.weight: expected {expected}, found {self._head.shape}")

    def __call__(self, vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
        """Score reviews; see `Network`. Returns logits [R]."""
        logits: Floats = (self.pooled(vectors, tokens, lengths) @ self._head + self._bias)[:, 0]
        return logits

    def pooled(self, vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
        """The vectors [R, P] that the last, linear layer gets; arguments as for `Network`."""
        starts = np.cumsum(lengths) - lengths  # [R]
        order = np.argsort(-lengths, kind="stable")  # [R], longest first
        inputs = self._layers[0].inputs(vectors)  # [G, D, U, H]
        pooled = np.empty((len(lengths), len(self._head)), np.float32)  # [R, P]
        first = 0
        with _one_thread() if len(lengths) > FEW else contextlib.nullcontext():
            while first < len(order):
                size = max(1, min(BLOCK, BLOCK_MORPHEMES // int(lengths[order[first]])))
                chosen = order[first : first + size]  # [B]
                pooled[chosen] = self._block(inputs, tokens, starts[chosen], lengths[chosen])
                first += size
        return pooled

    def _block(
        self, inputs: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> Floats:
        """Pooled vectors [B, P] of reviews sorted by falling length."""
        for lower, upper in zip(self._layers, self._layers[1:], strict=False):
            outputs = _outputs(lower, inputs, tokens, starts, lengths)  # [places of the block, D·H]
            inputs = upper.inputs(outputs)  # [G, D, places, H]
            # From here on every place has a vector of its own.
            starts = np.cumsum(lengths) - lengths  # [B]
            tokens = np.arange(len(outputs))  # [places]
        layer = self._layers[-1]
        shape = (layer.directions, len(lengths), layer.hidden)
        parts = {name: np.zeros(shape, np.float32) for name in self._pooling.split("+")}
        if "max" in parts:
            parts["max"] -= 2  # every output is above -1
        for _, n, outputs in layer.stretches(inputs, tokens, starts, lengths):
            if "max" in parts:
                top = parts["max"][:, :n]  # [D, n, H]
                np.maximum(top, outputs.max(axis=0), out=top)
            if "mean" in parts:
                parts["mean"][:, :n] += outputs.sum(axis=0)
            if "last" in parts:
                # Until a review ends, each stretch overwrites what the one before left.
                parts["last"][:, :n] = outputs[-1]
        if "mean" in parts:
            parts["mean"] /= lengths[:, None].astype(np.float32)
        halves = [half for part in parts.values() for half in part]  # of [B, H]
        return np.concatenate(halves, axis=1)  # [B, P]


def _outputs(
    layer: Layer, inputs: Floats, tokens: Integers, starts: Integers, lengths: Integers
) -> Floats:
    """A layer's outputs at every place of a block's reviews, end to end: [places, D·H]."""
    begins = np.cumsum(lengths) - lengths  # [B]
    ends = begins + lengths - 1  # [B]
    found = np.empty((int(lengths.sum()), layer.directions, layer.hidden), np.float32)
    for t, n, outputs in layer.stretches(inputs, tokens, starts, lengths):
        steps = np.arange(t, t + len(outputs))[:, None]  # [S, 1]
        found[begins[:n] + steps, 0] = outputs[:, 0]
        if layer.directions == 2:
            found[ends[:n] - steps, 1] = outputs[:, 1]
    return found.reshape(len(found), -1)
