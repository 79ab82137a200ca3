"""The view of stars.

Shapes: R reviews.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.curves import Table, table_of
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.evaluation.significance import mean_interval
from nsmc.evaluation.slices import error_slices
from nsmc.messages.translate import tr
from nsmc.report import charts as draw
from nsmc.report.display import DisplayText
from nsmc.report.examples import first_places
from nsmc.report.view import View, stacked
from nsmc.tasks.metrics import star_metrics
from nsmc.tasks.predictions import RegressionPredictions

STEPS = 9
"""Groups of the scale: of 1 to 10 stars, each is one star wide."""
FINE = 36
"""Bins of the errors in the length of the scale."""
QUANTILES = (5, 25, 50, 75, 95)
"""Percentiles of the predicted stars that the box plot shows."""
SINGLE = 21
"""Numbers given up to which each is a group of its own."""


class RegressionView(View):
    """Stars; `nsmc.report.view.View` says what each method gives."""

    template = "stars.html"
    space_columns = ("given", "found")

    def __init__(self, scored: ScoredReviews, *, leading: bool) -> None:
        super().__init__(scored, leading=leading)
        assert scored.numbers is not None
        self.predictions = scored.numbers

    def metrics(self) -> dict[str, Any]:
        """``stars``: those of `nsmc.tasks.metrics.star_metrics` with
        ``mean_absolute_error_interval`` (95%) and ``mean_error`` (predicted - given), ``by_given``,
        ``by_found``, ``histogram`` (of predicted - given) and ``slices``; where no other view
        leads, ``space``.
        """
        predictions = self.predictions
        off = np.abs(predictions.errors)  # [R]
        metrics: dict[str, Any] = {
            "stars": {
                **star_metrics(predictions.given, predictions.predicted),
                "mean_absolute_error_interval": mean_interval(off),
                "mean_error": float(predictions.errors.mean()),
                "scale": [predictions.scale.low, predictions.scale.high],
                "by_given": given_table(predictions),
                "by_found": found_table(predictions),
                "histogram": error_table(predictions),
                "slices": error_slices(self.scored, off),
            }
        }
        if self.leading:
            given, predicted = predictions.given, np.round(predictions.predicted, 6)
            metrics["space"] = self.space_metrics(predicted, given=given, found=predicted)
        return metrics

    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """Those of ``stars``, ``stars_errors`` (all that are more than one star off) and, where no
        other view leads, ``space``.
        """
        stars = metrics["stars"]
        return {
            "stars_given": stars["by_given"],
            "stars_found": stars["by_found"],
            "stars_histogram": stars["histogram"],
            "stars_slices": stacked("slice", stars["slices"]),
            "stars_errors": self._errors(),
            **self.space_table(metrics),
        }

    def charts(self, metrics: Mapping[str, Any]) -> dict[str, draw.Chart]:
        """``stars-given``, ``stars-predicted``, ``stars-errors``, and the mean absolute error by
        ``stars-length``, ``stars-unknown`` and ``stars-by-given``; where no other view leads,
        ``space``.
        """
        stars = metrics["stars"]
        scale, by_given, slices = stars["scale"], stars["by_given"], stars["slices"]
        bins = by_given | {
            "examples": by_given["reviews"],
            "bin": [f"{given:g}" for given in by_given["given"]],
        }

        def errors(table: Table, title: str) -> draw.Chart:
            metric, name = "mean_absolute_error", tr("mean absolute error (stars)")
            return draw.slice_chart(
                table, title, stars[metric], metric=metric, name=name, form=".2f"
            )

        charts = {
            "stars-given": _given_chart(by_given, scale),
            "stars-predicted": _predicted_chart(stars["by_found"], scale),
            "stars-errors": _error_chart(stars["histogram"]),
            "stars-length": errors(slices["length"], tr("length (characters)")),
            "stars-unknown": errors(
                slices["unknown"], tr("unknown {units} (%)", units=tr(self.units))
            ),
            "stars-by-given": errors(bins, tr("stars given")),
        }
        if self.leading and (space := metrics["space"]):
            charts["space"] = _space_chart(space["points"], space["variance"], scale)
        return charts

    def chosen(self) -> dict[str, list[int]]:
        """``most_too_many`` and ``most_too_few``: where the model gives far more and far fewer
        stars than people gave.
        """
        texts, errors = self.scored.texts, self.predictions.errors
        return {
            "most_too_many": first_places(texts, errors > 1, -errors),
            "most_too_few": first_places(texts, errors < -1, errors),
        }

    def label(self, place: int) -> tuple[Any, DisplayText]:
        """See `View.label`."""
        given = float(self.predictions.given[place])
        return given, DisplayText(f"★{given:g}")

    def predicted(self, place: int) -> tuple[DisplayText, str]:
        """See `View.predicted`."""
        stars = DisplayText(f"★{self.predictions.predicted[place]:.1f}")
        return stars, f"{self.predictions.errors[place]:+.1f}"

    def _errors(self) -> Table:
        predictions, scored = self.predictions, self.scored
        off = np.abs(predictions.errors)  # [R]
        order = np.argsort(-off, kind="stable")
        far = order[off[order] > 1]
        return {
            "row": scored.rows[far].tolist(),
            "given": predictions.given[far].tolist(),
            "found": np.round(predictions.predicted[far], 6).tolist(),
            "error": np.round(predictions.errors[far], 6).tolist(),
            "document": [scored.texts[place] for place in far.tolist()],
        }


def given_table(predictions: RegressionPredictions) -> Table:
    """Predictions by what people gave: ``given`` (a number, or the middle of a group where there
    are many), ``reviews``, ``mean_absolute_error`` with its 95% interval ``low`` to ``high``, and
    ``mean_found`` with the quantiles ``found_05``, ``found_25``, ``found_50``, ``found_75`` and
    ``found_95`` of the predicted stars.
    """
    rows = []
    for given, mask in _groups(predictions, predictions.given, single=True):
        predicted, off = predictions.predicted[mask], np.abs(predictions.errors[mask])
        spread = np.percentile(predicted, QUANTILES).tolist()
        error = float(off.mean()), *mean_interval(off)
        rows.append((given, int(mask.sum()), *error, float(predicted.mean()), *spread))
    names = ("given", "reviews", "mean_absolute_error", "low", "high", "mean_found")
    return table_of((*names, *(f"found_{q:02}" for q in QUANTILES)), rows)


def found_table(predictions: RegressionPredictions) -> Table:
    """What people gave by what was predicted: ``reviews`` of each group of the scale, their
    ``mean_found`` (predicted), and ``mean_given`` with its 95% interval ``low`` to ``high``.
    """
    rows = []
    for _, mask in _groups(predictions, predictions.predicted, single=False):
        given, mean = predictions.given[mask], float(predictions.predicted[mask].mean())
        rows.append((len(given), mean, float(given.mean()), *mean_interval(given)))
    return table_of(("reviews", "mean_found", "mean_given", "low", "high"), rows)


def error_table(predictions: RegressionPredictions) -> Table:
    """Reviews by predicted - given: ``low``, ``high`` and ``reviews`` of each bin."""
    width = (predictions.scale.high - predictions.scale.low) / FINE
    bins = np.floor(predictions.errors / width).astype(np.int64)  # [R]
    first = int(bins.min())
    counts = enumerate(np.bincount(bins - first).tolist(), start=first)
    rows = [(number * width, (number + 1) * width, count) for number, count in counts]
    return table_of(("low", "high", "reviews"), rows)


def _groups(
    predictions: RegressionPredictions, values: NDArray[np.float64], *, single: bool
) -> list[tuple[float, NDArray[np.bool_]]]:
    """Groups of reviews [R] by values [R], with the number that each stands for."""
    distinct = np.unique(values)
    if single and len(distinct) <= SINGLE:
        return [(float(value), values == value) for value in distinct]
    width = (predictions.scale.high - predictions.scale.low) / STEPS
    bins = ((values - predictions.scale.low) / width).astype(np.int64).clip(0, STEPS - 1)  # [R]
    return [
        (predictions.scale.low + (number + 0.5) * width, bins == number)
        for number in np.unique(bins).tolist()
    ]


def _given_chart(by_given: Table, scale: list[float]) -> draw.Chart:
    """How the predicted stars spread, by those given."""
    boxes: dict[str, Any] = {
        "type": "box",
        "x": by_given["given"],
        "q1": by_given["found_25"],
        "median": by_given["found_50"],
        "q3": by_given["found_75"],
        "lowerfence": by_given["found_05"],
        "upperfence": by_given["found_95"],
        "mean": by_given["mean_found"],
        "boxpoints": False,
        "line": {"color": draw.BLUE, "width": 1.5},
        "fillcolor": "#cfe3f2",
        "name": tr("predicted"),
        "customdata": by_given["reviews"],
    }
    chart = draw.layout(tr("stars given"), tr("stars predicted"))
    # A mark at each star, unless there would be too many.
    few = scale[1] - scale[0] <= 12
    chart["xaxis"] |= {"range": _widened(scale), "dtick": 1 if few else None}
    chart["yaxis"] |= {"range": _widened(scale)}
    return {
        "data": [draw.line(scale, scale, tr("as given"), draw.MUTED, "dot"), boxes],
        "layout": chart,
    }


def _predicted_chart(by_predicted: Table, scale: list[float]) -> draw.Chart:
    """The mean of the stars given, by those predicted."""
    x, y = by_predicted["mean_found"], by_predicted["mean_given"]
    hover = tr("★%{x:.2f} predicted, ★%{y:.2f} given on average by %{customdata:,} people")
    points = draw.line(x, y, tr("given"), draw.BLUE, "solid", hover, by_predicted["reviews"]) | {
        "mode": "lines+markers",
        "marker": {"color": draw.BLUE, "size": 8},
        "error_y": draw.interval(y, by_predicted["low"], by_predicted["high"]),
    }
    chart = draw.layout(tr("stars predicted (mean of a group)"), tr("stars given (mean)"))
    for name in ("xaxis", "yaxis"):
        chart[name] |= {"range": _widened(scale)}
    return {
        "data": [draw.line(scale, scale, tr("as predicted"), draw.MUTED, "dot"), points],
        "layout": chart,
    }


def _error_chart(histogram: Table) -> draw.Chart:
    """How many comments are how far off."""
    shown = draw.bars(histogram["low"], histogram["high"], histogram["reviews"]) | {
        "width": draw.differences(histogram["high"], histogram["low"]),
        "hovertemplate": tr("%{customdata[0]:+.2f} to %{customdata[1]:+.2f} stars: %{y:,} comments")
        + "<extra></extra>",
    }
    chart = draw.layout(tr("stars predicted − stars given"), tr("comments"))
    chart["shapes"] = [draw.rule("x", 0)]
    return {"data": [shown], "layout": chart}


def _space_chart(points: Table, shares: list[float], scale: list[float]) -> draw.Chart:
    """Sentence vectors in two dimensions, coloured by the stars given."""
    facts = list(zip(points["given"], points["found"], strict=True))
    note = tr("★%{customdata[1]} given, ★%{customdata[2]:.1f} predicted")
    marker = {
        "color": points["given"],
        "cmin": scale[0],
        "cmax": scale[1],
        "colorscale": "Cividis",
        "size": 7,
        "opacity": 0.7,
        "colorbar": {"title": {"text": tr("stars<br>given")}, "thickness": 12, "len": 0.7},
    }
    marks = draw.scatter(points, list(range(len(facts))), facts, note, marker, tr("comments"))
    return {"data": [marks | {"showlegend": False}], "layout": draw.space_layout(shares)}


def _widened(scale: list[float]) -> list[float]:
    """The scale's ends, with room beyond them."""
    low, high = scale
    return [low - (high - low) * 0.07, high + (high - low) * 0.07]
