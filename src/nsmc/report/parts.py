"""What the sections of a report are made of: fragments of HTML, all text escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nsmc.inference.explanation import Explanation
from nsmc.report.charts import Chart
from nsmc.report.explanation_html import explained_html
from nsmc.tasks.task import DisplayText


@dataclass(frozen=True)
class Example:
    """A comment shown with its explanation."""

    row: int
    """Its number in the file, counted from 1 without the header."""
    given: Any
    """What the file says, as it stands in JSON: 0, 1, the name of a class or a number of stars."""
    label: DisplayText
    """The same for a person."""
    called: DisplayText
    """What the model says."""
    more: str
    """What stands below that: how sure the model is, or how far off."""
    copies: int
    """How many such rows have word for word this comment and this label."""
    explanation: Explanation


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading and a link to it."""

    key: str
    link: str
    title: str
    content: str
    """HTML."""
    charts: dict[str, Chart] = field(default_factory=dict)
    """By the keys of `figure` in the content."""

    def html(self) -> str:
        """The section."""
        return f'<section id="{self.key}"><h2>{self.title}</h2>{self.content}</section>'


@dataclass(frozen=True)
class PagePart:
    """What one kind of answer puts onto the page."""

    verdict: str
    """The page's first sentence, HTML."""
    notes: list[str]
    """Sentences below it, HTML."""
    facts: list[tuple[str, str]]
    """Names and texts of the table at the top."""
    sections: list[Section]
    data: dict[str, Any] = field(default_factory=dict)
    """What the page's program needs beyond the charts."""


def figure(key: str, caption: str) -> str:
    """A place for a chart, with its caption in HTML."""
    return (
        f'<figure><div class="chart" id="chart-{key}"></div>'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def tiles(*found: tuple[str, str, str]) -> str:
    """Figures in boxes: name, value and a remark each."""
    boxes = "".join(
        f'<div class="tile"><span class="name">{name}</span><span class="value">{value}</span>'
        f'<span class="more">{more}</span></div>'
        for name, value, more in found
    )
    return f'<div class="tiles">{boxes}</div>'


def pair(*columns: str) -> str:
    """Two things side by side where there is room."""
    return f'<div class="pair">{"".join(columns)}</div>'


def note(text: str) -> str:
    """A remark in small letters."""
    return f'<p class="note">{text}</p>'


def empty(text: str) -> str:
    """Why something isn't there."""
    return f'<p class="empty">{text}</p>'


def table(heads: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """A table whose rows begin with a heading.

    Args:
        heads: name of each column in HTML, and whether it holds numbers.
        rows: cells in HTML.
        kind: the table's class.
    """
    opened = [' class="number"' if is_number else "" for _, is_number in heads]
    head = "".join(f"<th{at}>{name}</th>" for (name, _), at in zip(heads, opened, strict=True))
    body = "".join(
        f"<tr><th>{row[0]}</th>"
        + "".join(f"<td{at}>{cell}</td>" for cell, at in zip(row[1:], opened[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    at = f' class="{kind}"' if kind else ""
    return f"<table{at}><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """The table at the top of the page."""
    rows = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in pairs)
    return f'<table class="facts"><tbody>{rows}</tbody></table>'


def examples_table(
    examples: Sequence[Example], *, given: str = "label", said: str = "called"
) -> str:
    """Explained comments in a table.

    Args:
        examples: the most telling first.
        given: heading of what the file says.
        said: heading of what the model says.
    """
    rows = []
    for one in examples:
        copies = f'<br><span class="note">× {one.copies:,}</span>' if one.copies > 1 else ""
        rows.append(
            f'<tr><td class="number">{one.row:,}{copies}</td><td>{shown_html(one.label)}</td>'
            f"<td>{shown_html(one.called)}<br>{one.more}</td>"
            f'<td class="explained">{explained_html(one.explanation)}</td></tr>'
        )
    return (
        '<table class="comments"><colgroup><col class="c-row"><col class="c-label">'
        '<col class="c-sure"><col></colgroup><thead><tr><th class="number">row</th>'
        f"<th>{given}</th><th>{said}</th><th>comment</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def shown_html(shown: DisplayText) -> str:
    """A result in its colour."""
    return f'<span class="{shown.tone}-label">{escape(shown.words)}</span>'


def percent(share: float | None) -> str:
    """A share with two decimals, a dash for None."""
    return "–" if share is None else f"{share:.2%}"


def space_section(
    space: Mapping[str, Any] | None, chart: Chart | None, reviews: int, caption: str, remark: str
) -> Section:
    """The picture of the sentence vectors.

    Args:
        space: ``points``, of which there may be fewer than reviews; None where none can be drawn.
        chart: of them.
        reviews: how many there are in all.
        caption: below the chart, HTML.
        remark: what can be seen in it, HTML.
    """
    title = "A picture of the space"
    if space is None or chart is None:
        content = empty("There are too few different comments here for a picture of them.")
        return Section("space", "The space", title, content)
    shown = len(space["points"]["row"])
    drawn = (
        f"all {shown:,} comments"
        if shown == reviews
        else f"{shown:,} of the {reviews:,} comments, drawn at random,"
    )
    content = (
        f"<p>Here are {drawn} as the vectors that the last layer sees, laid flat by their two "
        f"principal components. {remark} Point at a mark to read its comment.</p>"
        + figure("space", f"{caption} Dragging enlarges a part, a double click goes back.")
    )
    return Section("space", "The space", title, content, {"space": chart})


def slices_section(
    key: str, title: str, overall: str, pictures: Sequence[tuple[str, str, Chart]]
) -> Section:
    """Figures in groups of comments.

    Args:
        key: of the section.
        title: of the section.
        overall: what is shown in each group: ``Accuracy``.
        pictures: key, caption and chart of each; two stand side by side, a third below them.
    """
    shown = [figure(name, caption) for name, caption, _ in pictures]
    content = (
        f"<p>{overall} with its 95% interval in groups of comments; below each group, how many "
        "there are. A wide bar means too few comments to tell.</p>"
        + pair(*shown[:2])
        + "".join(shown[2:])
    )
    charts = {name: chart for name, _, chart in pictures}
    return Section(key, title, title, content, charts)
