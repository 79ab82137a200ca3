"""The report as one HTML page that needs nothing outside itself."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from nsmc.presentation import charts
from nsmc.presentation.explained import EXPLAINED_CSS, explained_html
from nsmc.presentation.fonts import font_face
from nsmc.runtime.classifier import KOREAN
from nsmc.runtime.explanation import Explanation

HERE = Path(__file__).parent
# Whatever the page holds, a browser loads nothing from anywhere.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; "
    "img-src data: blob:"
)
NAMES = ("negative", "positive")


@dataclass(frozen=True)
class Example:
    """A comment shown with its explanation."""

    row: int
    """Its number in the file, counted from 1 without the header."""
    label: int
    """What the file says, 0 or 1."""
    copies: int
    """How many such rows have word for word this comment and this label."""
    explanation: Explanation


def report_page(figures: Mapping[str, Any], examples: Mapping[str, Sequence[Example]]) -> str:
    """Write the page.

    Args:
        figures: what `nsmc.evaluation.figures.report_figures` gives.
        examples: ``called_positive`` and ``called_negative``, the errors, and
            ``least_confident``, the right ones; the most telling first.
    """
    drawn = _charts(figures)
    body = "".join(
        [
            _header(figures),
            "<main>",
            _glance(figures),
            _curves(figures),
            _calibration(figures),
            _slices(),
            _explorer(figures),
            _comments(figures, examples),
            _space(figures),
            "</main>",
            _footer(figures),
        ]
    )
    data = json.dumps(
        {"charts": drawn, "thresholds": figures["thresholds"]}, ensure_ascii=False, allow_nan=False
    )
    text = _utf8(body + data)
    # "<" stands in no JSON but in strings, where this means the same and ends no script.
    data = _utf8(data).replace("<", "\\u003c")
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>nsmc report: {escape(_utf8(Path(figures['data']['path']).name))}</title>\n",
            f"<style>\n{font_face(text)}\n{_resource('report.css')}{EXPLAINED_CSS}</style>\n",
            f"</head>\n<body>\n{_utf8(body)}\n",
            f'<script type="application/json" id="page-data">{data}</script>\n',
            f"<script>{_plotly()}</script>\n<script>\n{_resource('report.js')}</script>\n",
            "</body>\n</html>\n",
        ]
    )


def _charts(figures: Mapping[str, Any]) -> dict[str, charts.Chart]:
    calibration = figures["calibration"]
    accuracy = figures["accuracy"]
    drawn = {
        "reliability": charts.reliability_chart(
            calibration["after"]["bins"], (calibration["before"] or {}).get("bins")
        ),
        "length": charts.slice_chart(
            figures["slices"]["length"], "length (characters)<br>and comments", accuracy
        ),
        "unknown": charts.slice_chart(
            figures["slices"]["unknown"],
            "unknown morphemes (%)<br>and comments",
            accuracy,
        ),
        "confidence": charts.slice_chart(
            figures["slices"]["confidence"],
            "confidence (%)<br>and comments",
            accuracy,
        ),
        "thresholds": charts.threshold_chart(figures["thresholds"], figures["threshold"]),
        "coverage": charts.coverage_chart(figures["coverage"]),
    }
    if figures["roc"]:
        positive = figures["classes"][1]["examples"] / figures["examples"]
        drawn["roc"] = charts.roc_chart(figures["roc"], figures["roc_auc"])
        drawn["precision-recall"] = charts.precision_recall_chart(
            figures["precision_recall"], figures["average_precision"], positive
        )
    if figures["space"]:
        drawn["space"] = charts.space_chart(
            figures["space"]["points"], figures["space"]["variance"], figures["threshold"]
        )
    return {f"chart-{name}": chart for name, chart in drawn.items()}


def _header(figures: Mapping[str, Any]) -> str:
    low, high = figures["accuracy_interval"]
    (tn, _), (_, tp) = figures["confusion"]
    model, data = figures["about"]["model"], figures["data"]
    facts = [
        ("comments", f"{data['path']} · SHA-256 {data['sha256'][:16]}…"),
        ("of these", _of_these(figures)),
        ("model", model["name"]),
        ("network", model["network"]),
        ("trained on", model["trained_on"]),
        ("threshold", f"긍정 at or above {figures['threshold']:g}"),
        ("made", f"{figures['about']['made']} by nsmc {figures['about']['nsmc']}"),
    ]
    links = [
        ("glance", "At a glance"),
        ("curves", "Curves"),
        ("calibration", "Calibration"),
        ("slices", "Where it is right"),
        ("explorer", "Threshold"),
        ("comments", "Comments"),
        ("space", "The space"),
    ]
    return (
        "<header><h1>nsmc · evaluation report</h1>"
        f'<p class="verdict">Right on <b>{tn + tp:,}</b> of {figures["examples"]:,} comments: '
        f"<b>{figures['accuracy']:.2%}</b></p>"
        f'<p class="note">The accuracy on comments of this kind lies between <b>{low:.2%}</b> and '
        f"<b>{high:.2%}</b> (95% interval after Wilson).</p>"
        f'<table class="facts"><tbody>{_rows(facts)}</tbody></table></header>'
        f"<nav><ul>{''.join(f'<li><a href=#{to}>{name}</a></li>' for to, name in links)}</ul></nav>"
    )


def _of_these(figures: Mapping[str, Any]) -> str:
    negative, positive = (c["examples"] for c in figures["classes"])
    words = f"{positive:,} labelled 긍정, {negative:,} labelled 부정"
    if figures["skipped"]:
        words += f"; {figures['skipped']:,} rows with an empty comment were left out"
    return words


def _glance(figures: Mapping[str, Any]) -> str:
    low, high = figures["accuracy_interval"]
    auc = figures["roc_auc"]
    tiles = [
        ("accuracy", f"{figures['accuracy']:.2%}", f"95% interval {low:.2%} – {high:.2%}"),
        ("F1 of 긍정", _percent(figures["classes"][1]["f1"]), "of precision and recall"),
        ("F1 of 부정", _percent(figures["classes"][0]["f1"]), "of precision and recall"),
        (
            "ROC AUC",
            "–" if auc is None else f"{auc:.4f}",
            "undefined: only one class is there"
            if auc is None
            else "that a 긍정 scores above a 부정",
        ),
        ("log loss", f"{figures['log_loss']:.4f}", "nats a comment; guessing costs 0.6931"),
        ("calibration error", f"{figures['ece']:.2%}", "promised against found, ECE"),
    ]
    return _section(
        "glance",
        "At a glance",
        f'<div class="tiles">{"".join(_tile(*tile) for tile in tiles)}</div>'
        f'<div class="pair"><div><h3>What was called what</h3>{_confusion(figures)}</div>'
        f"<div><h3>Each class by itself</h3>{_classes(figures)}"
        '<p class="note">Precision: of those called so, the share that are. Recall: of those that '
        "are, the share called so. F1: their harmonic mean.</p></div></div>",
    )


def _confusion(figures: Mapping[str, Any]) -> str:
    rows = []
    for label, counts in zip(NAMES, figures["confusion"], strict=True):
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


def _classes(figures: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{KOREAN[one['class']]}</th>"
        + "".join(
            f'<td class="number">{value}</td>'
            for value in (
                *(_percent(one[name]) for name in ("precision", "recall", "f1")),
                f"{one['examples']:,}",
            )
        )
        + "</tr>"
        for one in figures["classes"]
    )
    heads = "".join(
        f'<th class="number">{name}</th>' for name in ("precision", "recall", "F1", "comments")
    )
    return f"<table><thead><tr><th>class</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"


def _curves(figures: Mapping[str, Any]) -> str:
    if not figures["roc"]:
        only = max(figures["classes"], key=lambda one: one["examples"])["class"]
        return _section(
            "curves",
            "Curves",
            f'<p class="empty">All comments are labelled {KOREAN[only]}. ROC and precision-recall '
            "curves compare two classes, so there are none here.</p>",
        )
    roc = _figure(
        "roc",
        "ROC curve: each point is a threshold. The further towards the upper left, the better; the "
        "area below it is the chance that a random 긍정 scores above a random 부정.",
    )
    precision_recall = _figure(
        "precision-recall",
        "Precision-recall curve of 긍정: how clean the list of those called 긍정 stays while more "
        "of them are found.",
    )
    return _section(
        "curves",
        "Curves",
        f'<p>Both hold for every threshold at once.</p><div class="pair">{roc}{precision_recall}'
        "</div>",
    )


def _calibration(figures: Mapping[str, Any]) -> str:
    calibration = figures["calibration"]
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
            f"divides the log odds by a temperature, {calibration['temperature']:.3f} here, fitted "
            "on the validation part of the training data; no decision at 0.5 changes."
        )
    caption = (
        "Reliability diagram: of all comments promised, say, 80% 긍정, 80% should be. Points below "
        "the dotted line promise too much, points above it too little. Bars: 95% intervals. Below: "
        "how many comments there are in each of the 15 bins."
    )
    return _section(
        "calibration",
        "Do its probabilities mean what they say?",
        f"<p>{words}</p>{_figure('reliability', caption)}",
    )


def _slices() -> str:
    return _section(
        "slices",
        "Where it is right",
        "<p>Accuracy with its 95% interval in groups of comments; below each group, how many there "
        "are. A wide bar means too few comments to tell.</p>"
        f'<div class="pair">{_figure("length", "By length of the comment as typed.")}'
        + _figure(
            "unknown",
            "By the share of a comment's morphemes that are not in the model's vocabulary: "
            "misspellings, new coinages, names.",
        )
        + "</div>"
        + _figure(
            "confidence",
            "By confidence, the probability of the label given. A calibrated model is right in 85 "
            "of 100 comments of 80–90%.",
        ),
    )


def _explorer(figures: Mapping[str, Any]) -> str:
    steps = len(figures["thresholds"]["threshold"]) - 1
    tiles = "".join(
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
            ("threshold", "긍정 at or above", round(figures["threshold"] * steps)),
            ("least", "undecided below a confidence of", 0),
        )
    )
    return _section(
        "explorer",
        "Choose the threshold",
        "<p>Move the first slider to trade precision for recall. Move the second to let a person "
        "decide what the model isn't sure of: a comment whose label has a lower probability stays "
        "undecided, and counts as not found in the recall.</p>"
        f'<div class="controls">{sliders}</div><button id="reset" type="button">Start again'
        f'</button><div class="tiles">{tiles}</div><div class="pair">'
        + _figure(
            "thresholds",
            "Every threshold, all comments decided. The vertical line is the one chosen above.",
        )
        + _figure(
            "coverage",
            "What it gains to leave open what is unsure, at the threshold chosen above. The "
            "diamond is the confidence chosen above.",
        )
        + "</div><noscript><p class='empty'>Charts and sliders need JavaScript; the same figures "
        "stand in the CSV files beside this page.</p></noscript>",
    )


def _comments(figures: Mapping[str, Any], examples: Mapping[str, Sequence[Example]]) -> str:
    errors = figures["errors"]
    parts = [
        "<p>Morphemes that speak for 긍정 have a green ground and a straight line below, those for "
        "부정 a red one and a wavy line; the numbers are log odds. Where the model is sure and "
        "the label says otherwise, either may be wrong: read these first.</p>"
    ]
    if not errors:
        parts.append(
            f'<p class="empty">There are no errors: all {figures["examples"]:,} comments were '
            "called as labelled.</p>"
        )
    for key, called, labelled in (
        ("called_positive", "긍정", "부정"),
        ("called_negative", "부정", "긍정"),
    ):
        if examples[key]:
            parts.append(
                f"<h3>Most confident errors: labelled {labelled}, called {called}</h3>"
                + _example_table(examples[key])
            )
    if errors:
        parts.append(
            f'<p class="note">All {errors:,} errors stand in <code>errors.csv</code>, the most '
            "confident first.</p>"
        )
    if examples["least_confident"]:
        parts.append(
            "<h3>Least confident successes</h3><p>Right, but only just.</p>"
            + _example_table(examples["least_confident"])
        )
    else:
        parts.append(
            '<p class="empty">There are no successes: no comment was called as labelled.</p>'
        )
    return _section("comments", "Comments to read", "".join(parts))


def _example_table(examples: Sequence[Example]) -> str:
    rows = []
    for example in examples:
        prediction = example.explanation.prediction
        label = NAMES[example.label]
        copies = f'<br><span class="note">× {example.copies:,}</span>' if example.copies > 1 else ""
        rows.append(
            f'<tr><td class="number">{example.row:,}{copies}</td><td>{_label(label)}</td>'
            f"<td>{_label(prediction.label)}<br>{prediction.confidence:.1%}</td>"
            f'<td class="explained">{explained_html(example.explanation)}</td></tr>'
        )
    return (
        '<table class="comments"><colgroup><col class="c-row"><col class="c-label">'
        '<col class="c-sure"><col></colgroup><thead><tr><th class="number">row</th><th>label</th>'
        f"<th>called</th><th>comment</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _space(figures: Mapping[str, Any]) -> str:
    space = figures["space"]
    if not space:
        content = (
            '<p class="empty">There are too few different comments here for a picture of them.</p>'
        )
    else:
        shown = len(space["points"]["row"])
        drawn = (
            f"all {shown:,} comments"
            if shown == figures["examples"]
            else f"{shown:,} of the {figures['examples']:,} comments, drawn at random,"
        )
        content = (
            f"<p>Here are {drawn} as the vectors that the last layer sees, laid flat by their two "
            "principal components. The last layer cuts this space in two; near the cut lies what "
            "the model isn't sure of. Point at a mark to read its comment.</p>"
            + _figure(
                "space",
                "Circles are labelled 긍정, squares 부정; crossed ones were called the other. "
                "Dragging enlarges a part, a double click goes back.",
            )
        )
    return _section("space", "A picture of the space", content)


def _footer(figures: Mapping[str, Any]) -> str:
    return (
        "<footer><p>The figures behind this page stand beside it in <code>figures.json</code> and "
        "CSV files. The page loads nothing from anywhere. The comments are set in a subset of "
        "Review Hangul, a modified NanumGothic (© NHN Corporation) under the SIL Open Font License "
        "1.1; the charts are drawn by Plotly (MIT).</p></footer>"
    )


def _section(key: str, title: str, content: str) -> str:
    return f'<section id="{key}"><h2>{title}</h2>{content}</section>'


def _figure(key: str, caption: str) -> str:
    return (
        f'<figure><div class="chart" id="chart-{key}"></div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _tile(name: str, value: str, more: str) -> str:
    return (
        f'<div class="tile"><span class="name">{name}</span><span class="value">{value}</span>'
        f'<span class="more">{more}</span></div>'
    )


def _rows(pairs: Sequence[tuple[str, str]]) -> str:
    return "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in pairs)


def _label(label: str) -> str:
    return f'<span class="{label}-label">{KOREAN[label]}</span>'


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"


def _utf8(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 can't hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _resource(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    source: str = get_plotlyjs()
    return source
