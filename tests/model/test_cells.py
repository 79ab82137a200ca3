"""The network against the textbook: every cell's equations in plain numpy.

Shapes: T steps, B reviews, I input size, H hidden size, D directions.
"""

from dataclasses import replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.model.cells import make_encoder
from nsmc.model.network import RecurrentNetwork, describe
from nsmc.tasks.registry import make_task

Array: TypeAlias = NDArray[np.float64]
Cell: TypeAlias = Literal["rnn", "gru", "lstm"]
CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm")
Pooling: TypeAlias = Literal["last", "max", "mean", "max+mean"]
POOLINGS: tuple[Pooling, ...] = ("last", "max", "mean", "max+mean")
H = 5
SENTIMENT = make_task(Config())


def logistic(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def run_cell(kind: Cell, w: dict[str, Array], inputs: Array) -> Array:
    """One direction of one layer: [T, B, I] → [T, B, H], each step as the docstring has it."""

    def part(index: int, source: str, x: Array) -> Array:
        rows = slice(index * H, (index + 1) * H)
        return np.asarray(x @ w[f"weight_{source}"][rows].T + w[f"bias_{source}"][rows])

    h = c = np.zeros((inputs.shape[1], H))
    outputs = []
    for x in inputs:
        if kind == "rnn":
            h = np.tanh(part(0, "ih", x) + part(0, "hh", h))
        elif kind == "gru":
            r = logistic(part(0, "ih", x) + part(0, "hh", h))
            z = logistic(part(1, "ih", x) + part(1, "hh", h))
            n = np.tanh(part(2, "ih", x) + r * part(2, "hh", h))
            h = (1 - z) * n + z * h
        else:
            i = logistic(part(0, "ih", x) + part(0, "hh", h))
            f = logistic(part(1, "ih", x) + part(1, "hh", h))
            g = np.tanh(part(2, "ih", x) + part(2, "hh", h))
            o = logistic(part(3, "ih", x) + part(3, "hh", h))
            c = f * c + i * g
            h = o * np.tanh(c)
        outputs.append(h)
    return np.stack(outputs)


def run_network(config: ModelConfig, weights: dict[str, Array], vectors: Array) -> Array:
    """Logits [B] of vectors [T, B, E]."""
    outputs = vectors
    for layer in range(config.layers):
        sides = []
        for suffix in ["", "_reverse"][: config.directions]:
            w = {
                f"{kind}_{source}": weights[f"encoder.{kind}_{source}_l{layer}{suffix}"]
                for kind in ("weight", "bias")
                for source in ("ih", "hh")
            }
            if suffix:
                sides.append(run_cell(config.cell, w, outputs[::-1])[::-1])
            else:
                sides.append(run_cell(config.cell, w, outputs))
        outputs = np.concatenate(sides, axis=2)
    # The last step of the backward direction is the one at the first morpheme.
    ends = [outputs[-1, :, :H], outputs[0, :, H:]]
    pooled = {
        "last": np.concatenate(ends, axis=1),
        "max": outputs.max(axis=0),
        "mean": outputs.sum(axis=0) / len(outputs),
    }
    parts = [pooled[name] for name in config.pooling.split("+")]
    logits = np.concatenate(parts, axis=1) @ weights["head.weight"].T + weights["head.bias"]
    return np.asarray(logits[:, 0])


@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (1, True), (3, True)])
@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("cell", CELLS)
def test_network_computes_the_textbook_equations(
    cell: Cell, pooling: Pooling, layers: int, bidirectional: bool
) -> None:
    config = ModelConfig(cell, layers=layers, bidirectional=bidirectional, pooling=pooling)
    config = replace(config, embedding_size=4, hidden_size=H, subword_buckets=0)
    network = RecurrentNetwork(3, config, SENTIMENT).eval()
    torch.manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.8, 0.8)  # biases that matter
    vectors = np.random.default_rng(2).normal(size=(9, 3, 4))
    weights = {
        name: value.detach().numpy().astype(np.float64)
        for name, value in network.named_parameters()
    }
    expected = run_network(config, weights, vectors)
    with torch.inference_mode():
        logits = network.classify(torch.tensor(vectors, dtype=torch.float32))[:, 0].numpy()
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(logits, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_start_as_described(cell: Cell) -> None:
    config = ModelConfig(cell=cell, layers=2, embedding_size=7, hidden_size=H)
    for name, parameter in make_encoder(config).named_parameters():
        values: NDArray[Any] = parameter.detach().numpy()
        gates = np.split(values, len(values) // H)
        if name.startswith("weight_hh"):
            for gate in gates:
                np.testing.assert_allclose(gate @ gate.T, np.eye(H), atol=1e-5)
        elif name.startswith("weight_ih"):
            for gate in gates:
                bound = np.sqrt(6 / (H + gate.shape[1]))  # Glorot's, of one gate's matrix
                assert 0.7 * bound < np.abs(gate).max() <= bound
        else:
            for index, gate in enumerate(gates):
                opened = cell == "lstm" and index == 1 and name.startswith("bias_ih")
                assert (gate == (1 if opened else 0)).all(), name


def test_dropout_works_in_training_only() -> None:
    config = ModelConfig(embedding_size=4, hidden_size=H, layers=2, dropout=0.5)
    network = RecurrentNetwork(3, config, SENTIMENT)
    vectors = torch.randn(6, 2, 4)
    network.eval()
    assert torch.equal(network.classify(vectors), network.classify(vectors))
    network.train()
    assert not torch.equal(network.classify(vectors), network.classify(vectors))


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_parameters_are_described_with_their_number(cell: Cell, gates: int) -> None:
    config = ModelConfig(cell=cell, embedding_size=4, hidden_size=H, subword_buckets=10)
    names, shapes, counts = zip(*describe(RecurrentNetwork(3, config, SENTIMENT)), strict=True)
    recurrent = 2 * gates * (H * 4 + H * H + 2 * H)
    assert sum(counts) == 3 * 4 + 10 * 4 + recurrent + (2 * 2 * H + 1)
    assert names[:2] == ("embedding.words.weight", "embedding.ngrams.weight")
    assert [int(np.prod(shape)) for shape in shapes] == list(counts)
