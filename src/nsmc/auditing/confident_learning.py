"""Confident learning: label errors, from out-of-fold probabilities alone.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels",
Journal of Artificial Intelligence Research 70 (2021). Shapes: R comments, C classes.
"""

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
"""[R] the class that each comment was given, from 0."""
Probabilities = NDArray[np.float64]
"""[R, C] of each class, from networks that didn't learn from these comments."""


def self_confidence(labels: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """The probability [R] of the given label of each comment."""
    confidence: NDArray[np.float64] = probabilities[np.arange(len(labels)), labels]  # [R]
    return confidence


def class_thresholds(labels: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """The mean self-confidence [C] of the comments of each class; infinite for one without any."""
    classes = probabilities.shape[1]
    sums = np.bincount(labels, self_confidence(labels, probabilities), minlength=classes)  # [C]
    sizes = np.bincount(labels, minlength=classes)  # [C]
    return np.where(sizes > 0, sums / np.maximum(1, sizes), np.inf)


def confident_joint(labels: Labels, probabilities: Probabilities) -> NDArray[np.int64]:
    """Count comments by given label (rows) and confident label (columns): [C, C].

    A comment confidently has a label whose probability is at least that label's threshold; of
    several, the likeliest. A comment that confidently has none isn't counted.
    """
    classes = probabilities.shape[1]
    confident = probabilities >= class_thresholds(labels, probabilities)  # [R, C]
    likeliest = np.where(confident, probabilities, -1).argmax(axis=1)  # [R]
    counted = confident.any(axis=1)  # [R]
    pairs = labels[counted] * classes + likeliest[counted]
    joint: NDArray[np.int64] = np.bincount(pairs, minlength=classes**2)  # [C · C]
    return joint.reshape(classes, classes)


def estimate_label_errors(labels: Labels, probabilities: Probabilities) -> NDArray[np.float64]:
    """Estimate how many comments of each given label are of another class [C].

    The share off the diagonal of `confident_joint` is taken for the share of all comments with
    that label: equation 3 of the paper.
    """
    joint = confident_joint(labels, probabilities)  # [C, C]
    sizes = np.bincount(labels, minlength=len(joint))  # [C]
    counted = joint.sum(axis=1)  # [C]
    errors: NDArray[np.float64] = sizes * (counted - np.diag(joint)) / np.maximum(1, counted)  # [C]
    return errors


def rank_label_issues(labels: Labels, probabilities: Probabilities) -> NDArray[np.int64]:
    """Indices of the comments whose given label isn't the likeliest, by rising self-confidence."""
    confidence = self_confidence(labels, probabilities)  # [R]
    issues = confidence < probabilities.max(axis=1)  # [R]
    order = np.argsort(confidence, kind="stable")  # [R]
    ranked: NDArray[np.int64] = order[issues[order]]
    return ranked
