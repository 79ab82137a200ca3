"""Accuracy in groups of reviews."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from nsmc.evaluation.evaluate import evaluate_classifier
from nsmc.evaluation.significance import mean_interval
from nsmc.evaluation.slices import (
    CONFIDENCE,
    LENGTHS,
    UNKNOWN,
    accuracy_slices,
    mean_table,
    slice_table,
)
from nsmc.inference.classifier import load
from nsmc.tasks.metrics import accuracy_interval


def test_bins_hold_their_upper_bound() -> None:
    lengths = np.array([1, 10, 11, 20, 21, 81, 5000])
    right = np.array([True, False, True, True, False, True, False])
    table = slice_table(right, lengths, LENGTHS)
    assert table["bin"] == ["1–10", "11–20", "21–40", "> 80"]  # no review has 41–80
    assert table["examples"] == [2, 2, 1, 2]
    assert table["right"] == [1, 2, 0, 1]
    assert table["accuracy"] == [0.5, 1, 0, 0.5]
    assert (table["low"][0], table["high"][0]) == accuracy_interval(1, 2)


def test_every_value_falls_into_one_bin() -> None:
    for bins, values in (
        (LENGTHS, np.arange(1, 1001)),
        (UNKNOWN, np.linspace(0, 1, 1001)),
        (CONFIDENCE, np.linspace(0, 1, 1001)),
    ):
        table = slice_table(np.ones(len(values), dtype=bool), values, bins)
        assert sum(table["examples"]) == len(values)
        assert table["bin"] == [name for name, _, _ in bins]


def test_what_a_comment_is_like(
    untrained: Callable[..., Path], labelled: Callable[..., Path]
) -> None:
    # The vocabulary is 재밌 and 다; Mecab cuts 재밌다 into these.
    path = labelled([("재밌다", 1), ("", 1), ("영화 재밌다", 0), ("영화", 0), ("\u200b", 1)])
    result = evaluate_classifier(load(untrained()), path)
    scored = result.reviews
    assert scored.texts == ["재밌다", "영화 재밌다", "영화"]
    assert scored.rows.tolist() == [1, 3, 4]
    assert result.skipped == 2
    assert scored.unknown.round(6).tolist() == [0, 0.333333, 1]
    choices = scored.choices
    assert choices is not None
    tables = accuracy_slices(scored, choices.right, choices.confidence)
    assert tables["unknown"]["bin"] == ["none", "20–40", "> 40"]
    assert tables["length"]["examples"] == [3]
    predicted = scored.classifier.predict(scored.texts)
    right = np.array([one.label == "positive" for one in predicted]) == (scored.targets[:, 0] == 1)
    assert sum(tables["confidence"]["right"]) == right.sum()
    assert np.allclose(choices.confidence, [one.confidence for one in predicted])
    assert tables["length"]["accuracy"] == [right.mean()]


def test_means_of_errors_by_bin() -> None:
    from scipy.stats import ttest_1samp

    errors = np.array([0.5, 1.5, 1.0, 4.0])
    table = mean_table(errors, np.array([3, 10, 9, 30]), LENGTHS)
    assert table["bin"] == ["1–10", "21–40"]
    assert (table["examples"], table["mean_absolute_error"]) == ([3, 1], [1.0, 4.0])
    interval = ttest_1samp(errors[:3], 0).confidence_interval(0.95)
    assert np.allclose([table["low"][0], table["high"][0]], [interval.low, interval.high])
    assert (table["low"][1], table["high"][1]) == mean_interval(errors[3:]) == (None, None)
