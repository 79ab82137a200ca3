"""Confident learning, against an example that was counted by hand."""

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.auditing.confident_learning import (
    class_thresholds,
    confident_joint,
    estimate_label_errors,
    rank_label_issues,
    self_confidence,
)

# Six comments labelled negative, four labelled positive.
LABELS = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1], dtype=np.int64)
SCORES = np.array([0.1, 0.2, 0.1, 0.3, 0.9, 0.8, 0.9, 0.9, 0.6, 0.2])


def of_two(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of both labels [R, 2], by that of positive [R]."""
    return np.stack([1 - scores, scores], axis=1)


def test_self_confidence_and_its_mean_in_each_label() -> None:
    expected = [0.9, 0.8, 0.9, 0.7, 0.1, 0.2, 0.9, 0.9, 0.6, 0.2]
    assert self_confidence(LABELS, of_two(SCORES)).tolist() == pytest.approx(expected)
    # (0.9 + 0.8 + 0.9 + 0.7 + 0.1 + 0.2) / 6 and (0.9 + 0.9 + 0.6 + 0.2) / 4.
    assert class_thresholds(LABELS, of_two(SCORES)).tolist() == pytest.approx([0.6, 0.65])


def test_the_joint_counts_what_is_confident() -> None:
    # Negative from 0.6 on, positive from 0.65 on: the 0.6 of a positive one is neither.
    assert confident_joint(LABELS, of_two(SCORES)).tolist() == [[4, 2], [1, 2]]


def test_of_two_confident_labels_the_likelier_counts() -> None:
    # Thresholds 0.35 and 0.4: 0.45 is enough for both labels, and 0.55 for negative is more.
    labels = np.array([0, 0, 1, 1], dtype=np.int64)
    scores = np.array([0.45, 0.85, 0.45, 0.35])
    assert class_thresholds(labels, of_two(scores)).tolist() == pytest.approx([0.35, 0.4])
    assert confident_joint(labels, of_two(scores)).tolist() == [[1, 1], [2, 0]]


def test_the_share_of_the_confident_ones_is_for_all() -> None:
    # 2 of 6 negative ones; 1 of 3 confident positive ones, so 4/3 of the 4.
    assert estimate_label_errors(LABELS, of_two(SCORES)).tolist() == pytest.approx([2, 4 / 3])


def test_right_labels_are_not_suspected() -> None:
    labels = np.array([0, 1] * 10, dtype=np.int64)
    scores = np.where(labels == 1, 0.95, 0.05)
    assert estimate_label_errors(labels, of_two(scores)).tolist() == [0, 0]


def test_three_labels_and_one_that_nobody_has() -> None:
    # Northcutt et al. count the likeliest of the classes whose threshold is reached.
    labels = np.array([0, 0, 1, 1, 2])
    probabilities = np.array(
        [
            [0.8, 0.1, 0.1, 0.0],
            [0.2, 0.1, 0.7, 0.0],  # labelled 0, confidently 2
            [0.3, 0.6, 0.1, 0.0],
            [0.1, 0.2, 0.2, 0.5],  # the fourth has no threshold, and the second's isn't reached
            [0.0, 0.4, 0.6, 0.0],  # reaches those of 1 and 2, of which 2 is likelier
        ]
    )
    thresholds = class_thresholds(labels, probabilities).tolist()
    assert thresholds == pytest.approx([0.5, 0.4, 0.6, np.inf])
    joint = [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert confident_joint(labels, probabilities).tolist() == joint
    assert estimate_label_errors(labels, probabilities).tolist() == [1, 0, 0, 0]


def test_issues_are_ranked_by_self_confidence() -> None:
    # Positives with 0.9 and 0.8 labelled negative, and the positive one with 0.2.
    assert rank_label_issues(LABELS, of_two(SCORES)).tolist() == [4, 5, 9]
