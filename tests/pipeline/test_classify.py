"""Tables are scored alike in one process and in several, and where the network has to be."""

import dataclasses
import multiprocessing
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nsmc.errors import ModelError
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import open_model
from nsmc.pipeline import classify
from nsmc.pipeline.classify import explain_each, map_scores

SIZES = (3, 60, 0, 1, 100, 41)


@pytest.fixture(scope="module")
def chunks(sample: Path) -> list[list[str]]:
    lines = (sample / "ratings_test.txt").read_text(encoding="utf-8").splitlines()[1:]
    odd = ["ㅋㅋㅋ 👍", "재밌\ud800다", " "]
    texts = ["", "\u200b", *(line.split("\t")[1] for line in lines), *odd]
    assert len(texts) == sum(SIZES)
    ends = np.cumsum(SIZES).tolist()
    return [texts[end - size : end] for size, end in zip(SIZES, ends, strict=True)]


@pytest.fixture(scope="module")
def expected(small_model: Path, chunks: list[list[str]]) -> list[list[float]]:
    """One by one."""
    classifier = load(small_model)
    scores = [[classifier.predict(text).score for text in chunk] for chunk in chunks]
    return [[np.nan if score is None else score for score in chunk] for chunk in scores]


def score_chunks(chunks: Iterable[list[str]], classifier: Classifier, *, workers: int) -> Any:
    return (outputs for outputs, _ in map_scores(chunks, classifier, workers=workers))


def assert_same(result: list[Any], expected: list[list[float]], within: float = 1e-5) -> None:
    assert [chunk.shape for chunk in result] == [(size, 1) for size in SIZES]
    for one, other in zip(result, expected, strict=True):
        assert one.dtype == np.float32
        scores = 1 / (1 + np.exp(-one[:, 0]))  # [R]
        np.testing.assert_allclose(scores, other, atol=within, rtol=0)  # NaN equals NaN here


def test_two_workers_give_what_one_does_in_order(
    small_model: Path, chunks: list[list[str]], expected: list[list[float]]
) -> None:
    classifier = load(small_model)
    assert classifier.runs_in_workers
    alone = list(score_chunks(iter(chunks), classifier, workers=1))
    assert_same(alone, expected)
    assert np.isnan(alone[0][:2]).all()
    assert not np.isnan(alone[0][2])
    two = list(score_chunks(iter(chunks), classifier, workers=2))
    for one, other in zip(two, alone, strict=True):
        np.testing.assert_array_equal(one, other)  # to the bit; NaN equals NaN here


def test_a_threshold_of_one_s_own_changes_no_score(
    small_model: Path, chunks: list[list[str]], expected: list[list[float]]
) -> None:
    assert_same(list(score_chunks(chunks, load(small_model, threshold=1.0), workers=2)), expected)


def test_a_model_that_is_gone_meanwhile(
    small_model: Path, tmp_path: Path, chunks: list[list[str]]
) -> None:
    place = Path(shutil.copytree(small_model / "model", tmp_path / "model"))
    classifier = load(place)
    shutil.rmtree(place)
    with pytest.raises(ModelError, match=r"expected a model directory at .*, found nothing there"):
        list(score_chunks(chunks, classifier, workers=2))
    # This process holds all of it.
    assert len(list(score_chunks(chunks, classifier, workers=1))) == len(chunks)


def test_a_network_that_is_not_the_model_s_own_stays_here(
    small_model: Path, chunks: list[list[str]], expected: list[list[float]]
) -> None:
    from nsmc.model.on_device import TorchNetwork

    model = open_model(small_model)
    network = TorchNetwork(model, "cpu")
    here: list[int] = []

    def watched(vectors: Any, tokens: Any, lengths: Any) -> Any:
        here.append(os.getpid())
        return network(vectors, tokens, lengths)

    classifier = Classifier(model, network=watched)
    assert not classifier.runs_in_workers
    for workers in (1, 2):
        here.clear()
        assert_same(list(score_chunks(chunks, classifier, workers=workers)), expected)
        assert len(here) == len(chunks) - 1  # one of them is empty
        assert set(here) == {os.getpid()}


def test_the_warning_of_another_dictionary_comes_first_and_once(
    small_model: Path, chunks: list[list[str]]
) -> None:
    model = open_model(small_model)
    other = dataclasses.replace(
        model, identity={**model.identity, "dictionary": "mecab-ko-dic 0.0.1"}
    )

    source = iter(chunks)
    with pytest.warns(UserWarning, match="cut by other versions"):
        results = score_chunks(source, Classifier(other), workers=2)
    # Nothing was read before it; a second warning would be an error here.
    assert next(source) is chunks[0]
    assert len(list(results)) == len(chunks) - 1


def test_many_explanations_come_from_workers_in_order(
    small_model: Path, chunks: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, classifier = chunks[4][:30] + chunks[0], load(small_model)
    monkeypatch.setattr(classify, "available_cores", lambda: 2)
    alone = list(explain_each(texts, classifier))
    assert alone == classifier.explain(texts)
    monkeypatch.setattr(classify, "MANY", 20)
    explanations = explain_each(texts, classifier)
    together = [next(explanations)]
    assert len(multiprocessing.active_children()) == 2
    together += explanations
    assert [e.prediction.text for e in together] == texts
    for one, other in zip(together, alone, strict=True):
        parts = [[part.contribution for part in e.parts] for e in (one, other)]
        assert parts[0] == pytest.approx(parts[1], abs=1e-6)
