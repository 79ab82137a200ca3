"""The curves, each against its definition worked out by hand."""

import json

import numpy as np
import pytest

from nsmc.evaluation.curves import (
    POINTS,
    coverage_table,
    precision_recall_table,
    reliability_table,
    roc_table,
    threshold_table,
)
from nsmc.tasks.metrics import accuracy_interval, expected_calibration_error

LABELS = np.array([1, 1, 1, 0, 0, 0, 0, 1], dtype=np.int64)
SCORES = np.array([0.9, 0.8, 0.4, 0.6, 0.3, 0.2, 0.1, 0.5])


def many(size: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    scores = random.random(size)
    return (random.random(size) < scores).astype(np.int64), scores


def test_roc_by_hand() -> None:
    table = roc_table(LABELS, SCORES)
    points = list(zip(table["false_positive_rate"], table["true_positive_rate"], strict=True))
    # Nothing is positive; .9 and .8; then .6, a negative; then .5 and .4; then the rest.
    assert points == [(0, 0), (0, 0.25), (0, 0.5), (0.25, 0.5), (0.25, 1), (1, 1)]
    assert table["threshold"] == [None, 0.9, 0.8, 0.6, 0.4, 0.1]
    json.dumps(table, allow_nan=False)


def test_precision_and_recall_by_hand() -> None:
    table = precision_recall_table(LABELS, SCORES)
    at = dict(zip(table["threshold"], range(len(table["threshold"])), strict=True))
    assert (table["precision"][at[0.8]], table["recall"][at[0.8]]) == (1, 0.5)
    assert (table["precision"][at[0.4]], table["recall"][at[0.4]]) == (0.8, 1)
    assert (table["threshold"][-1], table["precision"][-1], table["recall"][-1]) == (None, 1, 0)


def test_long_curves_keep_their_shape_in_few_points() -> None:
    labels, scores = many()
    table = roc_table(labels, scores)
    x, y = table["false_positive_rate"], table["true_positive_rate"]
    assert len(x) <= POINTS
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    # No gap along the curve beyond the straight ends, whose inner points say nothing.
    assert np.max(np.abs(np.diff(x)) + np.abs(np.diff(y))) < 0.03
    assert np.trapezoid(y, x) == pytest.approx(5 / 6, abs=0.01)
    assert len(precision_recall_table(labels, scores)["recall"]) <= POINTS


def test_thresholds_by_hand() -> None:
    table = threshold_table(LABELS, SCORES)
    assert table["threshold"][:3] == [0, 0.01, 0.02]
    assert (len(table["threshold"]), table["threshold"][-1]) == (101, 1)
    row = {name: column[50] for name, column in table.items()}
    counts = {"tn": 3, "fp": 1, "fn": 1, "tp": 3}
    shares = {"precision": 0.75, "recall": 0.75, "f1": 0.75, "accuracy": 0.75}
    assert row == {"threshold": 0.5, **counts, **shares}
    assert [table[name][0] for name in ("tn", "fp", "fn", "tp")] == [0, 4, 0, 4]
    assert (table["precision"][-1], table["recall"][-1]) == (None, 0)  # nothing is called positive


def test_a_score_at_the_threshold_is_positive() -> None:
    steps = np.arange(101) / 100
    table = threshold_table(np.ones(101, dtype=np.int64), steps)
    assert table["tp"] == [101 - k for k in range(101)]


def test_coverage_by_hand() -> None:
    right = np.array([True, False, True, False, True])
    confidence = np.array([0.95, 0.9, 0.8, 0.6, 0.55])
    table = coverage_table(right, confidence)
    at = {least: place for place, least in enumerate(table["confidence"])}
    assert (table["share_decided"][at[0.5]], table["accuracy"][at[0.5]]) == (1, 0.6)
    assert (table["share_decided"][at[0.8]], table["accuracy"][at[0.8]]) == (0.6, 2 / 3)
    assert (table["share_decided"][at[0.95]], table["accuracy"][at[0.95]]) == (0.2, 1)
    assert (table["share_decided"][at[1]], table["accuracy"][at[1]]) == (0, None)


def test_reliability_by_hand() -> None:
    scores = np.array([0.09, 0.11, 0.90, 0.88, 0.92])
    labels = np.array([1, 0, 1, 1, 0], dtype=np.int64)
    table = reliability_table(labels, scores)
    assert table["examples"] == [2, 3]
    assert table["mean_score"] == [pytest.approx(0.1), pytest.approx(0.9)]
    assert table["positive_share"] == [0.5, pytest.approx(2 / 3)]
    assert (table["share_low"][1], table["share_high"][1]) == accuracy_interval(2, 3)
    assert (table["low"], table["high"]) == ([1 / 15, 13 / 15], [2 / 15, 14 / 15])


def test_the_calibration_error_is_that_of_its_diagram() -> None:
    labels, scores = many()
    table = reliability_table(labels, scores**2)
    gaps = np.abs(np.array(table["mean_score"]) - table["positive_share"])
    error = np.average(gaps, weights=table["examples"])
    assert error == pytest.approx(expected_calibration_error(labels, scores**2))
    assert error > 0.1
