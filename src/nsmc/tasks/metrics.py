"""The metrics of each kind of answer, and the one by which a training is followed.

Shapes: R reviews, C classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.messages.translate import tr

BINS = 15
"""Bins of the calibration error, as in Guo et al. 2017."""


@dataclass(frozen=True)
class Metric:
    """The number, besides the loss, by which a training is followed."""

    name: str
    """Its key in records: ``train_<name>`` and ``validation_<name>``."""
    title: str
    """For an axis, with its unit."""
    scale: float = 1.0
    """What a value is multiplied by for the unit of the title."""
    decimals: int = 2
    unit: str = ""
    higher_is_better: bool = True

    @property
    def words(self) -> str:
        """Its name for a person."""
        return self.name.replace("_", " ")

    def show(self, value: float) -> str:
        """A value for a person: ``88.17%``."""
        return f"{value * self.scale:.{self.decimals}f}{tr(self.unit)}"

    def brief(self, value: float) -> str:
        """A value at an axis: ``88.2%``."""
        return f"{value * self.scale:.1f}{self.unit.strip()[:1]}"


ACCURACY = Metric("accuracy", "accuracy (%)", scale=100, unit="%")


def binary_metrics(
    labels: NDArray[np.int8], scores: NDArray[np.float64], threshold: float
) -> dict[str, Any]:
    """Compute what ``nsmc evaluate`` reports of two classes.

    Args:
        labels: [R] 0 = negative, 1 = positive; R at least 1.
        scores: [R] probabilities of positive.
        threshold: positive at or above this probability.

    Returns:
        ``examples``, ``accuracy`` with its ``accuracy_interval`` (95%), ``precision``, ``recall``
        and ``f1`` of the positive class (0 where undefined), ``roc_auc`` (None for one class
        alone), ``log_loss`` (nats), ``ece`` and ``confusion`` [[tn, fp], [fn, tp]].
    """
    # Not scikit-learn's, whose import takes longer than to score a thousand comments.
    positive, predicted = labels == 1, scores >= threshold  # [R], [R]
    hits, count = int((positive & predicted).sum()), len(labels)
    given, called = int(positive.sum()), int(predicted.sum())
    right = int((predicted == positive).sum())
    of_label = np.where(positive, scores, 1 - scores).astype(np.float64)  # [R]
    return {
        "examples": count,
        "accuracy": right / count,
        "accuracy_interval": accuracy_interval(right, count),
        "precision": hits / max(called, 1),
        "recall": hits / max(given, 1),
        "f1": 2 * hits / max(given + called, 1),
        "roc_auc": roc_auc(scores[positive], scores[~positive]),
        "log_loss": _log_loss(of_label, np.finfo(np.float64).eps),
        "ece": expected_calibration_error(labels, scores),
        "confusion": [[right - hits, called - hits], [given - hits, hits]],
    }


def _log_loss(of_label: NDArray[np.float64], least: float) -> float:
    """In nats, of the probabilities of the true labels [R]; 0, never -0, where all are certain."""
    return float(0.0 - np.log(of_label.clip(least, 1)).mean())


def roc_auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float | None:
    """The area under the ROC curve: how often a positive's score is above a negative's.

    Equal scores count half (Mann and Whitney, Annals of Mathematical Statistics 18, 1947).

    Args:
        positive, negative: scores of the reviews of either label, any number.

    Returns:
        None where either has none.
    """
    if not (len(positive) and len(negative)):
        return None
    negative = np.sort(negative)
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(
        negative, positive, "right"
    )
    return float(below.mean() / (2 * len(negative)))


def class_metrics(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], names: Sequence[str]
) -> dict[str, Any]:
    """Compute what ``nsmc evaluate`` reports of several classes.

    Args:
        labels: [R] the class of each review, R at least 1.
        probabilities: [R, C] of each class.
        names: [C].

    Returns:
        ``examples``, ``accuracy`` with its ``accuracy_interval`` (95%), ``balanced_accuracy`` and
        ``macro_f1`` (means of recall and F1 over the classes with examples), ``log_loss``
        (nats), ``ece`` (of the class predicted), ``classes`` (``class``, ``precision``, ``recall``,
        ``f1``, ``examples`` and ``called``, how often it was predicted; None where undefined) and
        ``confusion`` [C][C], labels by predictions.
    """
    count = len(names)
    predicted = probabilities.argmax(axis=1)  # [R]
    confusion = np.bincount(labels * count + predicted, minlength=count * count)
    confusion = confusion.reshape(count, count)  # [C, C]
    given, predictions = confusion.sum(axis=1), confusion.sum(axis=0)  # [C], [C]
    hits = np.diag(confusion)  # [C]
    right = int(hits.sum())
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, f1 = hits / given, 2 * hits / (predictions + given)  # [C], [C]
        shares = {"precision": hits / predictions, "recall": recall, "f1": f1}
    of_label = probabilities[np.arange(len(labels)), labels]  # [R]
    return {
        "examples": len(labels),
        "accuracy": right / len(labels),
        "accuracy_interval": accuracy_interval(right, len(labels)),
        "balanced_accuracy": float(recall[given > 0].mean()),
        "macro_f1": float(f1[given > 0].mean()),
        "log_loss": _log_loss(of_label, np.finfo(np.float64).tiny),
        "ece": expected_calibration_error(predicted == labels, probabilities.max(axis=1)),
        "classes": [
            {
                "class": name,
                **{k: None if np.isnan(v[i]) else float(v[i]) for k, v in shares.items()},
                "examples": int(given[i]),
                "called": int(predictions[i]),
            }
            for i, name in enumerate(names)
        ],
        "confusion": confusion.tolist(),
    }


def star_metrics(given: NDArray[Any], predicted: NDArray[np.float64]) -> dict[str, Any]:
    """Compute what ``nsmc evaluate`` reports of stars.

    Args:
        given: [R] stars that people gave, R at least 1.
        predicted: [R] stars that the model gives.

    Returns:
        ``examples``, ``mean_absolute_error`` and ``root_mean_square_error`` (stars),
        ``mean_absolute_error_of_median`` (what always saying the ``median`` would give),
        ``rank_correlation`` (Spearman's ρ; None when either has one value alone) and ``within_one``
        (share of reviews at most one star off).
    """
    from scipy.stats import spearmanr

    errors = np.abs(predicted - given)  # [R]
    median = float(np.median(given))
    defined = np.ptp(given) > 0 and np.ptp(predicted) > 0
    return {
        "examples": len(given),
        "mean_absolute_error": float(errors.mean()),
        "root_mean_square_error": float(np.sqrt(np.square(errors).mean())),
        "median": median,
        "mean_absolute_error_of_median": float(np.abs(given - median).mean()),
        "rank_correlation": float(spearmanr(given, predicted).statistic) if defined else None,
        "within_one": float((errors <= 1).mean()),
    }


def log_softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Logits [..., C] to log probabilities [..., C]; NaN stays NaN."""
    exact = logits.astype(np.float64)  # [..., C]
    with np.errstate(invalid="ignore"):  # of NaN
        exact -= exact.max(axis=-1, keepdims=True)
        exact -= np.log(np.exp(exact).sum(axis=-1, keepdims=True))
    return exact


def expected_calibration_error(
    labels: NDArray[np.int8] | NDArray[np.bool_], scores: NDArray[np.float64]
) -> float:
    """How far probabilities [R] are from frequencies of labels [R], from 0 to 1.

    The mean over reviews of |mean probability - share of positives| of their bin, one of `BINS`
    equally wide ones (Naeini et al., "Obtaining well calibrated probabilities using Bayesian
    binning", AAAI 2015).
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
    # Not scipy's binomtest, which runs a whole test on the way to these two roots.
    share = right / examples
    spread = z * np.sqrt(share * (1 - share) / examples + z * z / (4 * examples**2))
    scale = 1 + z * z / examples
    middle = share + z * z / (2 * examples)
    # With none or all right the end is 0 or 1, but for the last bit.
    return max(0.0, float((middle - spread) / scale)), min(1.0, float((middle + spread) / scale))
