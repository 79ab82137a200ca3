"""The ONNX graph, run by ONNX Runtime, scores as the torch network does."""

from typing import Literal

import numpy as np
import onnxruntime
import pytest
import torch

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.exporting.onnx import scoring_graph
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task

SENTIMENT = make_task(Config())


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean"])
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_graph_agrees_with_torch(
    cell: Literal["rnn", "gru", "lstm"],
    pooling: Literal["last", "max", "mean", "max+mean"],
    bidirectional: bool,
    layers: int,
) -> None:
    config = ModelConfig(
        cell=cell,
        layers=layers,
        bidirectional=bidirectional,
        embedding_size=4,
        hidden_size=6,
        pooling=pooling,
    )
    torch.manual_seed(3)
    network = RecurrentNetwork(3, config, SENTIMENT).eval()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.8, 0.8)
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    graph = scoring_graph(weights, config)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(4)
    for steps, reviews in [(1, 1), (1, 5), (12, 1), (7, 3)]:
        vectors = generator.normal(size=(steps, reviews, 4)).astype(np.float32)
        with torch.inference_mode():
            expected = network.classify(torch.from_numpy(vectors))[:, 0].numpy()
        (found,) = session.run(["logits"], {"vectors": vectors})
        assert found.dtype == np.float32
        assert found.shape == (reviews,)
        np.testing.assert_allclose(found, expected, atol=1e-5, rtol=0)


def test_graph_holds_no_tables() -> None:
    config = ModelConfig(embedding_size=4, hidden_size=6, subword_buckets=10_000)
    network = RecurrentNetwork(10_000, config, SENTIMENT)
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    assert len(scoring_graph(weights, config)) < 10_000
