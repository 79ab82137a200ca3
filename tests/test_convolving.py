"""With a convolution, too, a comment's score is its own: alone, beside others, in torch, in ONNX.

Pooling shortens every review by another amount, so this is where padding would show.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnxruntime
import pytest
import torch
from numpy.typing import NDArray

import nsmc
from nsmc.config.model import ConvConfig, ModelConfig
from nsmc.config.schema import Config, load_config
from nsmc.errors import ModelError
from nsmc.exporting.onnx import scoring_graph
from nsmc.exporting.quantization import export
from nsmc.inference import network as network_module
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import open_model
from nsmc.inference.network import NumpyNetwork
from nsmc.model.network import RecurrentNetwork
from nsmc.model.on_device import TorchNetwork
from nsmc.report.evaluation_report import evaluate
from nsmc.tasks.registry import make_task
from nsmc.training.api import train

Cell = Literal["rnn", "gru", "lstm"]
CASES = list(product(["rnn", "gru", "lstm"], [1, 3, 5], [1, 2, 3]))
"""Cells, kernels and poolings."""
LENGTHS = np.random.default_rng(8).permutation(np.repeat(np.arange(1, 11), 3))
"""Three reviews of each length: shorter than the kernel and the pooling, and longer."""


def config(cell: Cell, conv: tuple[int, int], **others: Any) -> ModelConfig:
    """A small network, its convolution by kernel and pooling."""
    shape = ModelConfig(cell=cell, embedding_size=5, hidden_size=6, **others)
    return replace(shape, conv=ConvConfig(7, *conv))


def on_torch(shape: ModelConfig) -> RecurrentNetwork:
    torch.manual_seed(3)
    network = RecurrentNetwork(3, shape, make_task(Config())).eval()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.8, 0.8)
    return network


def weights_of(network: RecurrentNetwork) -> Mapping[str, NDArray[Any]]:
    return {name: value.detach().numpy() for name, value in network.named_parameters()}


def reviews(
    lengths: NDArray[np.int64],
) -> tuple[NDArray[np.float32], list[NDArray[np.int64]]]:
    """Vectors [U, E] and the tokens of each review."""
    generator = np.random.default_rng(4)
    vectors = generator.normal(size=(25, 5)).astype(np.float32)  # [U, E]
    return vectors, [generator.integers(25, size=length) for length in lengths]


def scored(network: Any, vectors: NDArray[Any], parts: list[NDArray[Any]]) -> NDArray[np.float32]:
    """Logits [R] of some reviews in one call."""
    lengths = np.array([len(part) for part in parts])
    found: NDArray[np.float32] = network(vectors, np.concatenate(parts), lengths)
    return found.reshape(-1)


@pytest.mark.parametrize(("cell", "kernel", "pooling"), CASES)
def test_a_score_is_the_same_everywhere(cell: Cell, kernel: int, pooling: int) -> None:
    shape = config(cell, (kernel, pooling))
    torchs = on_torch(shape)
    weights = weights_of(torchs)
    vectors, parts = reviews(LENGTHS)
    with torch.inference_mode():
        alone = [torchs.classify(torch.from_numpy(vectors[p][:, None])).item() for p in parts]
    assert np.ptp(alone) > 0.1
    network = NumpyNetwork(weights, shape, 1)
    # In numpy: all together, in any order, alone, and with only the vectors there are.
    np.testing.assert_allclose(scored(network, vectors, parts), alone, atol=1e-5, rtol=0)
    order = np.random.default_rng(5).permutation(len(parts))
    shuffled = scored(network, vectors, [parts[i] for i in order])
    np.testing.assert_allclose(shuffled, np.array(alone)[order], atol=1e-5, rtol=0)
    for part, score in zip(parts, alone, strict=True):
        distinct, tokens = np.unique(part, return_inverse=True)
        assert scored(network, vectors[distinct], [tokens]) == pytest.approx(score, abs=1e-5)
    # In torch and in ONNX: with the others of its length, as in training.
    session = onnxruntime.InferenceSession(
        scoring_graph(weights, shape), providers=["CPUExecutionProvider"]
    )
    for length in range(1, 11):
        rows = np.flatnonzero(length == LENGTHS)
        batch = np.stack([vectors[parts[i]] for i in rows], axis=1)  # [T, B, E]
        with torch.inference_mode():
            together = torchs.classify(torch.from_numpy(batch)).numpy().reshape(-1)
        expected = np.array(alone)[rows]
        np.testing.assert_allclose(together, expected, atol=1e-5, rtol=0)
        (found,) = session.run(None, {"vectors": batch})
        np.testing.assert_allclose(found.reshape(-1), expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("pooling", ["last", "max", "mean", "max+mean"])
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (2, True), (3, True)])
def test_with_more_layers_and_every_pooling(
    pooling: Literal["last", "max", "mean", "max+mean"], layers: int, bidirectional: bool
) -> None:
    shape = config("gru", (3, 2), pooling=pooling, layers=layers, bidirectional=bidirectional)
    torchs = on_torch(shape)
    vectors, parts = reviews(LENGTHS)
    with torch.inference_mode():
        alone = [torchs.classify(torch.from_numpy(vectors[p][:, None])).item() for p in parts]
    network = NumpyNetwork(weights_of(torchs), shape, 1)
    np.testing.assert_allclose(scored(network, vectors, parts), alone, atol=1e-5, rtol=0)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = config("lstm", (5, 2), layers=2)
    network = NumpyNetwork(weights_of(on_torch(shape)), shape, 1)
    vectors, parts = reviews(np.random.default_rng(5).integers(1, 40, size=80))
    expected = scored(network, vectors, parts)
    monkeypatch.setattr(network_module, "BLOCK", 7)
    monkeypatch.setattr(network_module, "BLOCK_MORPHEMES", 64)
    np.testing.assert_allclose(scored(network, vectors, parts), expected, atol=1e-6, rtol=0)
    assert network(vectors, np.array([], dtype=np.int64), np.array([], dtype=np.int64)).size == 0


RECIPE = Path(__file__).parent.parent / "configs" / "conv-gru.toml"
FOR_THE_SAMPLE = (
    *("model.embedding_size=32", "model.hidden_size=32", "model.subword_buckets=2000"),
    *("model.conv.filters=32", "data.validation=0.1", "training.batch_size=16"),
    *("training.epochs=8", "training.learning_rate=0.005", "training.adversarial_norm=0.3"),
)
COMMENTS = [
    "재밌다",
    "음",
    "돈이 아까운 영화였어요 ㅠㅠ 시간도 아깝고",
    "연기는 좋은데 결말이 산으로 간다...",
    "두 번 봐도 지루하지 않고, 볼 때마다 새로운 것이 보인다. 음악도 좋았다",
]


@pytest.fixture(scope="module")
def trained(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped recipe on the sample data, made small: trained adversarially, too."""
    recipe = load_config(RECIPE, FOR_THE_SAMPLE)
    assert recipe.training.adversarial_norm > 0
    output = tmp_path_factory.mktemp("convolving") / "run"
    return train(recipe, data=sample, output=output, device="cpu").model


def test_it_learns(trained: Path, sample: Path) -> None:
    model = open_model(trained)
    assert model.config.model.conv == ConvConfig(filters=32, kernel=3, pooling=2)
    assert model.weights()["convolution.weight"].shape == (32, 32, 3)
    assert model.weights()["convolution.bias"].any()  # zero at first
    # Three standard errors of 200 guesses above chance is 61%.
    assert evaluate(sample, trained).metrics["accuracy"] > 0.65


def test_it_scores_alike_on_torch_and_beside_others(trained: Path) -> None:
    model = open_model(trained)
    classifier, on_device = Classifier(model), Classifier(model, network=TorchNetwork(model, "cpu"))
    cut = [classifier.tokenizer(text) for text in COMMENTS]
    together = classifier.score_morphemes(cut)
    assert np.ptp(together) > 0.1
    np.testing.assert_allclose(on_device.score_morphemes(cut), together, atol=1e-5, rtol=0)
    alone = [classifier.score_morphemes([one])[0] for one in cut]
    np.testing.assert_allclose(alone, together, atol=1e-6, rtol=0)


def test_its_explanations_sum_up(trained: Path) -> None:
    for explained in nsmc.load(trained).explain(COMMENTS):
        total = explained.baseline + sum(part.contribution for part in explained.parts)
        assert total == pytest.approx(explained.logit, abs=1e-6)
        assert any(part.contribution for part in explained.parts)


def test_its_graph_gives_its_logits(trained: Path, tmp_path: Path) -> None:
    classifier = nsmc.load(trained)
    file = export(trained, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    for explained in classifier.explain(COMMENTS):
        morphemes = classifier.tokenizer(explained.prediction.text)
        vectors, tokens = classifier._vectors(morphemes)  # [U, E], [T]
        (found,) = session.run(None, {"vectors": vectors[tokens][:, None]})
        assert found.item() == pytest.approx(explained.logit, abs=2e-5)


def test_weights_of_another_convolution_are_refused(trained: Path) -> None:
    model = open_model(trained)
    shape = replace(model.config.model, conv=ConvConfig(32, 5))
    changed = replace(model, config=replace(model.config, model=shape))
    with pytest.raises(ModelError, match=r"doesn't fit together: .* \(convolution\.weight and"):
        changed.network(model.weights())
