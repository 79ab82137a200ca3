"""The lines in which a terminal shows a comparison of two models."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from nsmc.evaluation.results import Comparison, PairedMetrics
from nsmc.text.width import display_width, padded


class Lines(ABC):
    """The lines of one kind of prediction.

    Args:
        comparison: of two models.
        metrics: of this kind.
    """

    heads: tuple[str, ...]
    """Above the disagreements: the label, A, B and which is right."""

    def __init__(self, comparison: Comparison, metrics: PairedMetrics) -> None:
        self.comparison = comparison
        self.paired = metrics

    @abstractmethod
    def _of_model(self, metrics: Mapping[str, Any]) -> tuple[str, list[str]]:
        """The metrics of a model before its path, and what comes behind it."""

    @abstractmethod
    def _difference(self) -> list[str]:
        """The difference and its test."""

    @abstractmethod
    def _verdict(self) -> str:
        """One sentence to act on."""

    @abstractmethod
    def _cells(self, row: Mapping[str, Any]) -> list[str]:
        """A disagreement below the `heads`."""

    def summary(self) -> list[str]:
        """The metrics of both models, their difference and the verdict."""
        lines = [f"data   {self.comparison.data.path} ({self.paired.examples:,} reviews)"]
        both = zip("AB", self.comparison.models, (self.paired.a, self.paired.b), strict=True)
        for name, model, metrics in both:
            before, behind = self._of_model(metrics)
            lines.append(f"{name}      {before}  {', '.join([str(model.path), *behind])}")
        return [*lines, *self._difference(), "", self._verdict()]

    def _undecided(self, difference: str) -> str:
        """The verdict where chance may explain the difference."""
        verdict = (
            f"A and B cannot be told apart on these {self.paired.examples:,} reviews: chance alone "
            f"may explain a difference of {difference}."
        )
        if needed := self.paired.reviews_needed:
            verdict += (
                f"\nWere it truly so large, some {_rounded(needed):,} reviews should show it."
            )
        return verdict

    def disagreements(self, top: int, more: str) -> list[str]:
        """The first of the comments on which the models disagree."""
        rows = self.comparison.disagreements
        if not rows or not top:
            return []
        shown = rows[:top]
        count = "one comment" if len(rows) == 1 else f"{len(rows):,} comments, farthest apart first"
        table = [list(self.heads), *(self._cells(row) for row in shown)]
        widths = [max(map(display_width, column)) for column in zip(*table, strict=True)]
        texts = ["", *(" ".join(row["document"].split()) for row in shown)]
        lines = ["", f"they disagree on {count}:", ""]
        for cells, text in zip(table, texts, strict=True):
            row = [padded(cell, width) for cell, width in zip(cells, widths, strict=True)]
            lines.append(f"{'  '.join(row)}  {text}".rstrip())
        if (left := len(rows) - len(shown)) and more:
            lines += ["", f"{left:,} more: {more}"]
        return lines


class ClassLines(Lines):
    """Of two models that predict classes."""

    heads = ("label", "A", "B", "right")

    def _of_model(self, metrics: Mapping[str, Any]) -> tuple[str, list[str]]:
        low, high = metrics["accuracy_interval"]
        accuracy = f"{metrics['accuracy']:7.2%}  (95% interval {low:.2%} – {high:.2%})"
        threshold = metrics.get("threshold")
        return accuracy, [] if threshold is None else [f"threshold {threshold:g}"]

    def _difference(self) -> list[str]:
        assert self.paired.table is not None
        (both, only_a), (only_b, neither) = self.paired.table
        low, high = self._points()
        width = max(7, len(f"{max(both, only_a, only_b, neither):,}"))
        return [
            f"B − A  {100 * self.paired.difference:+.2f} points  (95% interval {low:+.2f} to "
            f"{high:+.2f})  McNemar's test: {_probability(self.paired.p_value)}",
            "",
            f"         {'B right':>{width}}  {'B wrong':>{width}}",
            f"A right  {both:>{width},}  {only_a:>{width},}",
            f"A wrong  {only_b:>{width},}  {neither:>{width},}",
        ]

    def _verdict(self) -> str:
        low, high = self._points()
        points = 100 * self.paired.difference
        if not self.comparison.disagreements:
            return f"A and B predict the same for all {self.paired.examples:,} reviews."
        if self.paired.better == "b":
            interval = f"95% interval {low:.1f} to {high:.1f}"
            return f"B is better by {points:.1f} points ({interval}): the gain is real."
        if self.paired.better == "a":
            interval = f"95% interval {-high:.1f} to {-low:.1f}"
            return f"A is better by {-points:.1f} points ({interval}): B is a loss."
        return self._undecided(f"{abs(points):.2f} points")

    def _cells(self, row: Mapping[str, Any]) -> list[str]:
        names = self.comparison.label_names
        calls = [f"{names[row[f'label_{m}']]} {_confidence(row, m):6.1%}" for m in "ab"]
        return [names[row["label"]], *calls, row["right"]]

    def _points(self) -> tuple[float, float]:
        low, high = self.paired.difference_interval
        assert low is not None and high is not None, "shares always have an interval"
        return 100 * low, 100 * high


class StarLines(Lines):
    """Of two models that predict stars."""

    heads = ("given", "A", "B", "nearer")

    def _of_model(self, metrics: Mapping[str, Any]) -> tuple[str, list[str]]:
        low, high = metrics["mean_absolute_error_interval"]
        rank = metrics["rank_correlation"]
        interval = "" if low is None else f"  (95% interval {low:.3f} – {high:.3f})"
        correlation = "" if rank is None else f", rank correlation {rank:.4f}"
        error = f"off by {metrics['mean_absolute_error']:.3f} stars on average"
        return f"{error}{interval}{correlation}", []

    def _difference(self) -> list[str]:
        low, high = self.paired.difference_interval
        interval = "" if low is None else f"  (95% interval {low:+.3f} to {high:+.3f})"
        return [
            f"B − A  {self.paired.difference:+.3f} stars{interval}  paired t-test: "
            f"{_probability(self.paired.p_value)}"
        ]

    def _verdict(self) -> str:
        low, high = self.paired.difference_interval
        stars = self.paired.difference
        if low is None or high is None or self.paired.better is None:
            return self._undecided(f"{abs(stars):.3f} stars")
        if self.paired.better == "b":
            interval = f"95% interval {-high:.2f} to {-low:.2f}"
            return f"B is nearer by {-stars:.2f} stars ({interval}): the gain is real."
        interval = f"95% interval {low:.2f} to {high:.2f}"
        return f"A is nearer by {stars:.2f} stars ({interval}): B is a loss."

    def _cells(self, row: Mapping[str, Any]) -> list[str]:
        stars = [f"★{row[f'stars_{m}']:.1f}" for m in "ab"]
        return [f"★{row['given']:g}", *stars, row["nearer"]]


def comparison_lines(comparison: Comparison, top: int, more: str) -> list[str]:
    """All lines of a comparison.

    Args:
        comparison: of two models.
        top: disagreements to show.
        more: how to see the rest of them; empty where that is clear.
    """
    kinds = {"labels": ClassLines, "stars": StarLines}
    leading = kinds[comparison.metrics.kind](comparison, comparison.metrics)
    lines = leading.summary()
    if comparison.stars is not None:
        lines += ["", *StarLines(comparison, comparison.stars).summary()]
    return [*lines, *leading.disagreements(top, more)]


def only_label(comparison: Comparison) -> str | None:
    """The name of the label that all reviews have; None where they differ, or of stars."""
    labels = comparison.metrics.labels or []
    counts = labels.values() if isinstance(labels, dict) else labels
    names = zip(comparison.label_names.values(), counts, strict=bool(labels))
    present = [name for name, count in names if count]
    return present[0] if len(present) == 1 else None


def _probability(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"


def _rounded(number: int) -> int:
    """Two leading digits: the rest of a plan is guesswork."""
    unit = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // unit) * unit


def _confidence(row: Mapping[str, Any], model: str) -> float:
    """The probability of the label that a model gave."""
    if f"confidence_{model}" in row:
        sure: float = row[f"confidence_{model}"]
        return sure
    score: float = row[f"score_{model}"]
    return score if row[f"label_{model}"] else 1 - score
