"""The recurrent layers of one direction of a language model.

Shapes: U distinct units, B texts, N units of all of them end to end, E embedding size, H hidden
size.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.inference.recurrence import Floats, Integers, Layer


class RecurrentStack:
    """Recurrent layers of one direction; arguments and errors are those of `Layer`."""

    def __init__(
        self, weights: Mapping[str, NDArray[Any]], config: ModelConfig, suffix: str
    ) -> None:
        self.layers = [Layer(config.cell, weights, i, [suffix]) for i in range(config.layers)]

    def states(
        self, vectors: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> Floats:
        """The last layer's outputs [N, H] at every place; see `Layer.stretches`."""
        for layer in self.layers:
            vectors = layer.outputs(layer.inputs(vectors), tokens, starts, lengths)  # [N, H]
            tokens = np.arange(len(vectors))  # [N]
        return vectors


class StackReader:
    """Reads one text through a stack, unit by unit, and keeps the state between them."""

    def __init__(self, stack: RecurrentStack) -> None:
        self._layers = stack.layers
        shape = (1, 1, stack.layers[0].hidden)
        self._states = [np.zeros(shape, np.float32) for _ in self._layers]  # of [1, 1, H]
        self._memories = [np.zeros(shape, np.float32) for _ in self._layers]  # of [1, 1, H]

    def read(self, vector: Floats) -> Floats:
        """The state [H] after one more unit, of the vector [1, E]."""
        for index, layer in enumerate(self._layers):
            output = layer.step(layer.inputs(vector), self._states[index], self._memories[index])
            self._states[index] = output  # [1, 1, H]
            vector = output[0]  # [1, H]
        state: Floats = vector[0]  # [H]
        return state
