"""Sentence vectors and their picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nsmc.evaluation.evaluate import evaluate_classifier
from nsmc.inference.classifier import load
from nsmc.report.sentence_space import sentence_space

ROWS = [("재밌다", 1), ("노잼", 0), ("정말 재밌다", 1), ("다 재밌다 다", 1), ("별로다", 0)]


def test_principal_components(small_model: Path, sample: Path) -> None:
    scored = evaluate_classifier(load(small_model), sample / "ratings_test.txt").reviews
    logits = scored.outputs[:, 0].astype(float)
    result = sentence_space(scored, logits, logit=logits)
    assert result is not None
    points = result["points"]
    assert list(points) == ["row", "x", "y", "logit", "document"]
    assert points["row"] == list(range(1, 201))
    assert (points["document"], points["logit"]) == (scored.texts, logits.tolist())
    vectors = scored.classifier.sentence_vectors(
        [scored.classifier.tokenizer(text) for text in scored.texts]
    ).astype(float)
    centred = vectors - vectors.mean(axis=0)
    _, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    assert result["variance"] == pytest.approx((sizes**2 / (sizes**2).sum())[:2].tolist())
    assert np.square(points["x"]).sum() == pytest.approx(sizes[0] ** 2)
    assert np.square(points["y"]).sum() == pytest.approx(sizes[1] ** 2)
    # What is called positive lies to the right; asked for the other way round, to the left.
    assert np.corrcoef(points["x"], logits)[0, 1] > 0.8
    turned = sentence_space(scored, -logits)
    assert turned is not None
    assert np.allclose(turned["points"]["x"], -np.array(points["x"]))


def test_one_dimension_and_too_little_to_see(
    untrained: Callable[..., Path], labelled: Callable[..., Path]
) -> None:
    flat = ("model.hidden_size=1", "model.bidirectional=false", "model.pooling=last")
    classifier = load(untrained(*flat))

    def space(rows: list[tuple[str, int]]) -> dict[str, Any] | None:
        return sentence_space(evaluate_classifier(classifier, labelled(rows)).reviews, None)

    result = space(ROWS)
    assert result is not None
    assert set(result["points"]["y"]) == {0.0}
    assert result["variance"] == [pytest.approx(1), 0.0]
    assert space(ROWS[:2]) is None
    assert space(ROWS[:1] * 5) is None
