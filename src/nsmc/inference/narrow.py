"""The second stage of an early exit: a narrow recurrent network answers what it is sure of.

It reads the vectors of the model's own units and stands between the n-grams and the model's
recurrent network, whose width makes a comment cost what it does. It has learnt the whole model's
outputs (Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015):
`nsmc.training.narrow` makes it.

Shapes: R comments, O outputs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ConvConfig, ModelConfig, WideConfig
from nsmc.inference.network import Network, NumpyNetwork
from nsmc.inference.parameters import expected_shapes
from nsmc.inference.products import one_comment, rounds_alike
from nsmc.inference.sureness import sureness
from nsmc.tasks.task import LabelTask

PREFIX = "narrow."
"""Of its arrays' names among those of the early exit."""
NEAR = 1e-3
"""Log odds around the threshold where a comment is asked about again, in the one way in which its
bits are the same in any call, unless this was it: the last bits would decide who answers."""

Floats = NDArray[np.float32]
Units = Sequence[Sequence[str]]


def narrow_config(config: ModelConfig, hidden_size: int) -> ModelConfig:
    """The shape of a model's narrow network: one layer of GRUs in both directions."""
    return replace(
        config,
        cell="gru",
        layers=1,
        bidirectional=True,
        hidden_size=hidden_size,
        pooling="max+mean",
        embedding_dropout=0.0,
        dropout=0.0,
        conv=ConvConfig(),
        wide=WideConfig(),
    )


def narrow_arrays(
    config: ModelConfig, hidden_size: int, task: LabelTask
) -> Iterator[tuple[str, tuple[int, ...], type]]:
    """The names, shapes and types of a narrow network's arrays."""
    for name, shape in expected_shapes(narrow_config(config, hidden_size), task, 1):
        if name.startswith(("encoder.", "head.")):
            yield name, shape, np.float16 if name.startswith("encoder.weight") else np.float32
    yield "wide", (1,), np.float32
    yield "threshold", (1,), np.float32


class NarrowNetwork:
    """The second stage of a model.

    Args:
        arrays: the parameters under torch's names; ``wide`` [1], what the model's wide layer counts
            beside it; ``threshold`` [1], the least `sureness` of an answer.
        config: the model's.
        run: gives the outputs [R, O] of a network for tokenized comments.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        config: ModelConfig,
        run: Callable[[Network, Units], Floats],
    ) -> None:
        hidden = arrays["encoder.weight_hh_l0"].shape[1]
        weights = {name: values.astype(np.float32) for name, values in arrays.items()}
        self._network = NumpyNetwork(weights, narrow_config(config, hidden))
        self._run, self._wide_weight = run, arrays["wide"]
        self.threshold = float(arrays["threshold"][0])

    def outputs(self, units: Units, added: Floats) -> Floats:
        """Outputs [R, O] of tokenized comments, sure or not; arguments as for a call."""
        weighed: Floats = self._wide_weight * added  # [R, O]
        return self._run(self._network, units) + weighed

    def __call__(
        self, units: Units, added: Floats, cut_at: float
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Answer tokenized comments.

        Args:
            units: of R comments, at least one, none empty.
            added: [R, O] the wide layer's outputs.
            cut_at: log odds from which on a comment is positive.

        Returns:
            Outputs [R, O] and which of them [R] are sure enough to be answers.
        """
        were_alike = rounds_alike()
        outputs = self.outputs(units, added)  # [R, O]
        sure = sureness(outputs, cut_at)  # [R]
        near = np.abs(sure - self.threshold) < NEAR  # [R]
        with one_comment(False):
            for place in () if were_alike else np.flatnonzero(near).tolist():
                again = self.outputs([units[place]], added[place : place + 1])  # [1, O]
                outputs[place], sure[place] = again[0], sureness(again, cut_at)[0]
        return outputs, sure >= self.threshold
