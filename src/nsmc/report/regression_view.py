"""Stars, judged.

Shapes: R reviews.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.curves import Table
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.evaluation.significance import mean_interval
from nsmc.evaluation.slices import error_slices
from nsmc.report.examples import first_ones
from nsmc.report.parts import Example, PagePart
from nsmc.report.sentence_space import space_of
from nsmc.report.star_page import stars_part
from nsmc.report.view import View, stacked
from nsmc.tasks.metrics import star_metrics
from nsmc.tasks.predictions import RegressionPredictions
from nsmc.tasks.task import DisplayText

STEPS = 9
"""Groups of the scale: of 1 to 10 stars, each is one star wide."""
FINE = 36
"""Bins of the errors in the length of the scale."""
SINGLE = 21
"""Numbers given up to which each is a group of its own."""


class RegressionView(View):
    """Stars; `nsmc.report.view.View` says what each method gives."""

    space_columns = ("given", "found")

    def __init__(self, scored: ScoredReviews, *, leading: bool) -> None:
        super().__init__(scored, leading=leading)
        assert scored.numbers is not None
        self.numbers = scored.numbers

    def metrics(self) -> dict[str, Any]:
        """``stars``: those of `nsmc.tasks.metrics.star_metrics` with
        ``mean_absolute_error_interval`` (95%) and ``mean_error`` (found - given), and the tables
        ``by_given``, ``by_found``, ``histogram`` (of found - given) and ``slices``; where no other
        view leads, ``space``.
        """
        numbers = self.numbers
        off = np.abs(numbers.errors)  # [R]
        found: dict[str, Any] = {
            "stars": {
                **star_metrics(numbers.given, numbers.found),
                "mean_absolute_error_interval": mean_interval(off),
                "mean_error": float(numbers.errors.mean()),
                "scale": [numbers.low, numbers.high],
                "by_given": given_table(numbers),
                "by_found": found_table(numbers),
                "histogram": error_table(numbers),
                "slices": error_slices(self.scored, off),
            }
        }
        if self.leading:
            space = space_of(self.scored, numbers.found)
            points = None
            if space is not None:
                points = self.space_figures(
                    space,
                    given=numbers.given[space.chosen].tolist(),
                    found=np.round(numbers.found[space.chosen], 6).tolist(),
                )
            found["space"] = points
        return found

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

    def chosen(self) -> dict[str, list[int]]:
        """``most_too_many`` and ``most_too_few``: where the model gives far more and far fewer
        stars than people gave.
        """
        texts, errors = self.scored.texts, self.numbers.errors
        return {
            "most_too_many": first_ones(texts, errors > 1, -errors),
            "most_too_few": first_ones(texts, errors < -1, errors),
        }

    def label(self, place: int) -> tuple[Any, DisplayText]:
        """See `View.label`."""
        given = float(self.numbers.given[place])
        return given, DisplayText(f"★{given:g}")

    def called(self, place: int) -> tuple[DisplayText, str]:
        """See `View.called`."""
        return DisplayText(
            f"★{self.numbers.found[place]:.1f}"
        ), f"{self.numbers.errors[place]:+.1f}"

    def page(
        self, metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]]
    ) -> PagePart:
        """See `View.page`."""
        return stars_part(metrics, examples, self.units, leading=self.leading)

    def _errors(self) -> Table:
        numbers, scored = self.numbers, self.scored
        off = np.abs(numbers.errors)  # [R]
        order = np.argsort(-off, kind="stable")
        far = order[off[order] > 1]
        return {
            "row": scored.rows[far].tolist(),
            "given": numbers.given[far].tolist(),
            "found": np.round(numbers.found[far], 6).tolist(),
            "error": np.round(numbers.errors[far], 6).tolist(),
            "document": [scored.texts[place] for place in far.tolist()],
        }


def given_table(numbers: RegressionPredictions) -> Table:
    """What the model gives by what people gave: ``given`` (a number, or the middle of a group where
    there are many), ``reviews``, ``mean_absolute_error`` with its 95% interval ``low`` to ``high``,
    and ``mean_found`` with the quantiles ``found_05``, ``found_25``, ``found_50``, ``found_75`` and
    ``found_95``.
    """
    quantiles = (5, 25, 50, 75, 95)
    names = ("given", "reviews", "mean_absolute_error", "low", "high", "mean_found")
    table: Table = {name: [] for name in (*names, *(f"found_{q:02}" for q in quantiles))}
    for given, here in _groups(numbers, numbers.given, single=True):
        found, off = numbers.found[here], np.abs(numbers.errors[here])
        row = (
            *(given, int(here.sum()), float(off.mean()), *mean_interval(off)),
            *(float(found.mean()), *np.percentile(found, quantiles).tolist()),
        )
        for name, value in zip(table, row, strict=True):
            table[name].append(value)
    return table


def found_table(numbers: RegressionPredictions) -> Table:
    """What people gave by what the model gives: ``reviews`` of each group of the scale, their
    ``mean_found``, and ``mean_given`` with its 95% interval ``low`` to ``high``.
    """
    table: Table = {n: [] for n in ("reviews", "mean_found", "mean_given", "low", "high")}
    for _, here in _groups(numbers, numbers.found, single=False):
        given = numbers.given[here]
        row = (
            *(int(here.sum()), float(numbers.found[here].mean())),
            *(float(given.mean()), *mean_interval(given)),
        )
        for name, value in zip(table, row, strict=True):
            table[name].append(value)
    return table


def error_table(numbers: RegressionPredictions) -> Table:
    """How many reviews there are by found - given: ``low``, ``high``, ``reviews`` of each bin."""
    width = (numbers.high - numbers.low) / FINE
    bins = np.floor(numbers.errors / width).astype(np.int64)  # [R]
    first = int(bins.min())
    counts = np.bincount(bins - first).tolist()
    return {
        "low": [(first + i) * width for i in range(len(counts))],
        "high": [(first + i + 1) * width for i in range(len(counts))],
        "reviews": counts,
    }


def _groups(
    numbers: RegressionPredictions, values: NDArray[np.float64], *, single: bool
) -> list[tuple[float, NDArray[np.bool_]]]:
    """Groups of reviews [R] by values [R], with the number that each stands for."""
    distinct = np.unique(values)
    if single and len(distinct) <= SINGLE:
        return [(float(value), values == value) for value in distinct]
    width = (numbers.high - numbers.low) / STEPS
    bins = ((values - numbers.low) / width).astype(np.int64).clip(0, STEPS - 1)  # [R]
    return [
        (numbers.low + (number + 0.5) * width, bins == number)
        for number in np.unique(bins).tolist()
    ]
