"""All figures of a report, as plain values.

Letters: R reviews.
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc._version import __version__
from nsmc.evaluation.curves import (
    coverage_table,
    precision_recall_table,
    reliability_table,
    roc_table,
    threshold_table,
)
from nsmc.evaluation.metrics import expected_calibration_error
from nsmc.evaluation.scored import ScoredReviews
from nsmc.evaluation.slices import accuracy_slices
from nsmc.evaluation.space import space_table
from nsmc.runtime.directory import SHIPPED, ModelDirectory


def report_figures(scored: ScoredReviews, summary: dict[str, Any]) -> dict[str, Any]:
    """Add to the figures of `nsmc.evaluate` what a report shows beyond them.

    Args:
        scored: the reviews.
        summary: what `nsmc.evaluate` returns of them.

    Returns:
        ``summary`` and: ``errors`` (their number), ``classes`` (precision, recall, F1 and reviews
        of each), ``roc``, ``precision_recall`` and ``average_precision`` (None of one class
        alone), ``calibration`` (``after``, and ``before`` or None: ``ece`` and ``bins``),
        ``slices``, ``thresholds``, ``coverage``, ``space`` (``points`` and ``variance``, or None
        for too few reviews) and ``about`` (when, which version, what model). Tables are
        dictionaries of columns; what is undefined is None.
    """
    labels, scores = scored.labels, scored.scores
    right = scored.predicted == labels  # [R]
    both = summary["roc_auc"] is not None
    space = space_table(scored)
    return {
        **summary,
        "errors": int((~right).sum()),
        "classes": _classes(labels, scored.predicted),
        "roc": roc_table(labels, scores) if both else None,
        "precision_recall": precision_recall_table(labels, scores) if both else None,
        "average_precision": _average_precision(labels, scores) if both else None,
        "calibration": _calibration(labels, scores, scored.classifier.model),
        "slices": accuracy_slices(scored),
        "thresholds": threshold_table(labels, scores),
        "coverage": coverage_table(right, scored.confidence),
        "space": None if space is None else {"points": space[0], "variance": space[1]},
        "about": {
            "made": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "nsmc": __version__,
            "model": _about(scored.classifier.model),
        },
    }


def _classes(labels: NDArray[np.int8], predicted: NDArray[np.int8]) -> list[dict[str, Any]]:
    from sklearn.metrics import precision_recall_fscore_support

    # Two arrays [2] and so on: one figure of each class, NaN where it is undefined.
    columns = precision_recall_fscore_support(
        labels, predicted, labels=[0, 1], zero_division=np.nan
    )
    names = ("precision", "recall", "f1")
    return [
        {
            "class": name,
            **{
                figure: None if np.isnan(column[number]) else float(column[number])
                for figure, column in zip(names, columns, strict=False)
            },
            "examples": int(columns[3][number]),
        }
        for number, name in enumerate(("negative", "positive"))
    ]


def _average_precision(labels: NDArray[np.int8], scores: NDArray[np.float64]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores))


def _calibration(
    labels: NDArray[np.int8], scores: NDArray[np.float64], model: ModelDirectory
) -> dict[str, Any]:
    def told(probabilities: NDArray[np.float64]) -> dict[str, Any]:
        return {
            "ece": expected_calibration_error(labels, probabilities),
            "bins": reliability_table(labels, probabilities),
        }

    temperature = model.metrics.get("temperature")
    return {
        "temperature": temperature,
        "after": told(scores),
        "before": told(uncalibrated(scores, temperature)) if temperature else None,
    }


def uncalibrated(scores: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """The probabilities [R] before the logits were divided by ``temperature``."""
    # Logits of 36 and more have the probability 1 already, whatever they are multiplied by.
    kept = np.clip(scores, 1e-16, 1 - 1e-16)  # [R]
    logits = np.log(kept) - np.log1p(-kept)  # [R]
    return 1 / (1 + np.exp(-logits * temperature))


def _about(model: ModelDirectory) -> dict[str, str]:
    config, data = model.config["model"], model.metrics.get("data")
    network = (
        f"{config['layers']}-layer {'bidirectional ' if config['bidirectional'] else ''}"
        f"{config['cell'].upper()} of {config['hidden_size']} units, {config['pooling']} pooling, "
        f"{len(model.vocabulary):,} morphemes"
    )
    trained_on = "not recorded"
    if data:
        trained_on = (
            f"{data['name']}, {data['reviews']:,} comments · SHA-256 {data['sha256'][:16]}…"
        )
    name = "the one inside the package" if model.path == SHIPPED else str(model.path)
    return {"name": name, "network": network, "trained_on": trained_on}
