"""The lines in which a terminal shows a comparison of two models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nsmc.cli.common import align, one_line
from nsmc.evaluation.results import Comparison, PairedMetrics


@dataclass(frozen=True)
class _Wording:
    """How the metrics of one kind of prediction are put into words."""

    unit: str
    scale: int
    """Units in a difference of 1."""
    gain: int
    """1 if more is better, -1 if less is."""
    digits: int
    """Of the verdict; a difference has one more."""
    better: str
    test: str
    heads: tuple[str, ...]
    """Above the disagreements: the label, A, B and which is right."""


WORDINGS = {
    "labels": _Wording(
        "points", 100, 1, 1, "better", "McNemar's test", ("label", "A", "B", "right")
    ),
    "stars": _Wording("stars", 1, -1, 2, "nearer", "paired t-test", ("given", "A", "B", "nearer")),
}


def comparison_lines(comparison: Comparison, top: int, more: str) -> list[str]:
    """All lines of a comparison.

    Args:
        comparison: of two models.
        top: disagreements to show.
        more: how to see the rest of them; empty where that is clear.
    """
    lines = _summary(comparison, comparison.metrics)
    if comparison.stars is not None:
        lines += ["", *_summary(comparison, comparison.stars)]
    return [*lines, *_disagreements(comparison, top, more)]


def only_label(comparison: Comparison) -> str | None:
    """The name of the label that all reviews have; None where they differ, or of stars."""
    labels = comparison.metrics.labels or []
    counts = labels.values() if isinstance(labels, dict) else labels
    names = zip(comparison.label_names.values(), counts, strict=bool(labels))
    present = [name for name, count in names if count]
    return present[0] if len(present) == 1 else None


def _summary(comparison: Comparison, paired: PairedMetrics) -> list[str]:
    """The metrics of both models, their difference and the verdict."""
    lines = [f"data   {comparison.data.path} ({paired.examples:,} reviews)"]
    describe = _accuracy if paired.kind == "labels" else _error
    for name, model, metrics in zip("AB", comparison.models, (paired.a, paired.b), strict=True):
        threshold = metrics.get("threshold")
        end = "" if threshold is None else f", threshold {threshold:g}"
        lines.append(f"{name}      {describe(metrics)}  {model.path}{end}")
    wording, p_value = WORDINGS[paired.kind], paired.p_value
    probability = "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"
    digits, (low, high) = wording.digits + 1, paired.difference_interval
    interval = ""
    if low is not None and high is not None:
        ends = [f"{wording.scale * end:+.{digits}f}" for end in (low, high)]
        interval = f"  (95% interval {ends[0]} to {ends[1]})"
    lines.append(
        f"B − A  {wording.scale * paired.difference:+.{digits}f} {wording.unit}{interval}  "
        f"{wording.test}: {probability}"
    )
    if paired.table is not None:
        (both, only_a), (only_b, neither) = paired.table
        width = max(7, len(f"{max(both, only_a, only_b, neither):,}"))
        lines += [
            "",
            f"         {'B right':>{width}}  {'B wrong':>{width}}",
            f"A right  {both:>{width},}  {only_a:>{width},}",
            f"A wrong  {only_b:>{width},}  {neither:>{width},}",
        ]
    return [*lines, "", _verdict(comparison, paired)]


def _accuracy(metrics: Mapping[str, Any]) -> str:
    low, high = metrics["accuracy_interval"]
    return f"{metrics['accuracy']:7.2%}  (95% interval {low:.2%} – {high:.2%})"


def _error(metrics: Mapping[str, Any]) -> str:
    low, high = metrics["mean_absolute_error_interval"]
    rank = metrics["rank_correlation"]
    interval = "" if low is None else f"  (95% interval {low:.3f} – {high:.3f})"
    correlation = "" if rank is None else f", rank correlation {rank:.4f}"
    return f"off by {metrics['mean_absolute_error']:.3f} stars on average{interval}{correlation}"


def _verdict(comparison: Comparison, paired: PairedMetrics) -> str:
    """One sentence to act on."""
    wording, (low, high) = WORDINGS[paired.kind], paired.difference_interval
    if paired.kind == "labels" and not comparison.disagreements:
        return f"A and B predict the same for all {paired.examples:,} reviews."
    if paired.better is None or low is None or high is None:
        difference = wording.scale * abs(paired.difference)
        verdict = (
            f"A and B cannot be told apart on these {paired.examples:,} reviews: chance alone may "
            f"explain a difference of {difference:.{wording.digits + 1}f} {wording.unit}."
        )
        if needed := paired.reviews_needed:
            # Two leading digits: the rest of a plan is guesswork.
            unit = int(10 ** max(0, len(str(needed)) - 2))
            needed = -(-needed // unit) * unit
            verdict += f"\nWere it truly so large, some {needed:,} reviews should show it."
        return verdict
    sign = wording.gain if paired.better == "b" else -wording.gain
    ends = sorted(sign * wording.scale * end for end in (low, high))
    by, least, most = (
        f"{value:.{wording.digits}f}" for value in (sign * wording.scale * paired.difference, *ends)
    )
    return (
        f"{paired.better.upper()} is {wording.better} by {by} {wording.unit} (95% interval "
        f"{least} to {most}): {'the gain is real' if paired.better == 'b' else 'B is a loss'}."
    )


def _disagreements(comparison: Comparison, top: int, more: str) -> list[str]:
    """The first of the comments on which the models disagree."""
    rows = comparison.disagreements
    if not rows or not top:
        return []
    shown, kind = rows[:top], comparison.metrics.kind
    count = "one comment" if len(rows) == 1 else f"{len(rows):,} comments, farthest apart first"
    table = [[*WORDINGS[kind].heads, ""]]
    for row in shown:
        cells = _label_cells(row, comparison.label_names) if kind == "labels" else _star_cells(row)
        table.append([*cells, one_line(row["document"])])
    lines = ["", f"they disagree on {count}:", "", *align(table)]
    if (left := len(rows) - len(shown)) and more:
        lines += ["", f"{left:,} more: {more}"]
    return lines


def _label_cells(row: Mapping[str, Any], names: Mapping[Any, str]) -> list[str]:
    predicted = []
    for model in "ab":
        label, confidence = row[f"label_{model}"], row.get(f"confidence_{model}")
        if confidence is None:  # with two labels there is only the probability of the positive one
            score = row[f"score_{model}"]
            confidence = score if label else 1 - score
        predicted.append(f"{names[label]} {confidence:6.1%}")
    return [names[row["label"]], *predicted, row["right"]]


def _star_cells(row: Mapping[str, Any]) -> list[str]:
    stars = [f"★{row[f'stars_{model}']:.1f}" for model in "ab"]
    return [f"★{row['given']:g}", *stars, row["nearer"]]
