"""The report's sections on own classes."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nsmc.report import charts
from nsmc.report.class_charts import class_space_chart, confusion_chart
from nsmc.report.decision_section import calibration_section, successes, verdict
from nsmc.report.parts import (
    Example,
    PagePart,
    Section,
    empty,
    examples_table,
    figure,
    note,
    percent,
    slices_section,
    space_section,
    table,
    tiles,
)

PAIRS = 15
"""Confused pairs shown."""


def classes_part(
    metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]], units: str
) -> PagePart:
    """What the page says of a model that gives classes.

    Args:
        metrics: of `nsmc.report.class_view.ClassesView`, with those of `nsmc.evaluate`.
        examples: ``most_confident_errors``, and ``least_confident``, the right ones; the most
            telling first.
        units: what comments are cut into.
    """
    sentence, notes = verdict(metrics)
    there = sum(one["examples"] > 0 for one in metrics["classes"])
    total = len(metrics["classes"])
    return PagePart(
        verdict=sentence,
        notes=[
            *notes,
            f"Always calling the commonest class would be right on "
            f"<b>{metrics['commonest']:.2%}</b>.",
        ],
        facts=[("classes", f"{total:,}" + (f", {there:,} of them here" if there < total else ""))],
        sections=[
            _glance(metrics),
            _classes(metrics),
            _confusion(metrics),
            _calibration(metrics),
            _coverage(metrics),
            slices_section(
                "slices",
                "Where it is right",
                "Accuracy",
                charts.accuracy_pictures(metrics["slices"], metrics["accuracy"], units),
            ),
            _comments(metrics, examples, units),
            _space(metrics),
        ],
    )


def _glance(metrics: Mapping[str, Any]) -> Section:
    low, high = metrics["accuracy_interval"]
    content = tiles(
        ("accuracy", f"{metrics['accuracy']:.2%}", f"95% interval {low:.2%} – {high:.2%}"),
        ("balanced accuracy", percent(metrics["balanced_accuracy"]), "mean recall of the classes"),
        ("macro F1", percent(metrics["macro_f1"]), "mean F1 of the classes"),
        ("log loss", f"{metrics['log_loss']:.4f}", "nats a comment"),
        ("calibration error", f"{metrics['ece']:.2%}", "promised against found, ECE"),
    ) + note(
        "The accuracy counts every comment alike, so large classes decide it. Balanced accuracy "
        "and macro F1 count every class alike, however small."
    )
    return Section("glance", "At a glance", "At a glance", content)


def _classes(metrics: Mapping[str, Any]) -> Section:
    heads = [
        ("class", False),
        *((name, True) for name in ("comments", "called so", "precision", "recall", "F1")),
    ]
    rows = [
        [
            escape(one["class"]),
            f"{one['examples']:,}",
            f"{one['called']:,}",
            *(percent(one[name]) for name in ("precision", "recall", "f1")),
        ]
        for one in sorted(metrics["classes"], key=lambda one: -one["examples"])
    ]
    content = (
        "<p>The largest first. Precision: of those called so, the share that are. Recall: of those "
        "that are, the share called so. F1: their harmonic mean.</p>"
        f'<div class="scroll" tabindex="0">{table(heads, rows)}</div>'
    )
    return Section("classes", "Classes", "Each class by itself", content)


def _confusion(metrics: Mapping[str, Any]) -> Section:
    names = [one["class"] for one in metrics["classes"]]
    chart, whole = confusion_chart(names, metrics["confusion"])
    some = "" if whole else " Shown are the classes with the most errors; all stand in the files."
    content = figure(
        "confusion",
        "What was called what: each row is a label, and its cells are the shares of that label's "
        f"comments that were called so. The diagonal is right.{some}",
    )
    pairs = metrics["confused"]
    if pairs["label"]:
        heads = [("label", False), ("called", False), ("comments", True), ("of the label", True)]
        columns = (pairs[name][:PAIRS] for name in ("label", "called", "reviews", "share"))
        rows = [
            [escape(label), escape(called), f"{count:,}", percent(share)]
            for label, called, count, share in zip(*columns, strict=True)
        ]
        content += "<h3>Most confused pairs</h3>" + table(heads, rows)
        if len(pairs["label"]) > PAIRS:
            content += note(
                f"All {len(pairs['label']):,} pairs stand in <code>confused.csv</code>."
            )
    return Section(
        "confusion", "Confusion", "What is taken for what", content, {"confusion": chart}
    )


def _calibration(metrics: Mapping[str, Any]) -> Section:
    calibration = metrics["calibration"]
    chart = charts.reliability_chart(
        calibration["after"]["bins"],
        (calibration["before"] or {}).get("bins"),
        columns=("mean_confidence", "accuracy"),
        titles=("probability of the class called (%)", "share that is right (%)"),
    )
    return calibration_section(
        calibration,
        chart,
        divided="the logits",
        kept="no label changes",
        example="of all comments called something with, say, 80%, 80% should be right",
    )


def _coverage(metrics: Mapping[str, Any]) -> Section:
    content = (
        "<p>Let a person decide what the model isn't sure of: a comment whose class has a lower "
        "probability than the one chosen here stays undecided.</p>"
        '<div class="controls"><label for="sure">undecided below a confidence of</label>'
        f'<input type="range" id="sure" min="0" max="{len(metrics["coverage"]["confidence"]) - 1}" '
        'step="1" value="0"><output id="sure-value" for="sure"></output></div>'
        '<p id="sure-words"></p>'
        + figure(
            "coverage",
            "What it gains to leave open what is unsure. The diamond is the confidence chosen "
            "above.",
        )
        + "<noscript><p class='empty'>Charts and sliders need JavaScript; the same figures stand "
        "in the CSV files beside this page.</p></noscript>"
    )
    return Section(
        "undecided",
        "Undecided",
        "Leave open what is unsure",
        content,
        {"coverage": charts.coverage_chart(metrics["coverage"])},
    )


def _comments(
    metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]], units: str
) -> Section:
    errors = metrics["errors"]
    parts = [
        f"<p>{units.capitalize()} that speak for the class called have a green ground and a "
        "straight line below, those against it a red one and a wavy line; the numbers are log odds "
        "against all other classes together. Where the model is sure and the label says otherwise, "
        "either may be wrong: read these first.</p>"
    ]
    if errors:
        parts += [
            "<h3>Most confident errors</h3>",
            examples_table(examples["most_confident_errors"]),
            note(
                f"All {errors:,} errors stand in <code>errors.csv</code>, the most confident first."
            ),
        ]
    else:
        parts.append(
            empty(
                f"There are no errors: all {metrics['examples']:,} comments were called as "
                "labelled."
            )
        )
    parts.append(successes(examples["least_confident"]))
    return Section("comments", "Comments", "Comments to read", "".join(parts))


def _space(metrics: Mapping[str, Any]) -> Section:
    space = metrics["space"]
    return space_section(
        space,
        class_space_chart(space["points"], space["variance"]) if space else None,
        metrics["examples"],
        "Each class has a colour and a shape; open marks were called another.",
        "Classes that lie in one another are hard to tell apart; two dimensions show only some of "
        "what the last layer uses.",
    )
