"""The convolution in numpy, for reviews of any lengths at once and without padding between them.

The products of a filter with a unit's vector depend on that unit alone. ``inputs`` makes them once
for each distinct unit of thousands of reviews; ``steps`` looks them up at each place and adds them.
`nsmc.model.convolution` has the equations.

Shapes: U distinct units, N places of all reviews end to end, B reviews of a block, n places of
those, E embedding size, F filters, K units in a kernel, n' steps of a block after pooling.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.inference.products import product
from nsmc.inference.recurrence import Floats, Integers


class Convolution:
    """Conv → ReLU → max pooling.

    Args:
        weights: the network's parameters under torch's names, float32.
        config: the network's shape.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], config: ModelConfig) -> None:
        self._pooling = config.conv.pooling
        weight, self._bias = weights["convolution.weight"], weights["convolution.bias"]  # [F]
        self._weight = np.ascontiguousarray(weight.transpose(2, 1, 0))  # [K, E, F]

    def inputs(self, vectors: Floats) -> Floats:
        """Products of the vectors [U, E] with the kernel: [K, U + 1, F], zeros in the last row."""
        shape = (len(self._weight), len(vectors) + 1, len(self._bias))
        products = np.empty(shape, np.float32)  # [K, U + 1, F]
        products[:, :-1] = product(vectors, self._weight)
        products[:, -1] = 0
        # Every place has one unit in the middle.
        products[len(self._weight) // 2, :-1] += self._bias
        return products

    def steps(
        self, inputs: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> tuple[Floats, Integers]:
        """The steps' vectors [n', F] of a block, review by review, and how many each review [B]
        has.

        Args:
            inputs: [K, U + 1, F], of `inputs`.
            tokens: [N] which of the U is at each place.
            starts: [B] where in ``tokens`` each review begins.
            lengths: [B] units of each review, each at least 1.
        """
        kernel, rows, _ = inputs.shape
        half, zero = kernel // 2, rows - 1
        begins = np.cumsum(lengths) - lengths  # [B], of the reviews end to end
        along = np.arange(int(lengths.sum())) - np.repeat(begins, lengths)  # [n] place in its own
        # Zeros before the first review, after the last and between any two.
        places = np.repeat(begins + half * np.arange(1, len(lengths) + 1), lengths) + along  # [n]
        units = np.full(len(places) + half * (len(lengths) + 1), zero)  # places and gaps
        units[places] = tokens[np.repeat(starts, lengths) + along]
        sums = inputs[half].take(units[places], axis=0)  # [n, F]
        other = np.empty_like(sums)
        for k in range(kernel):
            if k != half:
                sums += inputs[k].take(units[places + k - half], axis=0, out=other, mode="clip")
        counts = -(-lengths // self._pooling)  # [B]
        if self._pooling > 1:
            # Not reduceat, which takes thirty times as long along the first axis.
            first = np.flatnonzero(along % self._pooling == 0)  # [n']
            last = np.repeat(begins + lengths - 1, counts)  # [n'] of each step's review
            every, sums = sums, sums.take(first, axis=0)  # [n, F], [n', F]
            for further in range(1, self._pooling):
                np.maximum(sums, every.take(np.minimum(first + further, last), axis=0), out=sums)
        return np.maximum(sums, 0, out=sums), counts
