"""The comments of the sample's test file, and a network of three outputs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.inference.network import NumpyNetwork
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task
from tests.nsmc_files import read_nsmc


@pytest.fixture(scope="session")
def comments(sample: Path) -> list[str]:
    return [text for text, _ in read_nsmc(sample / "ratings_test.txt")]


def small_config(**fields: object) -> ModelConfig:
    """Of five inputs and six hidden units, where ``fields`` don't say otherwise."""
    return ModelConfig(**{"embedding_size": 5, "hidden_size": 6, **fields})  # type: ignore[arg-type]


def on_torch(shape: ModelConfig) -> RecurrentNetwork:
    """A network of three outputs."""
    torch.manual_seed(3)
    task = make_task(Config(task="classes"), {"classes": ["가", "나", "다"]})
    network = RecurrentNetwork(3, shape, task).eval()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.8, 0.8)
    return network


def weights_of(network: RecurrentNetwork) -> dict[str, NDArray[Any]]:
    return {name: value.detach().numpy() for name, value in network.named_parameters()}


def small_network(**fields: object) -> NumpyNetwork:
    """The numpy network of a `small_config`."""
    shape = small_config(**fields)
    return NumpyNetwork(weights_of(on_torch(shape)), shape)


def all_sets(units: int) -> NDArray[np.bool_]:
    """Every subset of so many units [2^T, T], the empty one first."""
    return (np.arange(1 << units)[:, None] >> np.arange(units) & 1).astype(np.bool_)
