"""The ONNX graph; `tests/inference/test_network.py` compares its logits with the networks'."""

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.exporting.onnx import scoring_graph
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task


def test_graph_holds_no_tables() -> None:
    config = ModelConfig(embedding_size=4, hidden_size=6, subword_buckets=10_000)
    network = RecurrentNetwork(10_000, config, make_task(Config()))
    weights = {name: value.detach().numpy() for name, value in network.named_parameters()}
    assert len(scoring_graph(weights, config)) < 10_000
