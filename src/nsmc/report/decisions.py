"""What the views of all models that predict one of several classes share.

Shapes: R reviews.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from nsmc.evaluation.curves import Table, coverage_table, reliability_table
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.evaluation.slices import accuracy_slices
from nsmc.messages.translate import tr
from nsmc.report import charts as draw
from nsmc.report.display import DisplayText
from nsmc.report.view import View, stacked
from nsmc.tasks.metrics import expected_calibration_error
from nsmc.tasks.predictions import ClassPredictions


class DecisionView(View):
    """Accuracy, calibration, abstaining; `View` says what each method gives."""

    reliability_columns: ClassVar[tuple[str, str]]
    """Columns of the mean predicted probability and of the observed share, of the calibration."""
    reliability_titles: ClassVar[tuple[str, str]]
    """Titles of their axes, to be translated."""

    def __init__(self, scored: ScoredReviews, *, leading: bool) -> None:
        super().__init__(scored, leading=leading)
        assert scored.choices is not None
        self.predictions = scored.choices

    def outcomes(self, predictions: ClassPredictions) -> tuple[Any, Any]:
        """Whether the predicted event happened [R], and its predicted probability [R]."""
        return predictions.right, predictions.confidence

    def metrics(self) -> dict[str, Any]:
        """``errors``, ``calibration``, ``slices`` and ``coverage``."""
        right, confidence = self.predictions.right, self.predictions.confidence
        return {
            "errors": int((~right).sum()),
            "calibration": self._calibration(),
            "slices": accuracy_slices(self.scored, right, confidence),
            "coverage": coverage_table(right, confidence),
        }

    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """``reliability``, ``slices``, ``coverage``, ``errors`` and ``space``."""
        calibration = metrics["calibration"]
        return {
            "reliability": stacked(
                "calibration",
                {k: calibration[k]["bins"] for k in ("after", "before") if calibration[k]},
            ),
            "slices": stacked("slice", metrics["slices"]),
            "coverage": metrics["coverage"],
            "errors": self._errors(),
            **self.space_table(metrics),
        }

    def charts(self, metrics: Mapping[str, Any]) -> dict[str, draw.Chart]:
        """``reliability``, ``coverage``, and the accuracy by ``length``, ``unknown`` units and
        ``confidence``.
        """
        slices, accuracy = metrics["slices"], metrics["accuracy"]
        return {
            "reliability": self._reliability_chart(metrics["calibration"]),
            "length": draw.slice_chart(slices["length"], tr("length (characters)"), accuracy),
            "unknown": draw.slice_chart(
                slices["unknown"], tr("unknown {units} (%)", units=tr(self.units)), accuracy
            ),
            "confidence": draw.slice_chart(slices["confidence"], tr("confidence (%)"), accuracy),
            "coverage": _coverage_chart(metrics["coverage"]),
        }

    def label(self, place: int) -> tuple[Any, DisplayText]:
        """See `View.label`."""
        number = int(self.predictions.labels[place])
        return self.predictions.values[number], self.shown(number)

    def predicted(self, place: int) -> tuple[DisplayText, str]:
        """See `View.predicted`."""
        number = int(self.predictions.predicted[place])
        return self.shown(number), f"{self.predictions.confidence[place]:.1%}"

    def shown(self, number: int) -> DisplayText:
        """A class for a person."""
        return DisplayText(self.predictions.names[number])

    def error_columns(self, places: Any) -> Table:
        """The columns of ``errors.csv`` besides the labels and the confidence."""
        return {}

    def _errors(self) -> Table:
        """Every comment predicted otherwise than labelled, the most confident first."""
        predictions, scored = self.predictions, self.scored
        confidence = predictions.confidence  # [R]
        wrong = np.flatnonzero(~predictions.right)
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")]
        return {
            "row": scored.rows[wrong].tolist(),
            "label": [predictions.values[i] for i in predictions.labels[wrong].tolist()],
            "called": [predictions.values[i] for i in predictions.predicted[wrong].tolist()],
            **self.error_columns(wrong),
            "confidence": np.round(confidence[wrong], 6).tolist(),
            "document": [scored.texts[place] for place in wrong.tolist()],
        }

    def _calibration(self) -> dict[str, Any]:
        """Before the outputs were divided by the temperature, and after."""
        scored = self.scored
        temperature = scored.classifier.model.metrics.get("temperature")
        before = None
        if temperature:
            undone = scored.outputs * np.float32(temperature)  # [R, O]
            before = scored.task.class_predictions(
                undone, scored.targets, scored.classifier.threshold
            )
        return {
            "temperature": temperature,
            "after": self._reliability(self.predictions),
            "before": None if before is None else self._reliability(before),
        }

    def _reliability(self, predictions: ClassPredictions) -> dict[str, Any]:
        happened, probability = self.outcomes(predictions)  # [R], [R]
        return {
            "ece": expected_calibration_error(happened, probability),
            "bins": reliability_table(happened, probability, self.reliability_columns),
        }

    def _reliability_chart(self, calibration: Mapping[str, Any]) -> draw.Chart:
        """Observed shares against predicted probabilities, and how many comments there are."""
        after, before = calibration["after"]["bins"], calibration["before"]
        columns = self.reliability_columns
        spread = draw.interval(after[columns[1]], after["share_low"], after["share_high"])
        data = [
            draw.line([0, 1], [0, 1], tr("perfect calibration"), draw.MUTED, "dot"),
            _reliability_curve(after, columns, tr("the model"), draw.BLUE, "circle", "solid")
            | {"error_y": spread | {"thickness": 1, "width": 3}},
            draw.bars(after["low"], after["high"], after["examples"]) | {"yaxis": "y2"},
        ]
        if before is not None:
            curve = _reliability_curve(
                before["bins"],
                columns,
                tr("before calibration"),
                draw.ORANGE,
                "square-open",
                "dash",
            )
            data.insert(1, curve)
        chart = draw.layout(*map(tr, self.reliability_titles))
        chart["yaxis"] |= {"domain": [0.3, 1], "range": [-0.02, 1.04], "tickformat": draw.SHARE}
        chart["xaxis"] |= {"range": [-0.02, 1.02], "tickformat": draw.SHARE, "anchor": "y2"}
        chart["yaxis2"] = draw.axis(tr("comments")) | {"domain": [0, 0.2], "nticks": 3}
        chart["height"] = 460
        return {"data": data, "layout": chart}


def _reliability_curve(
    bins: Table, columns: tuple[str, str], name: str, colour: str, symbol: str, dash: str
) -> dict[str, Any]:
    hover = tr("%{x:.1%} predicted, %{y:.1%} observed in %{customdata:,} comments")
    x, y = (bins[column] for column in columns)
    curve = draw.line(x, y, name, colour, dash, hover, bins["examples"])
    marks = {"color": colour, "symbol": symbol, "size": 8}
    return curve | {"mode": "lines+markers", "marker": marks}


def _coverage_chart(coverage: Table) -> draw.Chart:
    """Accuracy of the decided against their share; the second series marks the chosen point."""
    # Where nothing is decided, there is no accuracy.
    count = sum(accuracy is not None for accuracy in coverage["accuracy"])
    shares, accuracies = coverage["share_decided"][:count], coverage["accuracy"][:count]
    hover = tr("confidence at least %{customdata:.2f}<br>%{x:.1%} decided, %{y:.2%} of them right")
    least, name = coverage["confidence"][:count], tr("accuracy of the decided")
    curve = draw.line(shares, accuracies, name, draw.BLUE, "solid", hover, least)
    chosen = {
        "x": shares[:1],
        "y": accuracies[:1],
        "mode": "markers",
        "marker": {"color": draw.INK, "size": 12, "symbol": "diamond"},
        "name": tr("chosen"),
        "cliponaxis": False,
        "hoverinfo": "skip",
    }
    chart = draw.layout(tr("share of comments decided (%)"), tr("accuracy of the decided (%)"))
    chart["xaxis"] |= {"tickformat": draw.SHARE, "range": [0, 1.03]}
    # A little above 100% for the line to be seen, less than a tick above it.
    most = 1 + 0.03 * (1 - min(accuracies, default=0))
    chart["yaxis"] |= {"tickformat": ".1%", "autorangeoptions": {"maxallowed": most}}
    return {"data": [curve, chosen], "layout": chart}
