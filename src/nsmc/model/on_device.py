"""The network of a model directory, on any of torch's devices.

Shapes: R reviews, N morphemes of all of them end to end, U distinct ones, B reviews of one length
T, E embedding size, O outputs.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from nsmc.inference.directory import ModelDirectory
from nsmc.model.device import choose_device
from nsmc.model.network import RecurrentNetwork

BATCH_MORPHEMES = 1 << 17
"""Morphemes of a batch at most, so that memory doesn't follow the length of comments."""


class TorchNetwork:
    """A `nsmc.inference.network.Network` run by torch on a `choose_device`.

    Raises:
        DeviceError: the device isn't there.
        ModelError: the model labels nothing.
    """

    def __init__(self, directory: ModelDirectory, device: str) -> None:
        self._device = choose_device(device)
        self._outputs = directory.label_task.outputs
        # Vectors are made by the caller: the tables would only take the device's memory.
        network = RecurrentNetwork(1, directory.config.model, directory.label_task)
        # The caller also adds the sums of character n-grams.
        del network.embedding
        network.wide = None
        network.load_state_dict(
            {
                name: torch.from_numpy(values)
                for name, values in directory.weights().items()
                if not name.startswith(("embedding.", "wide."))
            }
        )
        self._network = network.to(self._device).eval()

    @torch.inference_mode()
    def __call__(
        self, vectors: NDArray[np.float32], tokens: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Score reviews; see `nsmc.inference.network.Network`. Returns outputs [R, O]."""
        table = torch.from_numpy(vectors).to(self._device)  # [U, E]
        places = torch.from_numpy(tokens).to(self._device)  # [N]
        starts = np.cumsum(lengths) - lengths  # [R]
        outputs = np.empty((len(lengths), self._outputs), np.float32)  # [R, O]
        # Reviews of one length at a time, as in training.
        for length in np.unique(lengths).tolist():
            rows = np.flatnonzero(lengths == length)
            size = max(1, BATCH_MORPHEMES // length)
            for first in range(0, len(rows), size):
                chosen = rows[first : first + size]  # [B]
                begins = torch.from_numpy(starts[chosen]).to(self._device)  # [B]
                along = torch.arange(length, device=self._device)[:, None] + begins  # [T, B]
                scores = self._network.classify(table[places[along]])  # [B, O]
                outputs[chosen] = scores.float().cpu().numpy()
        return outputs
