"""The network of a model directory on any device of torch's.

Letters: T morphemes, B reviews, E embedding size.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from nsmc.model.config import ModelConfig
from nsmc.model.device import choose_device
from nsmc.model.network import SentimentNetwork
from nsmc.runtime.directory import ModelDirectory
from nsmc.settings import build


class TorchNetwork:
    """A `nsmc.runtime.network.Network` run by torch.

    Args:
        directory: a verified model directory.
        device: as `choose_device` takes it.

    Raises:
        DeviceError: the device isn't there.
    """

    def __init__(self, directory: ModelDirectory, device: str) -> None:
        self._device = choose_device(device)
        config = build(ModelConfig, directory.config["model"], "model")
        network = SentimentNetwork(len(directory.vocabulary), config)
        network.load_state_dict({k: torch.from_numpy(v) for k, v in directory.weights().items()})
        # Vectors come in ready: the tables would only take the device's memory.
        del network.embedding
        self._network = network.to(self._device).eval()

    @torch.inference_mode()
    def __call__(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors [T, B, E] to logits [B]."""
        logits = self._network.classify(torch.from_numpy(vectors).to(self._device))  # [B]
        result: NDArray[np.float32] = logits.float().cpu().numpy()
        return result
