"""Confident learning, against an example that was counted by hand."""

import numpy as np
import pytest

from nsmc.auditing.confident import (
    confident_joint,
    given_probabilities,
    thresholds,
    wrong_labels,
)

# Six comments labelled negative, four labelled positive.
LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int8)
SCORES = np.array([0.1, 0.2, 0.1, 0.3, 0.9, 0.8, 0.9, 0.9, 0.6, 0.2])


def test_the_probability_of_the_label_given() -> None:
    expected = [0.9, 0.8, 0.9, 0.7, 0.1, 0.2, 0.9, 0.9, 0.6, 0.2]
    assert given_probabilities(LABELS, SCORES).tolist() == pytest.approx(expected)


def test_a_threshold_is_the_mean_within_its_label() -> None:
    # (0.9 + 0.8 + 0.9 + 0.7 + 0.1 + 0.2) / 6 and (0.9 + 0.9 + 0.6 + 0.2) / 4.
    assert thresholds(LABELS, SCORES) == pytest.approx((0.6, 0.65))


def test_the_joint_counts_what_is_confident() -> None:
    # Negative from 0.6 on, positive from 0.65 on: the 0.6 of a positive one is neither.
    assert confident_joint(LABELS, SCORES).tolist() == [[4, 2], [1, 2]]


def test_of_two_confident_labels_the_likelier_counts() -> None:
    # Thresholds 0.35 and 0.4: 0.45 is enough for both labels, and 0.55 for negative is more.
    labels = np.array([0, 0, 1, 1], dtype=np.int8)
    scores = np.array([0.45, 0.85, 0.45, 0.35])
    assert thresholds(labels, scores) == pytest.approx((0.35, 0.4))
    assert confident_joint(labels, scores).tolist() == [[1, 1], [2, 0]]


def test_the_share_of_the_confident_ones_stands_for_all() -> None:
    # 2 of 6 negative ones; 1 of 3 confident positive ones, so 4/3 of the 4.
    assert wrong_labels(LABELS, SCORES) == pytest.approx((2, 4 / 3))


def test_right_labels_are_not_suspected() -> None:
    labels = np.array([0, 1] * 10, dtype=np.int8)
    assert wrong_labels(labels, np.where(labels == 1, 0.95, 0.05)) == (0, 0)
