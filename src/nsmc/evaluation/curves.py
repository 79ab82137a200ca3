"""A classifier at every threshold: curves, calibration, accuracy of the most confident.

A table is a dictionary of columns of one length, ready for JSON, CSV and a chart.

Shapes: R reviews, N points, K steps of the threshold.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.tasks.metrics import BINS, accuracy_interval, calibration_bins

Table = dict[str, list[Any]]
POINTS = 500
"""Points of a curve at most: more can't be seen."""
STEPS = 100
"""Thresholds are 0, 1/100, …, 1."""


def table_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    """A table of rows, which may be none."""
    columns: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def roc_table(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> Table:
    """The ROC curve: ``threshold``, ``false_positive_rate``, ``true_positive_rate``.

    The first point predicts nothing positive and has the threshold None. Labels [R] are of both
    classes, scores [R] probabilities of positive.
    """
    from sklearn.metrics import roc_curve

    false, true, thresholds = roc_curve(labels, scores)  # each [N]
    points = _spread(false, true)
    return {
        "threshold": [t if np.isfinite(t) else None for t in thresholds[points].tolist()],
        "false_positive_rate": false[points].tolist(),
        "true_positive_rate": true[points].tolist(),
    }


def precision_recall_table(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> Table:
    """The precision-recall curve of the positive class: ``threshold``, ``precision``, ``recall``.

    The last point, recall 0, has no threshold of its own (None). Arguments as of `roc_table`.
    """
    from sklearn.metrics import precision_recall_curve

    precision, recall, thresholds = precision_recall_curve(labels, scores)  # [N], [N], [N-1]
    points = _spread(recall, precision)
    padded = [*thresholds.tolist(), None]
    return {
        "threshold": [padded[index] for index in points],
        "precision": precision[points].tolist(),
        "recall": recall[points].tolist(),
    }


PROMISED_POSITIVE = ("mean_score", "positive_share")
PROMISED_RIGHT = ("mean_confidence", "accuracy")


def reliability_table(
    outcomes: NDArray[np.int64] | NDArray[np.bool_],
    scores: NDArray[np.float64],
    names: tuple[str, str] = PROMISED_POSITIVE,
) -> Table:
    """Predicted probabilities against frequencies in the bins of the calibration error.

    Columns: ``low`` and ``high`` (the bin's bounds), ``examples``, the mean probability and the
    frequency by their ``names``, and the 95% interval ``share_low`` to ``share_high`` of the
    latter. Empty bins are left out.

    Args:
        outcomes: [R] 0 or 1.
        scores: [R] the probability of 1.
        names: of the two columns; those of `PROMISED_RIGHT` are for the probability of the
            predicted class, and whether it was right.
    """
    bins = calibration_bins(scores)  # [R]
    rows = []
    for number in np.unique(bins).tolist():
        mask = bins == number  # [R]
        count, hits = int(mask.sum()), int(outcomes[mask].sum())
        mean = float(scores[mask].mean())
        interval = accuracy_interval(hits, count)
        rows.append((number / BINS, (number + 1) / BINS, count, mean, hits / count, *interval))
    return table_of(("low", "high", "examples", *names, "share_low", "share_high"), rows)


def threshold_table(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> Table:
    """Counts, precision and recall of positive, F1 and accuracy at each threshold.

    A metric that isn't defined there (the precision where nothing is predicted positive) is None.
    Labels [R] are 0 or 1, scores [R] probabilities of positive.
    """
    thresholds = np.arange(STEPS + 1) / STEPS  # [K]
    below = [np.searchsorted(np.sort(scores[labels == c]), thresholds) for c in (0, 1)]  # 2 x [K]
    tn, fn = below
    tp, fp = int((labels == 1).sum()) - fn, int((labels == 0).sum()) - tn  # [K], [K]
    return {
        "threshold": thresholds.tolist(),
        **{k: v.tolist() for k, v in {"tn": tn, "fp": fp, "fn": fn, "tp": tp}.items()},
        "precision": _shares(tp, tp + fp),
        "recall": _shares(tp, tp + fn),
        "f1": _shares(2 * tp, 2 * tp + fp + fn),
        "accuracy": _shares(tp + tn, tp + tn + fp + fn),
    }


def coverage_table(right: NDArray[np.bool_], confidence: NDArray[np.float64]) -> Table:
    """The accuracy of the predictions of some confidence: the risk-coverage curve.

    El-Yaniv and Wiener, "On the foundations of noise-free selective classification", JMLR 2010.

    Args:
        right: [R] whether each was predicted as labelled.
        confidence: [R] the probability of each prediction.

    Returns:
        ``confidence`` (the lowest that counts), ``share_decided`` (of the reviews that have it) and
        their ``accuracy`` (None where there are none).
    """
    least = np.arange(STEPS + 1) / STEPS  # [K]
    order = np.argsort(confidence, kind="stable")  # [R]
    first = np.searchsorted(confidence[order], least)  # [K]
    decided = len(right) - first  # [K]
    # Right ones from the i-th least confident on.
    ahead = np.append(np.cumsum(right[order][::-1])[::-1], 0)  # [R + 1]
    return {
        "confidence": least.tolist(),
        "share_decided": (decided / len(right)).tolist(),
        "accuracy": _shares(ahead[first], decided),
    }


def _shares(parts: NDArray[Any], wholes: NDArray[Any]) -> list[float | None]:
    return [p / w if w else None for p, w in zip(parts.tolist(), wholes.tolist(), strict=True)]


def _spread(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose `POINTS` points of a curve evenly along its length, with both ends."""
    if len(x) <= POINTS:
        return np.arange(len(x))
    along = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))  # [N]
    chosen = np.searchsorted(along, np.linspace(0, along[-1], POINTS - 1))
    return np.unique(np.append(chosen, len(x) - 1))
