"""The view of 긍정 and 부정.

Shapes: R reviews.
"""

from collections.abc import Mapping
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
from nsmc.messages.translate import mark, tr
from nsmc.report import charts as draw
from nsmc.report.decisions import DecisionView
from nsmc.report.display import DisplayText
from nsmc.report.examples import first_places
from nsmc.tasks.predictions import ClassPredictions

NAMES = ("negative", "positive")
CURVES = {
    "roc": ("threshold", "false_positive_rate", "true_positive_rate"),
    "precision_recall": ("threshold", "precision", "recall"),
}
"""Curves that exist only where both classes do, with the columns of their files."""


class BinaryView(DecisionView):
    """Two classes and a threshold; `nsmc.report.view.View` says what each method gives."""

    template = "binary.html"
    space_columns = ("label", "score")
    reliability_columns = PROMISED_POSITIVE
    reliability_titles = (
        mark("predicted probability of 긍정 (%)"),
        mark("share that is 긍정 (%)"),
    )

    @property
    def scores(self) -> NDArray[np.float64]:
        """[R] probabilities of positive."""
        scores: NDArray[np.float64] = self.predictions.probabilities[:, 1]
        return scores

    def outcomes(self, predictions: ClassPredictions) -> tuple[Any, Any]:
        """Of positive, whatever was predicted."""
        return predictions.labels, predictions.probabilities[:, 1]

    def metrics(self) -> dict[str, Any]:
        """Those of `DecisionView`, and ``classes`` (precision, recall, F1 and reviews of each),
        ``roc``, ``precision_recall`` and ``average_precision`` (None of one class alone),
        ``thresholds`` and ``space``.
        """
        from sklearn.metrics import average_precision_score

        labels, scores = self.predictions.labels, self.scores
        both = len(np.unique(labels)) == 2
        return {
            **super().metrics(),
            "classes": _class_metrics(labels, self.predictions.predicted),
            "roc": roc_table(labels, scores) if both else None,
            "precision_recall": precision_recall_table(labels, scores) if both else None,
            "average_precision": float(average_precision_score(labels, scores)) if both else None,
            "thresholds": threshold_table(labels, scores),
            "space": self.space_metrics(scores, label=labels, score=scores),
        }

    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """Those of `DecisionView`, and ``roc``, ``precision_recall`` and ``thresholds``."""
        return {
            **{name: metrics[name] or {c: [] for c in columns} for name, columns in CURVES.items()},
            **super().tables(metrics),
            "thresholds": metrics["thresholds"],
        }

    def charts(self, metrics: Mapping[str, Any]) -> dict[str, draw.Chart]:
        """Those of `DecisionView`, and ``thresholds``, ``roc``, ``precision-recall`` and
        ``space``.
        """
        charts = super().charts(metrics)
        charts["thresholds"] = _threshold_chart(metrics["thresholds"], metrics["threshold"])
        if metrics["roc"]:
            charts |= _curve_charts(metrics)
        if space := metrics["space"]:
            charts["space"] = _space_chart(space["points"], space["variance"], metrics["threshold"])
        return charts

    def chosen(self) -> dict[str, list[int]]:
        """``called_positive`` and ``called_negative`` are the most confident errors,
        ``least_confident`` the least confident right ones.
        """
        right, confidence = self.predictions.right, self.predictions.confidence  # [R], [R]
        texts, predicted = self.scored.texts, self.predictions.predicted
        return {
            "called_positive": first_places(texts, ~right & (predicted == 1), -confidence),
            "called_negative": first_places(texts, ~right & (predicted == 0), -confidence),
            "least_confident": first_places(texts, right, confidence),
        }

    def shown(self, number: int) -> DisplayText:
        """긍정 or 부정 in its colour."""
        return DisplayText(self.predictions.names[number], ("negative", "positive")[number])

    def error_columns(self, places: NDArray[np.int64]) -> Table:
        """The probability of positive."""
        return {"score": np.round(self.scores[places], 6).tolist()}


def _class_metrics(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> list[dict[str, Any]]:
    from sklearn.metrics import precision_recall_fscore_support

    # Four arrays [2]: one metric of each class, NaN where it is undefined.
    columns = precision_recall_fscore_support(
        labels, predicted, labels=[0, 1], zero_division=np.nan
    )
    names = ("precision", "recall", "f1")
    return [
        {
            "class": name,
            **{
                metric: None if np.isnan(column[number]) else float(column[number])
                for metric, column in zip(names, columns, strict=False)
            },
            "examples": int(columns[3][number]),
        }
        for number, name in enumerate(NAMES)
    ]


def _curve_charts(metrics: Mapping[str, Any]) -> dict[str, draw.Chart]:
    """True against false positive rate, and precision against recall of the positive class."""
    roc, precision_recall = metrics["roc"], metrics["precision_recall"]
    positive = metrics["classes"][1]["examples"] / metrics["examples"]
    return {
        "roc": {
            "data": [
                draw.line(
                    roc["false_positive_rate"],
                    roc["true_positive_rate"],
                    tr("the model (area {area:.4f})", area=metrics["roc_auc"]),
                    draw.BLUE,
                    "solid",
                    tr(
                        "threshold %{customdata:.3f}<br>긍정 predicted 긍정: %{y:.1%}"
                        "<br>부정 predicted 긍정: %{x:.1%}"
                    ),
                    roc["threshold"],
                ),
                draw.line([0, 1], [0, 1], tr("guessing (area 0.5)"), draw.MUTED, "dot"),
            ],
            "layout": draw.layout(
                tr("share of 부정 predicted 긍정 (%)"),
                tr("share of 긍정 predicted 긍정 (%)"),
                square=True,
            ),
        },
        "precision-recall": {
            "data": [
                draw.line(
                    precision_recall["recall"],
                    precision_recall["precision"],
                    tr("the model (average {average:.4f})", average=metrics["average_precision"]),
                    draw.BLUE,
                    "solid",
                    tr("threshold %{customdata:.3f}<br>recall %{x:.1%}<br>precision %{y:.1%}"),
                    precision_recall["threshold"],
                ),
                draw.line(
                    [0, 1],
                    [positive] * 2,
                    tr("guessing ({share:.1%})", share=positive),
                    draw.MUTED,
                    "dot",
                ),
            ],
            "layout": draw.layout(
                tr("recall of 긍정 (%)"), tr("precision of 긍정 (%)"), square=True
            ),
        },
    }


def _threshold_chart(thresholds: Table, threshold: float) -> draw.Chart:
    """Precision, recall and accuracy by the threshold; the first shape marks the chosen one."""
    series = (
        ("precision", tr("precision of 긍정"), draw.BLUE, "solid"),
        ("recall", tr("recall of 긍정"), draw.ORANGE, "dash"),
        ("accuracy", tr("accuracy"), draw.INK, "dot"),
    )
    x, hover = thresholds["threshold"], tr(" %{y:.1%} at %{x:.2f}")
    data = [
        draw.line(x, thresholds[name], label, colour, dash, label + hover)
        for name, label, colour, dash in series
    ]
    chart = draw.layout(tr("threshold (probability of 긍정)"), tr("share (%)"))
    chart["xaxis"] |= {"range": [0, 1]}
    chart["yaxis"] |= {"tickformat": draw.SHARE, "rangemode": "tozero"}
    chart["shapes"] = [draw.rule("x", threshold)]
    return {"data": data, "layout": chart}


def _space_chart(points: Table, shares: list[float], threshold: float) -> draw.Chart:
    """Sentence vectors in two dimensions, by label and outcome; hovering shows the comment."""
    groups = (
        (1, True, tr("긍정, predicted 긍정"), draw.POSITIVE, "circle", 0.45),
        (0, True, tr("부정, predicted 부정"), draw.NEGATIVE, "square", 0.45),
        (1, False, tr("긍정, predicted 부정"), draw.POSITIVE, "circle-x-open", 1.0),
        (0, False, tr("부정, predicted 긍정"), draw.NEGATIVE, "square-x-open", 1.0),
    )
    facts, note = [(score,) for score in points["score"]], "긍정 %{customdata[1]:.1%}"
    given = list(zip(points["label"], points["score"], strict=True))
    data = []
    for label, right, name, colour, symbol, opacity in groups:
        places = [
            place
            for place, (labelled, score) in enumerate(given)
            if labelled == label and ((score >= threshold) == bool(label)) == right
        ]
        marker = {
            "color": colour,
            "symbol": symbol,
            "size": 6 if right else 9,
            "opacity": opacity,
            "line": {"width": 0 if right else 1.4, "color": colour},
        }
        data.append(draw.scatter(points, places, facts, note, marker, f"{name} ({len(places):,})"))
    return {"data": data, "layout": draw.space_layout(shares)}
