"""The recurrent layers in numpy, for reviews of any lengths at once and without padding.

The reviews of a block are sorted by falling length. At step t only the first n reviews, those
longer than t, are still running. The forward direction is at their morpheme t, the backward one at
the t-th from their end, so both take the same steps side by side. Nothing is masked.

The product of a gate's weights with an input depends on that input alone. ``inputs`` makes it once
for each distinct morpheme of thousands of reviews, which halves the arithmetic of a layer.

σ(a) = (1 + tanh(a/2))/2, with the halves put into the weights, leaves tanh as the only function.

Arrays have gates and directions in front, [G, D, n, H]: one gate of all reviews is contiguous, and
numpy's loops are fastest on long runs.

Shapes: U distinct inputs, N morphemes of all reviews end to end, B reviews of a block, n of them
still running, S steps in which these are the same, D directions, I input size, H hidden size,
G gates of the cell.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.products import product

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
Stretch = tuple[int, int, Floats]
"""The first step of a stretch, n, and the outputs [S, D, n, H] of its S steps."""
Advance = Callable[[Floats, Floats, Floats, Floats, Floats], None]
STRETCH = 1 << 21
"""Bytes of gates looked up at once: few calls of numpy for small blocks, and in the caches."""
HALF = np.float32(0.5)
FORWARD, BACKWARD = "", "_reverse"

# For each gate, in torch's order, whether it is a σ, whose argument the weights halve.
_HALVED = {"rnn": [False], "gru": [True, True, False], "lstm": [True, True, False, True]}


class Layer:
    """One recurrent layer of one or two directions.

    Args:
        cell: ``rnn``, ``gru`` or ``lstm``; `nsmc.model.cells` has their equations.
        weights: the network's parameters under torch's names, float32.
        index: the layer, counted from 0.
        suffixes: [D] of the parameters' names: `FORWARD`, `BACKWARD` or both.
    """

    def __init__(
        self, cell: str, weights: Mapping[str, NDArray[Any]], index: int, suffixes: Sequence[str]
    ) -> None:
        self.directions = len(suffixes)
        self.hidden: int = weights[f"encoder.weight_hh_l{index}{suffixes[0]}"].shape[1]
        """H"""
        halves = np.where(_HALVED[cell], np.float32(0.5), np.float32(1))[:, None, None]  # [G, 1, 1]

        def gates(kind: str) -> Floats:
            split = []
            for name in [f"encoder.{kind}_l{index}{s}" for s in suffixes]:
                part = weights[name]
                split.append(part.reshape(len(halves), -1, *part.shape[1:]))
            return np.stack(split, axis=1)  # [G, D, H, I], [G, D, H, H] or [G, D, H]

        recurrent, recurrent_bias = gates("weight_hh"), gates("bias_hh")
        if cell == "gru":
            # The reset gate, (1 + tanh)/2 again, stands before r ⊙ (W_hn h + b_hn).
            recurrent[2] *= 0.5
            self._new_bias = 0.5 * recurrent_bias[2, :, None]  # [D, 1, H]
            recurrent_bias[2] = 0
        self._bias = ((gates("bias_ih") + recurrent_bias) * halves)[:, :, None]  # [G, D, 1, H]
        # [G, D, I, H] and [G, D, H, H]
        self._input = np.ascontiguousarray((gates("weight_ih") * halves[..., None]).swapaxes(2, 3))
        self._recurrent = np.ascontiguousarray((recurrent * halves[..., None]).swapaxes(2, 3))
        self._cell = cell
        self.has_memory = cell == "lstm"
        """Whether a state is beside the output."""
        self._set_advance()

    def _set_advance(self) -> None:
        advance: dict[str, Advance] = {"rnn": _rnn, "gru": self._gru, "lstm": _lstm}
        self.advance = advance[self._cell]
        """One step: gates [G, D, n, H], or [G, D, 1, H] of all; recurrent products [G, D, n, H],
        which it overwrites; state, memory of an LSTM, which it updates, and what gets the output,
        [D, n, H] each."""

    def one(self, direction: int) -> "Layer":
        """The layer's part of one direction; the weights are shared."""
        part, only = copy.copy(self), slice(direction, direction + 1)
        part.directions = 1
        part._bias, part._input = self._bias[:, only], self._input[:, only]
        part._recurrent = self._recurrent[:, only]
        if self._cell == "gru":
            part._new_bias = self._new_bias[only]
        part._set_advance()
        return part

    def inputs(self, vectors: Floats) -> Floats:
        """Products of the vectors [U, I] with the input weights, plus bias: [G, D, U, H]."""
        products = product(vectors, self._input)  # [G, D, U, H]
        products += self._bias
        return products

    def product(self, state: Floats, out: Floats) -> None:
        """Put the recurrent products [G, D, n, H] of states [D, n, H] into ``out``, fast: the last
        bits of a row may depend on its place."""
        np.matmul(state, self._recurrent, out=out)

    def stretches(
        self, inputs: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> Iterator[Stretch]:
        """Run over the reviews of a block, yielding the outputs of a few steps at a time.

        Args:
            inputs: [G, D, U, H], of `inputs`.
            tokens: [N] which of the U is at each place.
            starts: [B] where in ``tokens`` each review begins.
            lengths: [B] of each review, falling, each at least 1.
        """
        count, directions, distinct, size = inputs.shape
        rows = inputs.reshape(-1, size)  # [G·D·U, H]
        # Where the U rows of each gate and direction begin among all rows.
        begins = np.arange(count * directions).reshape(count, directions, 1) * distinct  # [G, D, 1]
        first = np.stack([starts, starts + lengths - 1][:directions])  # [D, B]
        onward = np.array([1, -1][:directions])[:, None]  # [D, 1]
        state = np.zeros((directions, len(lengths), size), np.float32)  # [D, B, H]
        memory = np.zeros_like(state)  # [D, B, H], of the LSTM
        most = STRETCH // (rows.itemsize * count * directions * size)
        for t, end, n in _even_stretches(lengths, most):
            steps = np.arange(t, end)[:, None, None]  # [S, 1, 1]
            places = first[:, :n] + steps * onward  # [S, D, n]
            chosen = tokens[places][:, None] + begins  # [S, G, D, n]
            gates = rows.take(chosen, axis=0, mode="clip")  # [S, G, D, n, H]
            outputs = np.empty((end - t, directions, n, size), np.float32)  # [S, D, n, H]
            recurrent = np.empty(gates.shape[1:], np.float32)  # [G, D, n, H]
            state, memory = state[:, :n], memory[:, :n]  # [D, n, H]
            for gate, output in zip(gates, outputs, strict=True):
                product(state, self._recurrent, recurrent)
                self.advance(gate, recurrent, state, memory, output)
                state = output
            yield t, n, outputs

    def outputs(
        self, inputs: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> Floats:
        """The outputs at every place of a block's reviews, end to end: [places, D·H]."""
        begins = np.cumsum(lengths) - lengths  # [B]
        ends = begins + lengths - 1  # [B]
        places = np.empty((int(lengths.sum()), self.directions, self.hidden), np.float32)
        for t, n, outputs in self.stretches(inputs, tokens, starts, lengths):
            steps = np.arange(t, t + len(outputs))[:, None]  # [S, 1]
            places[begins[:n] + steps, 0] = outputs[:, 0]
            if self.directions == 2:
                places[ends[:n] - steps, 1] = outputs[:, 1]
        return places.reshape(len(places), -1)

    def step(self, inputs: Floats, state: Floats, memory: Floats) -> Floats:
        """The output [D, B, H] of one more step, for a text that is generated unit by unit.

        ``inputs`` [G, D, B, H] is of `inputs` for one vector each; ``state`` [D, B, H] the last
        output; ``memory`` [D, B, H] of an LSTM is updated. The latter two begin with zeros.
        """
        recurrent = np.matmul(state, self._recurrent)  # [G, D, B, H]
        output = np.empty_like(state)
        self.advance(inputs, recurrent, state, memory, output)
        return output

    def _gru(
        self, gates: Floats, recurrent: Floats, state: Floats, memory: Floats, output: Floats
    ) -> None:
        both = recurrent[:2]  # [2, D, n, H], of r and z
        both += gates[:2]
        np.tanh(both, out=both)
        both += 1
        reset, update, new = recurrent  # of [D, n, H], r and z twice as large as they should be
        new += self._new_bias
        new *= reset
        new += gates[2]
        np.tanh(new, out=new)
        # n + z (h - n)
        np.subtract(state, new, out=output)
        output *= update
        output *= HALF
        output += new


def _rnn(gates: Floats, recurrent: Floats, state: Floats, memory: Floats, output: Floats) -> None:
    recurrent += gates
    np.tanh(recurrent[0], out=output)


def _lstm(gates: Floats, recurrent: Floats, state: Floats, memory: Floats, output: Floats) -> None:
    recurrent += gates
    np.tanh(recurrent, out=recurrent)
    enter, keep, new, show = recurrent  # of [D, n, H], i, f and o not yet halved
    for gate in (enter, keep, show):
        gate += 1
    memory *= keep
    new *= enter
    memory += new
    memory *= HALF
    np.tanh(memory, out=output)
    output *= show
    output *= HALF


def _even_stretches(lengths: Integers, elements: int) -> Iterator[tuple[int, int, int]]:
    """Runs of steps in which the same reviews are running: first step, step after the last, n.

    Of reviews with falling lengths [B]; a run has at most ``elements`` / n steps, but at least one.
    """
    ends = sorted(set(lengths.tolist()))  # where reviews end; np.unique would import numpy.ma
    t = 0
    for end, n in zip(ends, np.searchsorted(-lengths, -np.array(ends), side="right"), strict=True):
        most = max(1, elements // int(n))
        while t < end:
            stop = min(t + most, end)
            yield t, stop, int(n)
            t = stop
