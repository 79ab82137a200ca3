"""The report's sections on 긍정 and 부정."""

from collections.abc import Mapping, Sequence
from typing import Any

from nsmc.report import charts
from nsmc.report.decision_section import calibration_section, successes, verdict
from nsmc.report.parts import (
    Example,
    PagePart,
    Section,
    empty,
    examples_table,
    figure,
    note,
    pair,
    percent,
    slices_section,
    space_section,
    table,
    tiles,
)
from nsmc.tasks.sentiment import KOREAN

NAMES = ("negative", "positive")


def binary_part(
    metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]], units: str
) -> PagePart:
    """What the page says of a model that calls comments 긍정 or 부정.

    Args:
        metrics: of `nsmc.report.binary_view.BinaryView`, with those of `nsmc.evaluate`.
        examples: ``called_positive`` and ``called_negative``, the errors, and
            ``least_confident``, the right ones; the most telling first.
        units: what comments are cut into.
    """
    sentence, notes = verdict(metrics)
    negative, positive = (c["examples"] for c in metrics["classes"])
    return PagePart(
        verdict=sentence,
        notes=notes,
        facts=[
            ("of these", f"{positive:,} labelled 긍정, {negative:,} labelled 부정"),
            ("threshold", f"긍정 at or above {metrics['threshold']:g}"),
        ],
        sections=[
            _glance(metrics),
            _curves(metrics),
            _calibration(metrics),
            _slices(metrics, units),
            _explorer(metrics),
            _comments(metrics, examples, units),
            _space(metrics),
        ],
        data={"thresholds": metrics["thresholds"]},
    )


def _glance(metrics: Mapping[str, Any]) -> Section:
    low, high = metrics["accuracy_interval"]
    auc = metrics["roc_auc"]
    negative, positive = metrics["classes"]
    shown = tiles(
        ("accuracy", f"{metrics['accuracy']:.2%}", f"95% interval {low:.2%} – {high:.2%}"),
        ("F1 of 긍정", percent(positive["f1"]), "of precision and recall"),
        ("F1 of 부정", percent(negative["f1"]), "of precision and recall"),
        (
            "ROC AUC",
            "–" if auc is None else f"{auc:.4f}",
            "undefined: only one class is there"
            if auc is None
            else "that a 긍정 scores above a 부정",
        ),
        ("log loss", f"{metrics['log_loss']:.4f}", "nats a comment; guessing costs 0.6931"),
        ("calibration error", f"{metrics['ece']:.2%}", "promised against found, ECE"),
    )
    content = shown + pair(
        f"<div><h3>What was called what</h3>{_confusion(metrics)}</div>",
        f"<div><h3>Each class by itself</h3>{_classes(metrics)}"
        + note(
            "Precision: of those called so, the share that are. Recall: of those that are, the "
            "share called so. F1: their harmonic mean."
        )
        + "</div>",
    )
    return Section("glance", "At a glance", "At a glance", content)


def _confusion(metrics: Mapping[str, Any]) -> str:
    rows = []
    for label, counts in zip(NAMES, metrics["confusion"], strict=True):
        total = sum(counts)
        share = f"{{:.2%}} of the {KOREAN[label]}" if total else "none there"
        cells = [
            f'<td class="{"right" if called == label else "wrong"}"><b>{count:,}</b>'
            f"<span>{share.format(count / max(1, total))}</span></td>"
            for called, count in zip(NAMES, counts, strict=True)
        ]
        rows.append(f"<tr><th>labelled {KOREAN[label]}</th>{''.join(cells)}</tr>")
    heads = "".join(f"<th>called {KOREAN[called]}</th>" for called in NAMES)
    return (
        f'<table class="confusion"><thead><tr><th></th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _classes(metrics: Mapping[str, Any]) -> str:
    heads = [
        ("class", False),
        *((name, True) for name in ("precision", "recall", "F1", "comments")),
    ]
    rows = [
        [
            KOREAN[one["class"]],
            *(percent(one[name]) for name in ("precision", "recall", "f1")),
            f"{one['examples']:,}",
        ]
        for one in metrics["classes"]
    ]
    return table(heads, rows)


def _curves(metrics: Mapping[str, Any]) -> Section:
    if not metrics["roc"]:
        only = max(metrics["classes"], key=lambda one: one["examples"])["class"]
        content = empty(
            f"All comments are labelled {KOREAN[only]}. ROC and precision-recall curves compare "
            "two classes, so there are none here."
        )
        return Section("curves", "Curves", "Curves", content)
    positive = metrics["classes"][1]["examples"] / metrics["examples"]
    roc = figure(
        "roc",
        "ROC curve: each point is a threshold. The further towards the upper left, the better; the "
        "area below it is the chance that a random 긍정 scores above a random 부정.",
    )
    precision_recall = figure(
        "precision-recall",
        "Precision-recall curve of 긍정: how clean the list of those called 긍정 stays while more "
        "of them are found.",
    )
    return Section(
        "curves",
        "Curves",
        "Curves",
        f"<p>Both hold for every threshold at once.</p>{pair(roc, precision_recall)}",
        {
            "roc": charts.roc_chart(metrics["roc"], metrics["roc_auc"]),
            "precision-recall": charts.precision_recall_chart(
                metrics["precision_recall"], metrics["average_precision"], positive
            ),
        },
    )


def _calibration(metrics: Mapping[str, Any]) -> Section:
    calibration = metrics["calibration"]
    return calibration_section(
        calibration,
        charts.reliability_chart(
            calibration["after"]["bins"], (calibration["before"] or {}).get("bins")
        ),
        divided="the log odds",
        kept="no decision at 0.5 changes",
        example="of all comments promised, say, 80% 긍정, 80% should be",
    )


def _slices(metrics: Mapping[str, Any], units: str) -> Section:
    pictures = charts.accuracy_pictures(metrics["slices"], metrics["accuracy"], units)
    return slices_section("slices", "Where it is right", "Accuracy", pictures)


def _explorer(metrics: Mapping[str, Any]) -> Section:
    steps = len(metrics["thresholds"]["threshold"]) - 1
    boxes = "".join(
        f'<div class="tile"><span class="name">{name}</span>'
        f'<span class="value" id="x-{key}">–</span>'
        f'<span class="more" id="x-{key}-count"></span></div>'
        for key, name in (
            ("precision", "precision of 긍정"),
            ("recall", "recall of 긍정"),
            ("accuracy", "accuracy of the decided"),
            ("decided", "share decided"),
        )
    )
    sliders = "".join(
        f'<label for="{key}">{name}</label><input type="range" id="{key}" min="0" '
        f'max="{steps}" step="1" value="{value}"><output id="{key}-value" for="{key}"></output>'
        for key, name, value in (
            ("threshold", "긍정 at or above", round(metrics["threshold"] * steps)),
            ("least", "undecided below a confidence of", 0),
        )
    )
    content = (
        "<p>Move the first slider to trade precision for recall. Move the second to let a person "
        "decide what the model isn't sure of: a comment whose label has a lower probability stays "
        "undecided, and counts as not found in the recall.</p>"
        f'<div class="controls">{sliders}</div><button id="reset" type="button">Start again'
        f'</button><div class="tiles">{boxes}</div>'
        + pair(
            figure(
                "thresholds",
                "Every threshold, all comments decided. The vertical line is the one chosen above.",
            ),
            figure(
                "coverage",
                "What it gains to leave open what is unsure, at the threshold chosen above. The "
                "diamond is the confidence chosen above.",
            ),
        )
        + "<noscript><p class='empty'>Charts and sliders need JavaScript; the same figures "
        "stand in the CSV files beside this page.</p></noscript>"
    )
    drawn = {
        "thresholds": charts.threshold_chart(metrics["thresholds"], metrics["threshold"]),
        "coverage": charts.coverage_chart(metrics["coverage"]),
    }
    return Section("explorer", "Threshold", "Choose the threshold", content, drawn)


def _comments(
    metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]], units: str
) -> Section:
    errors = metrics["errors"]
    parts = [
        f"<p>{units.capitalize()} that speak for 긍정 have a green ground and a straight line "
        "below, those for 부정 a red one and a wavy line; the numbers are log odds. Where the "
        "model is sure and the label says otherwise, either may be wrong: read these first.</p>"
    ]
    if not errors:
        parts.append(
            empty(
                f"There are no errors: all {metrics['examples']:,} comments were called as "
                "labelled."
            )
        )
    for key, called, labelled in (
        ("called_positive", "긍정", "부정"),
        ("called_negative", "부정", "긍정"),
    ):
        if examples[key]:
            parts.append(
                f"<h3>Most confident errors: labelled {labelled}, called {called}</h3>"
                + examples_table(examples[key])
            )
    if errors:
        parts.append(
            note(
                f"All {errors:,} errors stand in <code>errors.csv</code>, the most confident first."
            )
        )
    parts.append(successes(examples["least_confident"]))
    return Section("comments", "Comments", "Comments to read", "".join(parts))


def _space(metrics: Mapping[str, Any]) -> Section:
    space = metrics["space"]
    return space_section(
        space,
        charts.space_chart(space["points"], space["variance"], metrics["threshold"])
        if space
        else None,
        metrics["examples"],
        "Circles are labelled 긍정, squares 부정; crossed ones were called the other.",
        "The last layer cuts this space in two; near the cut lies what the model isn't sure of.",
    )
