"""The lines in which a terminal shows a comparison of two models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nsmc.cli.common import align, one_line
from nsmc.evaluation.results import Comparison, PairedMetrics
from nsmc.messages.translate import mark, tr
from nsmc.text.width import padded


@dataclass(frozen=True)
class _Wording:
    """How the metrics of one kind of prediction are put into words, to be translated."""

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
        unit=mark("points"),
        scale=100,
        gain=1,
        digits=1,
        better=mark("{model} is better by {by} points"),
        test=mark("McNemar's test"),
        heads=(mark("label"), "A", "B", mark("right")),
    ),
    "stars": _Wording(
        unit=mark("stars"),
        scale=1,
        gain=-1,
        digits=2,
        better=mark("{model} is nearer by {by} stars"),
        test=mark("paired t-test"),
        heads=(mark("given"), "A", "B", mark("nearer")),
    ),
}


def comparison_lines(comparison: Comparison, top: int, more: str) -> list[str]:
    """All lines of a comparison, with the ``top`` disagreements.

    ``more`` says how to see the rest of them; it is empty where that is clear.
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
    data = tr("{path} ({reviews:,} reviews)", path=comparison.data.path, reviews=paired.examples)
    lines = [f"{padded(tr('data'), 5)}  {data}"]
    describe = _accuracy if paired.kind == "labels" else _error
    for name, model, metrics in zip("AB", comparison.models, (paired.a, paired.b), strict=True):
        threshold = metrics.get("threshold")
        end = "" if threshold is None else tr(", threshold {threshold:g}", threshold=threshold)
        lines.append(f"{name}      {describe(metrics)}  {model.path}{end}")
    wording, p_value = WORDINGS[paired.kind], paired.p_value
    probability = "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"
    digits, (low, high) = wording.digits + 1, paired.difference_interval
    interval = ""
    if low is not None and high is not None:
        ends = [f"{wording.scale * end:+.{digits}f}" for end in (low, high)]
        interval = "  (" + tr("95% interval {low} to {high}", low=ends[0], high=ends[1]) + ")"
    lines.append(
        f"B − A  {wording.scale * paired.difference:+.{digits}f} {tr(wording.unit)}{interval}  "
        f"{tr(wording.test)}: {probability}"
    )
    if paired.table is not None:
        (both, only_a), (only_b, neither) = paired.table
        counts = [
            ("", tr("B right"), tr("B wrong")),
            (tr("A right"), f"{both:,}", f"{only_a:,}"),
            (tr("A wrong"), f"{only_b:,}", f"{neither:,}"),
        ]
        lines += ["", *align(counts, right=(1, 2))]
    return [*lines, "", _verdict(comparison, paired)]


def _accuracy(metrics: Mapping[str, Any]) -> str:
    low, high = metrics["accuracy_interval"]
    interval = tr("95% interval {low:.2%} – {high:.2%}", low=low, high=high)
    return f"{metrics['accuracy']:7.2%}  ({interval})"


def _error(metrics: Mapping[str, Any]) -> str:
    low, high = metrics["mean_absolute_error_interval"]
    rank = metrics["rank_correlation"]
    line = tr("off by {error:.3f} stars on average", error=metrics["mean_absolute_error"])
    if low is not None:
        line += "  (" + tr("95% interval {low:.3f} – {high:.3f}", low=low, high=high) + ")"
    return line if rank is None else line + tr(", rank correlation {rank:.4f}", rank=rank)


def _verdict(comparison: Comparison, paired: PairedMetrics) -> str:
    """One sentence to act on."""
    wording, (low, high) = WORDINGS[paired.kind], paired.difference_interval
    if paired.kind == "labels" and not comparison.disagreements:
        return tr("A and B predict the same for all {reviews:,} reviews.", reviews=paired.examples)
    if paired.better is None or low is None or high is None:
        difference = wording.scale * abs(paired.difference)
        verdict = tr(
            "A and B cannot be told apart on these {reviews:,} reviews: chance alone may explain a "
            "difference of {difference} {unit}.",
            reviews=paired.examples,
            difference=f"{difference:.{wording.digits + 1}f}",
            unit=tr(wording.unit),
        )
        if needed := paired.reviews_needed:
            # Two leading digits: the rest of a plan is guesswork.
            unit = int(10 ** max(0, len(str(needed)) - 2))
            needed = -(-needed // unit) * unit
            verdict += "\n" + tr(
                "Were it truly so large, some {reviews:,} reviews should show it.", reviews=needed
            )
        return verdict
    sign = wording.gain if paired.better == "b" else -wording.gain
    ends = sorted(sign * wording.scale * end for end in (low, high))
    by, least, most = (
        f"{value:.{wording.digits}f}" for value in (sign * wording.scale * paired.difference, *ends)
    )
    verdict = tr(wording.better, model=paired.better.upper(), by=by)
    interval = tr("95% interval {low} to {high}", low=least, high=most)
    real = tr("the gain is real." if paired.better == "b" else "B is a loss.")
    return f"{verdict} ({interval}): {real}"


def _disagreements(comparison: Comparison, top: int, more: str) -> list[str]:
    """The first of the comments on which the models disagree."""
    rows = comparison.disagreements
    if not rows or not top:
        return []
    shown, kind = rows[:top], comparison.metrics.kind
    heading = tr(
        "they disagree on one comment:"
        if len(rows) == 1
        else "they disagree on {count:,} comments, farthest apart first:",
        count=len(rows),
    )
    table = [[*map(tr, WORDINGS[kind].heads), ""]]
    for row in shown:
        cells = _label_cells(row, comparison.label_names) if kind == "labels" else _star_cells(row)
        table.append([*cells, one_line(row["document"])])
    lines = ["", heading, "", *align(table)]
    if (left := len(rows) - len(shown)) and more:
        lines += ["", tr("{count:,} more: {how}", count=left, how=more)]
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
