"""Weights of character n-grams beside the RNN: the same outputs in torch and numpy.

`tests/exporting/test_quantization.py` compares 8 bits and ONNX with them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

import nsmc
from nsmc.config.model import WideConfig
from nsmc.config.schema import load_config
from nsmc.data.corpus import Encoding, read_corpus
from nsmc.inference import wide as wide_module
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import open_model
from nsmc.inference.quantized import SCALES, WIDE, quantized
from nsmc.inference.wide import SCALE, WideOutputs
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info
from nsmc.model.inputs import field_for
from nsmc.model.network import RecurrentNetwork
from nsmc.model.wide import WideLinear
from nsmc.text.character_ngrams import character_ngrams

if TYPE_CHECKING:
    from tests.conftest import Untrained

BUCKETS = 4096
WIDE_MODEL = (
    *("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=100"),
    *(f"model.wide.buckets={BUCKETS}", "model.wide.longest=4", "model.wide.dropout=0.3"),
)
TRAINING = ("data.min_freq=1", "training.learning_rate=0.01", "training.epochs=1")
TASKS = {"sentiment": (), "classes": ("가", "나", "다"), "sentiment+stars": ()}
COMMENTS = [
    "정말 재밌다",
    "돈이 아까운 영화였어요 ㅠㅠ 시간도 아깝고",
    "음",
    "처음 보는 오타도 괜찬타 ㅋㅋㅋㅋ 👍",
    "두 번 봐도 지루하지 않고, 볼 때마다 새로운 것이 보인다. 음악도 좋았다",
]


@pytest.fixture(scope="module", params=TASKS)
def directory(request: pytest.FixtureRequest, untrained: Untrained) -> Path:
    """A model directory of each task."""
    return untrained(*WIDE_MODEL, f"task={request.param}", classes=TASKS[request.param])


def cut(classifier: Classifier) -> list[list[str]]:
    return [classifier.tokenizer(text) for text in COMMENTS]


def test_the_networks_outputs_are_the_classifiers(directory: Path, sample: Path) -> None:
    model = open_model(directory)
    weights = model.weights()
    assert weights[WIDE].dtype == np.float16
    assert weights[WIDE].shape == (BUCKETS, model.label_task.outputs)
    config = model.config
    network = RecurrentNetwork(len(model.vocabulary), config.model, model.task).eval()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in weights.items()})
    corpus = read_corpus(sample / "ratings_test.txt", Encoding(config.text))
    field = field_for(corpus, config.model, model.task)
    # A vocabulary as the field asks it: the unknown unit's row for what it lacks.
    field.use_vocabulary(defaultdict(int, {u: row for row, u in enumerate(model.vocabulary)}))
    classifier = Classifier(model)
    for length in np.unique(corpus.lengths):
        same = np.flatnonzero(corpus.lengths == length)
        units = [
            [corpus.morphemes[token] for token in corpus.tokens[corpus.offsets[row] :][:length]]
            for row in same
        ]
        with torch.inference_mode():
            batch = field.process(same.tolist())
            expected = network(batch).numpy()  # [B, O]
            recurrent = network.classify(network.embed(batch)).numpy()  # [B, O]
        result = classifier.outputs_of(units)
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)
        assert np.abs(result - recurrent).max() > 1e-3


def test_a_comment_does_not_see_its_neighbours(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = nsmc.load(directory)
    units = [*cut(classifier), [], *cut(classifier)]
    together = classifier.outputs_of(units)  # [R, O]
    assert np.isnan(together).any(axis=1).tolist() == [not one for one in units]
    alone = np.concatenate([classifier.outputs_of([one]) for one in units])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    monkeypatch.setattr(wide_module, "AT_ONCE", 2)
    np.testing.assert_array_equal(classifier.outputs_of(units), together)


def test_eight_bits_by_columns_are_off_by_half_a_step_at_most() -> None:
    table = np.random.default_rng(1).normal(size=(500, 3)) * [1, 100, 0]
    result = quantized({WIDE: table.astype(np.float16)})
    exact, largest = table.astype(np.float16).astype(np.float32), np.abs(table).max(axis=0)
    off = np.abs(result[WIDE] * result[SCALES[WIDE]] - exact)  # [K, O]
    assert (off.max(axis=0) <= largest / 254 * (1 + 1e-3)).all()
    assert (off.max(axis=0) >= largest / 254 * 0.9).all()
    assert quantized(result)[WIDE] is result[WIDE]


def worth(classifier: Classifier, text: str) -> tuple[list[float], float]:
    """Shapley values by their definition, by really deleting morphemes, and what they sum to."""
    units = classifier.tokenizer(text)
    _, number = classifier.task.explained(classifier.outputs_of([units])[0])
    nothing = classifier.explain(text).baseline

    def value(saved: tuple[int, ...]) -> float:
        if not saved:
            return nothing
        return float(number(classifier.outputs_of([[units[i] for i in saved]]))[0])

    count, shares = len(units), []
    for part in range(count):
        others = [i for i in range(count) if i != part]
        share = 0.0
        for size in range(count):
            weight = 1 / (count * math.comb(count - 1, size))
            for chosen in combinations(others, size):
                with_it = tuple(sorted((*chosen, part)))
                share += weight * (value(with_it) - value(chosen))
        shares.append(share)
    return shares, value(tuple(range(count)))


def test_parts_are_worth_what_deleting_them_does(directory: Path) -> None:
    classifier = nsmc.load(directory)
    for text in ("정말 재밌다", "돈이 아까운 영화", "굿"):
        explained = classifier.explain(text)
        assert 1 <= len(explained.parts) <= 5
        expected, value = worth(classifier, text)
        assert [part.contribution for part in explained.parts] == pytest.approx(expected, abs=1e-5)
        assert explained.value == pytest.approx(value, abs=1e-5)


def test_explanations_sum_to_the_score(directory: Path) -> None:
    classifier = nsmc.load(directory)
    for explained in classifier.explain(COMMENTS):
        total = explained.baseline + sum(part.contribution for part in explained.parts)
        assert total == pytest.approx(explained.value, abs=1e-9)
    # Without a morpheme there is no n-gram either.
    vectors = np.zeros((1, 8), np.float32)
    (nothing,) = classifier.model.network(classifier.model.weights())(
        vectors, np.array([0]), np.array([1])
    )
    name, number = classifier.task.explained(classifier.outputs_of(cut(classifier))[-1])
    assert classifier.explain(COMMENTS)[-1].of == name
    assert classifier.explain(COMMENTS)[-1].baseline == pytest.approx(number(nothing[None])[0])


@pytest.mark.parametrize("unit", ["morpheme", "syllable", "jamo"])
def test_only_units_that_mark_spaces_tell_of_them(unit: str, untrained: Untrained) -> None:
    model = open_model(untrained("model.wide.buckets=4096", f"text.unit={unit}"))
    wide = WideOutputs.of(model, model.weights())
    assert wide is not None
    tokenizer = Classifier(model).tokenizer
    cuts = [tokenizer(text) for text in ("돈이 아까운 영화", "돈이아까운영화", "돈 이아까운 영화")]
    first, *others = wide(cuts).tolist()
    assert [one == first for one in others] == [unit == "morpheme"] * 2
    joined = ["".join(units) for units in cuts]
    assert wide([[one] for one in joined]).tolist() == [first, *others]


def test_the_sum_by_hand() -> None:
    table = np.random.default_rng(2).normal(size=(256, 2)).astype(np.float32)
    units = ["재밌", "다"]
    rows, counts = character_ngrams([units], 3, 256)
    expected = SCALE / math.sqrt(counts[0]) * table[rows].astype(float).sum(axis=0)
    np.testing.assert_allclose(WideOutputs(table, None, 3)([units])[0], expected, rtol=1e-5)
    scales = np.array([0.5, 0.01], np.float32)
    whole = np.round(table * 40).astype(np.int8)
    result = WideOutputs(whole, scales, 3)([units])[0]
    by_hand = SCALE / math.sqrt(counts[0]) * (whole[rows].astype(float).sum(axis=0) * scales)
    np.testing.assert_allclose(result, by_hand, rtol=1e-5)


class Grams:
    """As much of a batch as the layer reads."""

    def __init__(self, rows: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        self.grams, self.gram_counts = torch.from_numpy(rows), torch.from_numpy(counts)


@pytest.mark.parametrize("sparse", [False, True])
def test_dropout_leaves_out_ngrams_and_keeps_the_sum_on_average(sparse: bool) -> None:
    shape = WideConfig(buckets=BUCKETS, longest=4, dropout=0.25)
    layer = WideLinear(shape, 1, sparse=sparse)
    torch.nn.init.ones_(layer.weight)
    rows, counts = character_ngrams([[f"{i}번째 영화"] for i in range(400)], 4, BUCKETS)
    batch: Any = Grams(rows, counts)
    whole = SCALE * np.sqrt(counts)  # every weight is 1
    np.testing.assert_allclose(layer.eval()(batch)[:, 0].detach(), whole, rtol=1e-5)
    torch.manual_seed(1)
    result = layer.train()(batch)[:, 0].detach().numpy()
    saved = result / (SCALE / np.sqrt(counts)) * 0.75  # n-grams that are left of each comment
    np.testing.assert_allclose(saved, np.round(saved), atol=1e-3)
    assert 0.72 < saved.sum() / counts.sum() < 0.78
    layer(batch).sum().backward()
    gradient = layer.weight.grad
    assert gradient is not None
    assert gradient.is_sparse == sparse
    touched = gradient.to_dense()[:, 0] if sparse else gradient[:, 0]
    others = np.setdiff1d(np.arange(BUCKETS), rows)
    assert not touched[others].any()
    assert touched.count_nonzero() > 0.5 * len(np.unique(rows))


@pytest.mark.slow
def test_training_moves_the_weights_and_the_card_tells_of_them(
    sample: Path, tmp_path: Path
) -> None:
    config = load_config(None, [*WIDE_MODEL, *TRAINING])
    model = nsmc.train(config, data=sample, output=tmp_path / "run", device="cpu").model
    assert np.count_nonzero(open_model(model).weights()[WIDE]) > 1000  # of zeros at first
    about = info(model)
    assert "beside it 4,096 weights of n-grams of up to" in model_card(about)
    assert about.parameters == sum(one["parameters"] for one in about.tensors)
    assert any(one["name"] == WIDE for one in about.tensors)
    assert open_model(model).metrics["exit"]["buckets"] == BUCKETS  # smaller than the default
