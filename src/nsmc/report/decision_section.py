"""What a report says of any model that calls each comment one of several things."""

from collections.abc import Mapping, Sequence
from typing import Any

from nsmc.report.charts import Chart
from nsmc.report.parts import Example, Section, empty, examples_table, figure


def verdict(metrics: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The first sentence of the page, and those below it, in HTML."""
    low, high = metrics["accuracy_interval"]
    right = metrics["examples"] - metrics["errors"]
    return (
        f"Right on <b>{right:,}</b> of {metrics['examples']:,} comments: "
        f"<b>{metrics['accuracy']:.2%}</b>",
        [
            f"The accuracy on comments of this kind lies between <b>{low:.2%}</b> and "
            f"<b>{high:.2%}</b> (95% interval after Wilson)."
        ],
    )


def calibration_section(
    calibration: Mapping[str, Any], chart: Chart, *, divided: str, kept: str, example: str
) -> Section:
    """Whether probabilities mean what they say.

    Args:
        calibration: ``after``, and ``before`` or None: ``ece`` of each; ``temperature``.
        chart: the reliability diagram.
        divided: what the temperature divides.
        kept: what it doesn't change.
        example: what a point of the diagram means.
    """
    after, before = calibration["after"], calibration["before"]
    if before is None:
        words = (
            f"The calibration error (ECE) is <b>{after['ece']:.2%}</b>. The model's record doesn't "
            "tell the temperature it was calibrated with, so what it was before can't be shown."
        )
    else:
        words = (
            f"Calibration changed the expected calibration error (ECE) from "
            f"<b>{before['ece']:.2%}</b> to <b>{after['ece']:.2%}</b> on these comments. It "
            f"divides {divided} by a temperature, {calibration['temperature']:.3f} here, fitted "
            f"on the validation part of the training data; {kept}."
        )
    caption = (
        f"Reliability diagram: {example}. Points below the dotted line promise too much, points "
        "above it too little. Bars: 95% intervals. Below: how many comments there are in each of "
        "the 15 bins."
    )
    return Section(
        "calibration",
        "Calibration",
        "Do its probabilities mean what they say?",
        f"<p>{words}</p>{figure('reliability', caption)}",
        {"reliability": chart},
    )


def successes(examples: Sequence[Example]) -> str:
    """The comments that were called right by a hair."""
    if not examples:
        return empty("There are no successes: no comment was called as labelled.")
    return "<h3>Least confident successes</h3><p>Right, but only just.</p>" + examples_table(
        examples
    )
