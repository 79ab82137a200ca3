"""Two models compared, for a person."""

from abc import ABC, abstractmethod
from typing import Any

from nsmc.text.width import display_width, padded


class Words(ABC):
    """How a comparison of one kind of answer is told."""

    @abstractmethod
    def metrics(self, found: dict[str, Any]) -> list[str]:
        """The lines above the verdict."""

    @abstractmethod
    def verdict(self, found: dict[str, Any]) -> str:
        """One sentence to act on."""

    @abstractmethod
    def heads(self) -> list[str]:
        """What stands above the disagreements: the label, A, B and who is right."""

    @abstractmethod
    def cells(self, row: dict[str, Any]) -> list[str]:
        """The same of a disagreement."""

    def only(self, found: dict[str, Any]) -> str:
        """The one thing that all reviews are labelled; empty where they differ."""
        return ""

    def disagreements(self, rows: list[dict[str, Any]], top: int, more: str) -> list[str]:
        """The first of the comments on which the models disagree.

        Args:
            rows: all of them.
            top: how many to show.
            more: how to see the rest; empty where that is clear.
        """
        if not rows or not top:
            return []
        shown = rows[:top]
        count = "one comment" if len(rows) == 1 else f"{len(rows):,} comments, farthest apart first"
        table = [self.heads(), *(self.cells(row) for row in shown)]
        widths = [max(map(display_width, column)) for column in zip(*table, strict=True)]
        texts = ["", *(" ".join(row["document"].split()) for row in shown)]
        lines = ["", f"they disagree on {count}:", ""]
        for cells, text in zip(table, texts, strict=True):
            row = [padded(cell, width) for cell, width in zip(cells, widths, strict=True)]
            lines.append(f"{'  '.join(row)}  {text}".rstrip())
        if (left := len(rows) - len(shown)) and more:
            lines += ["", f"{left:,} more: {more}"]
        return lines


class LabelWords(Words):
    """Of two models that give labels.

    Args:
        names: what a person reads for each label in JSON.
    """

    def __init__(self, names: dict[Any, str]) -> None:
        self._names = names

    def only(self, found: dict[str, Any]) -> str:
        """See `Words.only`."""
        labels = found["labels"]
        counts = labels.values() if isinstance(labels, dict) else labels
        there = [name for name, count in zip(self._names.values(), counts, strict=True) if count]
        return there[0] if len(there) == 1 else ""

    def metrics(self, found: dict[str, Any]) -> list[str]:
        """See `Words.metrics`."""
        (both, only_a), (only_b, neither) = found["table"]
        lines = [data_line(found)]
        for name in "ab":
            model = found[name]
            low, high = model["accuracy_interval"]
            line = f"threshold {model['threshold']:g}" if "threshold" in model else ""
            lines.append(
                f"{name.upper()}      {model['accuracy']:7.2%}  (95% interval {low:.2%} – "
                f"{high:.2%})  {', '.join(part for part in (model['model'], line) if part)}"
            )
        low, high = found["difference_interval"]
        width = max(7, len(f"{max(both, only_a, only_b, neither):,}"))
        return [
            *lines,
            f"B − A  {100 * found['difference']:+.2f} points  (95% interval {100 * low:+.2f} to "
            f"{100 * high:+.2f})  McNemar's test: {probability(found['p_value'])}",
            "",
            f"         {'B right':>{width}}  {'B wrong':>{width}}",
            f"A right  {both:>{width},}  {only_a:>{width},}",
            f"A wrong  {only_b:>{width},}  {neither:>{width},}",
        ]

    def verdict(self, found: dict[str, Any]) -> str:
        """See `Words.verdict`."""
        reviews = f"these {found['examples']:,} reviews"
        low, high = (100 * end for end in found["difference_interval"])
        points = 100 * found["difference"]
        if not found["disagreements"]:
            return f"A and B call every one of {reviews} the same."
        if found["better"] == "b":
            interval = f"95% interval {low:.1f} to {high:.1f}"
            return f"B is better by {points:.1f} points ({interval}): the gain is real."
        if found["better"] == "a":
            interval = f"95% interval {-high:.1f} to {-low:.1f}"
            return f"A is better by {-points:.1f} points ({interval}): B is a loss."
        return untold(found, f"{abs(points):.2f} points")

    def heads(self) -> list[str]:
        """See `Words.heads`."""
        return ["label", "A", "B", "right"]

    def cells(self, row: dict[str, Any]) -> list[str]:
        """See `Words.cells`."""
        calls = [f"{self._names[row[f'label_{m}']]} {_confidence(row, m):6.1%}" for m in "ab"]
        return [self._names[row["label"]], *calls, row["right"]]


class StarWords(Words):
    """Of two models that give stars."""

    def metrics(self, found: dict[str, Any]) -> list[str]:
        """See `Words.metrics`."""
        lines = [data_line(found)]
        for name in "ab":
            model = found[name]
            between, rank = model["mean_absolute_error_interval"], model["rank_correlation"]
            lines.append(
                f"{name.upper()}      off by {model['mean_absolute_error']:.3f} stars on average"
                + (
                    ""
                    if between[0] is None
                    else "  (95% interval {:.3f} – {:.3f})".format(*between)
                )
                + ("" if rank is None else f", rank correlation {rank:.4f}")
                + f"  {model['model']}"
            )
        low, high = found["difference_interval"]
        between = "" if low is None else f"  (95% interval {low:+.3f} to {high:+.3f})"
        lines.append(
            f"B − A  {found['difference']:+.3f} stars{between}  paired t-test: "
            f"{probability(found['p_value'])}"
        )
        return lines

    def verdict(self, found: dict[str, Any]) -> str:
        """See `Words.verdict`."""
        low, high = found["difference_interval"]
        stars = found["difference"]
        if found["better"] == "b":
            interval = f"95% interval {-high:.2f} to {-low:.2f}"
            return f"B is nearer by {-stars:.2f} stars ({interval}): the gain is real."
        if found["better"] == "a":
            interval = f"95% interval {low:.2f} to {high:.2f}"
            return f"A is nearer by {stars:.2f} stars ({interval}): B is a loss."
        return untold(found, f"{abs(stars):.3f} stars")

    def heads(self) -> list[str]:
        """See `Words.heads`."""
        return ["given", "A", "B", "nearer"]

    def cells(self, row: dict[str, Any]) -> list[str]:
        """See `Words.cells`."""
        stars = [f"★{row[f'stars_{m}']:.1f}" for m in "ab"]
        return [f"★{row['given']:g}", *stars, row["nearer"]]


def data_line(found: dict[str, Any]) -> str:
    """What was compared on."""
    return f"data   {found['data']['path']} ({found['examples']:,} reviews)"


def probability(p_value: float) -> str:
    """A p-value as one reads it."""
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"


def untold(found: dict[str, Any], difference: str) -> str:
    """That chance may be all there is."""
    verdict = (
        f"A and B cannot be told apart on these {found['examples']:,} reviews: chance alone may "
        f"explain a difference of {difference}."
    )
    if needed := found["reviews_needed"]:
        verdict += f"\nWere it truly so large, some {_rounded(needed):,} reviews should show it."
    return verdict


def _rounded(number: int) -> int:
    """Two leading digits: the rest of a plan is guesswork."""
    unit = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // unit) * unit


def _confidence(row: dict[str, Any], model: str) -> float:
    """The probability of the label that a model gave."""
    if f"confidence_{model}" in row:
        sure: float = row[f"confidence_{model}"]
        return sure
    score: float = row[f"score_{model}"]
    return score if row[f"label_{model}"] else 1 - score
