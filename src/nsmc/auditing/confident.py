"""How many labels are wrong, told from probabilities alone: confident learning.

Northcutt, Jiang and Chuang, "Confident learning: estimating uncertainty in dataset labels",
Journal of Artificial Intelligence Research 70 (2021). Shapes: R comments, C classes.
"""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Doubles = NDArray[np.float64]


def given_probabilities(labels: Integers, probabilities: Doubles) -> Doubles:
    """Probability [R] of the label that each comment was given (its self-confidence).

    Args:
        labels: [R] the class of each, from 0.
        probabilities: [R, C] of each class.
    """
    found: Doubles = probabilities[np.arange(len(labels)), labels]  # [R]
    return found


def thresholds(labels: Integers, probabilities: Doubles) -> Doubles:
    """How sure a network usually is of each label: the mean of `given_probabilities` within it.

    Args:
        labels: [R] the class of each.
        probabilities: [R, C], from networks that didn't learn from these comments.

    Returns:
        [C]; infinite for a class that none of the comments is labelled with.
    """
    classes = probabilities.shape[1]
    sums = np.bincount(labels, given_probabilities(labels, probabilities), minlength=classes)  # [C]
    sizes = np.bincount(labels, minlength=classes)  # [C]
    return np.where(sizes > 0, sums / np.maximum(1, sizes), np.inf)


def confident_joint(labels: Integers, probabilities: Doubles) -> Integers:
    """Count comments by their label [rows] and the label they confidently have [columns].

    A comment confidently has a label whose probability is at least that label's threshold; of
    several, the likeliest. One that has none is not counted.

    Args:
        labels: [R] the class of each.
        probabilities: [R, C], from networks that didn't learn from these comments.

    Returns:
        [C, C] counts; those off the diagonal are of labels that are probably wrong.
    """
    classes = probabilities.shape[1]
    sure = probabilities >= thresholds(labels, probabilities)  # [R, C]
    likeliest = np.where(sure, probabilities, -1).argmax(axis=1)  # [R]
    counted = sure.any(axis=1)  # [R]
    pairs = labels[counted] * classes + likeliest[counted]
    joint: Integers = np.bincount(pairs, minlength=classes**2).reshape(classes, classes)  # [C, C]
    return joint


def wrong_labels(labels: Integers, probabilities: Doubles) -> Doubles:
    """Estimate how many comments of each label are not what it says [C].

    Within each label, the confidently other share of `confident_joint` is taken for the share of
    all its comments: equation 3 of the paper.

    Args:
        labels: [R] the class of each.
        probabilities: [R, C], from networks that didn't learn from these comments.
    """
    joint = confident_joint(labels, probabilities)  # [C, C]
    sizes = np.bincount(labels, minlength=len(joint))  # [C]
    counted = joint.sum(axis=1)  # [C]
    wrong: Doubles = sizes * (counted - np.diag(joint)) / np.maximum(1, counted)  # [C]
    return wrong
