"""The figures of a binary classifier.

Letters: R reviews.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""


def binary_metrics(
    labels: NDArray[np.int8], scores: NDArray[np.float64], threshold: float
) -> dict[str, Any]:
    """Compute what ``nsmc evaluate`` reports.

    Args:
        labels: [R] 0 = negative, 1 = positive; R at least 1.
        scores: [R] probabilities of positive.
        threshold: positive at or above this probability.

    Returns:
        ``examples``, ``accuracy``, ``precision``, ``recall`` and ``f1`` of the positive class
        (0 where nothing was predicted or is positive), ``roc_auc`` (None when only one class is
        there), ``log_loss`` (nats), ``ece`` and ``confusion`` [[tn, fp], [fn, tp]].
    """
    from sklearn import metrics

    predicted = scores >= threshold  # [R]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, average="binary", zero_division=0
    )
    both = len(np.unique(labels)) == 2
    return {
        "examples": len(labels),
        "accuracy": float(metrics.accuracy_score(labels, predicted)),
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "roc_auc": float(metrics.roc_auc_score(labels, scores)) if both else None,
        "log_loss": float(metrics.log_loss(labels, scores, labels=[0, 1])),
        "ece": expected_calibration_error(labels, scores),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=[0, 1]).tolist(),
    }


def expected_calibration_error(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> float:
    """How far probabilities are from frequencies, as a share between 0 and 1.

    The reviews go into `BINS` equally wide bins by their probability of positive; the result is
    the mean over reviews of |mean probability - share of positives| of their bin (Naeini et al.,
    "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015).

    Args:
        labels: [R] 0 or 1.
        scores: [R] probabilities of positive.
    """
    bins = calibration_bins(scores)  # [R]
    # Per bin, reviews · |mean score - mean label| is |sum of scores - sum of labels|.
    gaps = np.bincount(bins, weights=scores - labels, minlength=BINS)  # [BINS]
    return float(np.abs(gaps).sum() / len(labels))


def calibration_bins(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin, 0 to ``BINS - 1``, that each of the probabilities [R] falls into."""
    return np.minimum((scores * BINS).astype(np.int64), BINS - 1)


def accuracy_interval(right: int, examples: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95% interval of an accuracy (Wilson, JASA 22, 1927)."""
    share = right / examples
    spread = z * np.sqrt(share * (1 - share) / examples + z * z / (4 * examples**2))
    scale = 1 + z * z / examples
    middle = share + z * z / (2 * examples)
    # With none or all right the end is 0 or 1, but for the last bit.
    return max(0.0, float((middle - spread) / scale)), min(1.0, float((middle + spread) / scale))
