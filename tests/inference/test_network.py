"""The network in numpy scores as those in torch and ONNX, whatever is beside a review."""

from collections.abc import Sequence
from itertools import product
from typing import Any, Literal

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

from nsmc.config.model import ConvConfig, ModelConfig
from nsmc.exporting.onnx import scoring_graph
from nsmc.inference import network as network_module
from nsmc.inference import recurrence
from nsmc.inference.network import BLOCK, BLOCK_MORPHEMES, NumpyNetwork
from nsmc.model.network import RecurrentNetwork
from tests.inference.conftest import on_torch, small_config, weights_of

Cell = Literal["rnn", "gru", "lstm"]
Pooling = Literal["last", "max", "mean", "max+mean"]
OUTPUTS = 3
POOLINGS: tuple[Pooling, ...] = ("last", "max", "mean", "max+mean")
MIXED = [1, 7, 1, 60, 2, 7, 25, 3]
"""Lengths: the shortest there is, some twice, a long one, in no order."""


def reviews(
    lengths: Sequence[int], distinct: int = 40
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Vectors [U, E], tokens [N] and lengths [R] of made-up reviews."""
    generator = np.random.default_rng(4)
    vectors = generator.normal(size=(distinct, 5)).astype(np.float32)  # [U, E]
    tokens = generator.integers(distinct, size=sum(lengths))  # [N]
    return vectors, tokens, np.array(lengths)


@torch.inference_mode()
def one_by_one(
    network: RecurrentNetwork,
    vectors: NDArray[np.float32],
    tokens: NDArray[np.int64],
    lengths: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Outputs [R, O] of torch's network, each review by itself."""
    ends = np.cumsum(lengths)
    parts = [tokens[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    result = [network.classify(torch.from_numpy(vectors[part][:, None])) for part in parts]
    return torch.cat(result).numpy()


class Watched(NumpyNetwork):
    """Keeps the lengths of the reviews of each block."""

    def _pool(self, inputs: Any, tokens: Any, starts: Any, lengths: Any) -> Any:
        self.__dict__.setdefault("blocks", []).append(lengths.tolist())
        return super()._pool(inputs, tokens, starts, lengths)


def check(shape: ModelConfig, lengths: Sequence[int] = MIXED) -> None:
    """Compare torch, numpy and ONNX: each review alone, all together, those of one length."""
    torchs = on_torch(shape)
    weights = weights_of(torchs)
    vectors, tokens, sizes = reviews(lengths)
    expected = one_by_one(torchs, vectors, tokens, sizes)
    assert np.ptp(expected, axis=0).min() > 0.02
    network = NumpyNetwork(weights, shape)
    parts = np.split(tokens, np.cumsum(sizes)[:-1])
    shuffled = np.random.default_rng(1).permutation(len(sizes))
    alone = np.arange(len(sizes))[:, None]
    for order in (np.arange(len(sizes)), np.argsort(sizes), shuffled, *alone):
        outputs = network(vectors, np.concatenate([parts[i] for i in order]), sizes[order])
        assert outputs.dtype == np.float32
        assert outputs.shape == (len(order), OUTPUTS)
        np.testing.assert_allclose(outputs, expected[order], atol=1e-5, rtol=0)
    session = onnxruntime.InferenceSession(
        scoring_graph(weights, shape), providers=["CPUExecutionProvider"]
    )
    for length in np.unique(sizes):
        rows = np.flatnonzero(sizes == length)
        batch = np.stack([vectors[parts[i]] for i in rows], axis=1)  # [T, B, E]
        with torch.inference_mode():
            together = torchs.classify(torch.from_numpy(batch)).numpy()
        np.testing.assert_allclose(together, expected[rows], atol=1e-5, rtol=0)
        (logits,) = session.run(["logits"], {"vectors": batch})
        assert logits.dtype == np.float32
        np.testing.assert_allclose(logits, expected[rows], atol=1e-5, rtol=0)


# Every network once; the poolings in turn, since each sees no more of a network than its outputs.
CELLS: tuple[Cell, ...] = ("rnn", "gru", "lstm")
SHAPES = list(product(CELLS, [1, 2, 3], [False, True]))


@pytest.mark.parametrize("place", range(len(SHAPES)), ids=lambda place: str(SHAPES[place]))
def test_agrees_with_torch_and_onnx(place: int) -> None:
    cell, layers, both = SHAPES[place]
    check(small_config(cell=cell, pooling=POOLINGS[place % 4], bidirectional=both, layers=layers))


@pytest.mark.parametrize(("kernel", "steps"), list(product([1, 3, 5], [1, 2, 3])))
def test_a_convolution_agrees_as_well(kernel: int, steps: int) -> None:
    # Reviews shorter than the kernel and the pooling, and longer.
    lengths = [*range(10, 0, -1), *range(1, 11)]
    cell, layers, both = SHAPES[(kernel + 4 * steps) % len(SHAPES)]
    shape = {"pooling": POOLINGS[steps], "bidirectional": both, "layers": layers}
    check(small_config(cell=cell, conv=ConvConfig(7, kernel, steps), **shape), lengths)


def test_weights_are_left_as_they_were() -> None:
    shape = small_config()
    weights = {name: value.copy() for name, value in weights_of(on_torch(shape)).items()}
    before = {name: value.copy() for name, value in weights.items()}
    network = NumpyNetwork(weights, shape)
    batch = reviews(MIXED)
    copies = [part.copy() for part in batch]
    first = network(*batch)
    np.testing.assert_array_equal(network(*batch), first)
    for name, value in weights.items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
    for part, copy in zip(batch, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


@pytest.mark.parametrize(("cell", "layers"), [("gru", 1), ("lstm", 2)])
def test_more_reviews_than_a_block(cell: Cell, layers: int) -> None:
    shape = small_config(cell=cell, layers=layers)
    torchs = on_torch(shape)
    network = Watched(weights_of(torchs), shape)
    lengths = np.random.default_rng(2).integers(1, 13, size=2 * BLOCK + 1).tolist()
    batch = reviews(lengths)
    result = network(*batch)
    # As even as can be.
    assert [len(block) for block in vars(network)["blocks"]] == [193, 192, 192]
    np.testing.assert_allclose(result, one_by_one(torchs, *batch), atol=1e-5, rtol=0)


@pytest.mark.slow
def test_long_reviews_have_small_blocks() -> None:
    shape = small_config()
    torchs = on_torch(shape)
    network = Watched(weights_of(torchs), shape)
    half = BLOCK_MORPHEMES // 2
    batch = reviews([3, half, BLOCK_MORPHEMES + 5, half - 1, 1, half])
    result = network(*batch)
    assert vars(network)["blocks"] == [[BLOCK_MORPHEMES + 5], [half, half], [half - 1, 3], [1]]
    np.testing.assert_allclose(result, one_by_one(torchs, *batch), atol=1e-5, rtol=0)


@pytest.mark.parametrize("stretch", [1, 2000])
def test_boundaries_change_nothing(monkeypatch: pytest.MonkeyPatch, stretch: int) -> None:
    lengths = [*MIXED, *np.random.default_rng(5).integers(1, 30, size=50).tolist()]
    for cell in CELLS:
        for layers, conv in ((1, ConvConfig()), (2, ConvConfig()), (2, ConvConfig(7, 5, 2))):
            shape = small_config(cell=cell, layers=layers, conv=conv)
            weights, batch = weights_of(on_torch(shape)), reviews(lengths)
            expected = NumpyNetwork(weights, shape)(*batch)
            with monkeypatch.context() as patch:
                patch.setattr(network_module, "BLOCK", 7)
                patch.setattr(network_module, "BLOCK_MORPHEMES", 64)
                patch.setattr(recurrence, "STRETCH", stretch)
                network = Watched(weights, shape)
                result = network(*batch)
            blocks = vars(network)["blocks"]
            assert sum(len(block) for block in blocks) == len(lengths)
            assert all(len(b) <= 7 and (len(b) == 1 or len(b) * b[0] <= 64) for b in blocks)
            np.testing.assert_allclose(result, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("filters", [0, 7])
def test_nothing_to_score(filters: int) -> None:
    shape = small_config(layers=2, conv=ConvConfig(filters))
    network = NumpyNetwork(weights_of(on_torch(shape)), shape)
    vectors, tokens, lengths = reviews([])
    assert network(vectors, tokens, lengths).shape == (0, OUTPUTS)
    assert network.pooled(vectors, tokens, lengths).shape == (0, shape.pooled_size)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooled_vectors(pooling: Pooling, bidirectional: bool) -> None:
    shape = small_config(pooling=pooling, bidirectional=bidirectional)
    weights = weights_of(on_torch(shape))
    network = NumpyNetwork(weights, shape)
    batch = reviews(MIXED)
    pooled = network.pooled(*batch)
    assert pooled.shape == (len(MIXED), shape.pooled_size)
    assert pooled.dtype == np.float32
    assert np.abs(pooled).max() <= 1  # the outputs of a GRU
    outputs = pooled @ weights["head.weight"].T + weights["head.bias"]
    np.testing.assert_allclose(network(*batch), outputs, atol=1e-6, rtol=0)
    ones = np.flatnonzero(np.array(MIXED) == 1)
    if pooling == "max+mean":
        top, mean = np.split(pooled, 2, axis=1)
        assert (top >= mean - 1e-6).all()
        np.testing.assert_allclose(top[ones], mean[ones], atol=1e-7)
