"""긍정 or 부정, judged.

Shapes: R reviews.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.curves import (
    PROMISED_POSITIVE,
    Table,
    precision_recall_table,
    roc_table,
    threshold_table,
)
from nsmc.report.binary_page import NAMES, binary_part
from nsmc.report.decision_view import DecidedView
from nsmc.report.examples import first_ones
from nsmc.report.parts import Example, PagePart
from nsmc.report.sentence_space import space_of
from nsmc.tasks.predictions import ClassPredictions
from nsmc.tasks.task import DisplayText

CURVES = {
    "roc": ("threshold", "false_positive_rate", "true_positive_rate"),
    "precision_recall": ("threshold", "precision", "recall"),
}
"""Curves that one class alone doesn't have, with the columns that their files have even so."""


class BinaryView(DecidedView):
    """Two classes and a threshold; `nsmc.report.view.View` says what each method gives."""

    space_columns = ("label", "score")
    promised_columns = PROMISED_POSITIVE

    @property
    def scores(self) -> NDArray[np.float64]:
        """[R] probabilities of positive."""
        found: NDArray[np.float64] = self.choices.probabilities[:, 1]
        return found

    def promised(self, choices: ClassPredictions) -> tuple[Any, Any]:
        """Of positive, whatever was called."""
        return choices.labels, choices.probabilities[:, 1]

    def metrics(self) -> dict[str, Any]:
        """Those of `DecidedView`, and ``classes`` (precision, recall, F1 and reviews of each),
        ``roc``, ``precision_recall`` and ``average_precision`` (None of one class alone),
        ``thresholds`` and ``space``.
        """
        labels, scores = self.choices.labels, self.scores
        both = len(np.unique(labels)) == 2
        space = space_of(self.scored, scores) if self.leading else None
        points = None
        if space is not None:
            points = self.space_figures(
                space,
                label=labels[space.chosen].tolist(),
                score=scores[space.chosen].tolist(),
            )
        return {
            **super().metrics(),
            "classes": _classes(labels, self.choices.called),
            "roc": roc_table(labels, scores) if both else None,
            "precision_recall": precision_recall_table(labels, scores) if both else None,
            "average_precision": _average_precision(labels, scores) if both else None,
            "thresholds": threshold_table(labels, scores),
            "space": points,
        }

    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """Those of `DecidedView`, and ``roc``, ``precision_recall`` and ``thresholds``."""
        return {
            **{name: metrics[name] or {c: [] for c in columns} for name, columns in CURVES.items()},
            **super().tables(metrics),
            "thresholds": metrics["thresholds"],
        }

    def chosen(self) -> dict[str, list[int]]:
        """``called_positive`` and ``called_negative`` are the errors the model is surest of,
        ``least_confident`` the right ones it is least sure of.
        """
        right, sure = self.choices.right, self.choices.confidence  # [R], [R]
        texts, called = self.scored.texts, self.choices.called
        return {
            "called_positive": first_ones(texts, ~right & (called == 1), -sure),
            "called_negative": first_ones(texts, ~right & (called == 0), -sure),
            "least_confident": first_ones(texts, right, sure),
        }

    def shown(self, number: int) -> DisplayText:
        """긍정 or 부정 in its colour."""
        return DisplayText(self.choices.names[number], ("negative", "positive")[number])

    def error_columns(self, places: NDArray[np.int64]) -> Table:
        """The probability of positive."""
        return {"score": np.round(self.scores[places], 6).tolist()}

    def page(
        self, metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]]
    ) -> PagePart:
        """See `View.page`."""
        return binary_part(metrics, examples, self.units)


def _classes(labels: NDArray[np.int64], called: NDArray[np.int64]) -> list[dict[str, Any]]:
    from sklearn.metrics import precision_recall_fscore_support

    # Two arrays [2] and so on: one figure of each class, NaN where it is undefined.
    columns = precision_recall_fscore_support(labels, called, labels=[0, 1], zero_division=np.nan)
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
        for number, name in enumerate(NAMES)
    ]


def _average_precision(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> float:
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(labels, scores))
