"""How many labels are wrong, told from probabilities alone: confident learning.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels",
Journal of Artificial Intelligence Research 70 (2021). Letters: R comments.
"""

import numpy as np
from numpy.typing import NDArray


def given_probabilities(
    labels: NDArray[np.int8], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Probability [R] of the label that each comment was given (its self-confidence).

    Args:
        labels: [R] 0 = negative, 1 = positive.
        scores: [R] probabilities of positive.
    """
    probabilities: NDArray[np.float64] = np.where(labels == 1, scores, 1 - scores)  # [R]
    return probabilities


def thresholds(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> tuple[float, float]:
    """How sure a network usually is of each label: the mean of `given_probabilities` within it.

    Args:
        labels: [R] both labels among them.
        scores: [R] probabilities of positive, from networks that didn't learn from these comments.

    Returns:
        The threshold of negative and that of positive.
    """
    given = given_probabilities(labels, scores)  # [R]
    return float(given[labels == 0].mean()), float(given[labels == 1].mean())


def confident_joint(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count comments by their label [rows] and the label they confidently have [columns].

    A comment confidently has a label whose probability is at least that label's threshold; of two,
    the likelier. One that has neither is not counted.

    Args:
        labels: [R] both labels among them.
        scores: [R] probabilities of positive, from networks that didn't learn from these comments.

    Returns:
        [2, 2] counts; those off the diagonal are of labels that are probably wrong.
    """
    negative, positive = thresholds(labels, scores)
    sure_negative, sure_positive = 1 - scores >= negative, scores >= positive  # [R]
    as_positive = sure_positive & (~sure_negative | (scores > 0.5))  # [R]
    as_negative = sure_negative & ~as_positive  # [R]
    return np.array(
        [
            [(side & (labels == label)).sum() for side in (as_negative, as_positive)]
            for label in (0, 1)
        ]
    )  # [2, 2]


def wrong_labels(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> tuple[float, float]:
    """Estimate how many comments labelled negative, and how many labelled positive, are not.

    Within each label, the confidently other share of `confident_joint` is taken for the share of
    all its comments: equation 3 of the paper.

    Args:
        labels: [R] both labels among them.
        scores: [R] probabilities of positive, from networks that didn't learn from these comments.
    """
    joint = confident_joint(labels, scores)
    sizes = [int((labels == label).sum()) for label in (0, 1)]
    negative, positive = (
        float(size * joint[label, 1 - label] / max(1, joint[label].sum()))
        for label, size in enumerate(sizes)
    )
    return negative, positive
