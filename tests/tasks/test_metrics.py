"""The metrics, each against its definition worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.tasks.metrics import BINS, accuracy_interval, binary_metrics, expected_calibration_error

LABELS = np.array([1, 1, 1, 0, 0, 0, 0, 1], dtype=np.int8)
SCORES = np.array([0.9, 0.8, 0.4, 0.6, 0.3, 0.2, 0.1, 0.5])


def test_metrics_by_hand() -> None:
    metric_values = binary_metrics(LABELS, SCORES, 0.5)
    # Predicted positive: .9 .8 .6 .5, of which .6 wrongly; .4 is missed.
    assert metric_values["confusion"] == [[3, 1], [1, 3]]
    assert metric_values["examples"] == 8
    assert metric_values["accuracy"] == 0.75
    assert metric_values["precision"] == metric_values["recall"] == metric_values["f1"] == 0.75
    # Of 16 pairs of a positive and a negative, .5 and .4 stand below .6.
    assert metric_values["roc_auc"] == pytest.approx(14 / 16)
    losses = [-math.log(s if y else 1 - s) for y, s in zip(LABELS, SCORES, strict=True)]
    assert metric_values["log_loss"] == pytest.approx(sum(losses) / 8)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 10)), min_size=1), st.integers(0, 10))
def test_scikit_learn_says_the_same(rows: list[tuple[int, int]], tenths: int) -> None:
    from sklearn import metrics

    labels = np.array([label for label, _ in rows], dtype=np.int8)
    scores = np.array([tenth / 10 for _, tenth in rows])  # with ties
    found, called = binary_metrics(labels, scores, tenths / 10), scores >= tenths / 10
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, called, average="binary", zero_division=0
    )
    both = len({*labels.tolist()}) == 2
    assert found["confusion"] == metrics.confusion_matrix(labels, called, labels=[0, 1]).tolist()
    assert (found["precision"], found["recall"]) == pytest.approx((precision, recall))
    assert found["f1"] == pytest.approx(f1)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels, scores, labels=[0, 1]))
    expected = metrics.roc_auc_score(labels, scores) if both else None
    assert found["roc_auc"] == pytest.approx(expected)


def test_one_review_alone_and_certain_scores() -> None:
    alone = binary_metrics(np.array([1], dtype=np.int8), np.array([0.25]), 0.5)
    assert (alone["accuracy"], alone["ece"]) == (0.0, pytest.approx(0.75))
    metric_values = binary_metrics(np.array([1, 0], dtype=np.int8), np.array([0.0, 1.0]), 0.5)
    assert math.isfinite(metric_values["log_loss"])
    assert metric_values["ece"] == 1.0
    right = binary_metrics(np.array([0, 1], dtype=np.int8), np.array([0.0, 1.0]), 0.5)
    assert (right["ece"], f"{right['log_loss']:.4f}") == (0.0, "0.0000")


def test_calibration_error_by_hand() -> None:
    assert BINS == 15
    # Bin 1 (1/15 to 2/15): mean score .1, 1 of 2 positive. Bin 13: mean score .9, 2 of 3.
    scores = np.array([0.09, 0.11, 0.90, 0.88, 0.92])
    labels = np.array([1, 0, 1, 1, 0], dtype=np.int8)
    expected = 2 / 5 * abs(0.1 - 1 / 2) + 3 / 5 * abs(0.9 - 2 / 3)
    assert expected_calibration_error(labels, scores) == pytest.approx(expected)
    # Errors of one bin cancel, those of two don't.
    labels = np.array([1, 0], dtype=np.int8)
    assert expected_calibration_error(labels, np.array([0.5, 0.5])) == pytest.approx(0)
    assert expected_calibration_error(labels, np.array([0.4, 0.6])) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("right", "examples", "expected"),
    [
        # (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96
        (8, 10, (0.49016, 0.94332)),
        (50, 100, (0.40383, 0.59617)),
        (0, 10, (0.0, 0.27754)),
        (10, 10, (0.72246, 1.0)),
        (43_500, 50_000, (0.86702, 0.87292)),
    ],
)
def test_interval_by_hand(right: int, examples: int, expected: tuple[float, float]) -> None:
    low, high = accuracy_interval(right, examples)
    assert (low, high) == pytest.approx(expected, abs=1e-5)
    assert 0 <= low <= high <= 1
    # Wilson's ends are where the share lies exactly z standard errors away.
    for end in (low, high):
        distance = abs(right / examples - end)
        assert distance == pytest.approx(1.96 * math.sqrt(end * (1 - end) / examples), abs=1e-7)
