"""The comments of the sample's test file, and a network of three outputs."""

from pathlib import Path

import pytest
import torch

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.inference.network import NumpyNetwork
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task


@pytest.fixture(scope="session")
def comments(sample: Path) -> list[str]:
    lines = (sample / "ratings_test.txt").read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t")[1] for line in lines]


def small_network(**fields: object) -> NumpyNetwork:
    """Of five inputs and six hidden units, where ``fields`` don't say otherwise."""
    torch.manual_seed(3)
    shape = ModelConfig(**{"embedding_size": 5, "hidden_size": 6, **fields})  # type: ignore[arg-type]
    task = make_task(Config(task="classes"), {"classes": ["가", "나", "다"]})
    network = RecurrentNetwork(3, shape, task).eval()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.8, 0.8)
    return NumpyNetwork({n: p.detach().numpy() for n, p in network.named_parameters()}, shape)
