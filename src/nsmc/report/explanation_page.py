"""Explained comments as HTML: a fragment for any page, and a page of its own.

The page needs nothing else: no network, no script. It has its texts in each language.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from nsmc.inference.explanation import Explanation
from nsmc.messages.translate import mark, tr
from nsmc.report.display import display_text, explained_text
from nsmc.report.templating import TEMPLATES, bilingual, render
from nsmc.tasks.task import ExplainedNumber

LEAST_SCALE = 1.0
"""The least contribution shown in full strength, so that a comment of small ones stays pale: 1 in
log odds makes 50% 73%, and 1 star is as much as the next choice."""
NUMBERED = 0.25
"""A morpheme of this share of full strength has its number written above it."""
_PLACE = "<!-- comments -->"


@dataclass(frozen=True)
class ExplanationLabels:
    """What the numbers of an explanation mean; to be translated where they are shown."""

    unit: str
    meaning: str
    """The number explained, in full."""
    below: str
    """What contributions below 0 speak for."""
    above: str
    """What contributions above 0 speak for."""
    signed: bool = True
    """Whether the number itself, as its contributions, is at 0 where it speaks for neither."""


EXPLANATION_LABELS: dict[ExplainedNumber, ExplanationLabels] = {
    "positive": ExplanationLabels(
        mark("log odds"),
        mark("log odds, ln(p / (1 − p)), of 긍정"),
        below=mark("부정"),
        above=mark("긍정"),
    ),
    "class": ExplanationLabels(
        mark("log odds"),
        mark("log odds, ln(p / (1 − p)), of the class that the comment gets"),
        below=mark("another class"),
        above=mark("its class"),
    ),
    "stars": ExplanationLabels(
        mark("stars"), mark("stars"), mark("fewer stars"), mark("more stars"), signed=False
    ),
}


def explained_css() -> str:
    """The style of `explained_html`, on light and dark pages alike; include it once a page."""
    return (TEMPLATES / "explained.css").read_text(encoding="utf-8")


def explained_html(explanation: Explanation) -> str:
    """One explained comment as a fragment: a ``<span class="nsmc-explained">``.

    Every morpheme is a span with its signed number, in the explanation's unit, as tooltip: on a
    green ground with a straight line below where it is above 0, on a red one with a wavy line where
    it is below, stronger for larger numbers; the largest have the number above them.
    Needs `explained_css` on the page. All text is escaped.
    """
    return render("explained.html", pieces=explained_pieces(explanation)).strip("\n")


def explained_pieces(explanation: Explanation) -> list[dict[str, Any]]:
    """The comment in pieces for ``explained.html``: ``text``, and for a morpheme with characters of
    its own ``morpheme``, ``contribution``, ``strength`` (0 to 1) and ``numbered``.
    """
    text, scale = explanation.prediction.text, full_strength(explanation)
    pieces: list[dict[str, Any]] = []
    end = 0
    for part in explanation.parts:
        pieces.append({"text": text[end : part.start], "morpheme": None})
        end = part.end
        if part.start < part.end:
            strength = abs(part.contribution) / scale
            pieces.append(
                {
                    "text": text[part.start : part.end],
                    "morpheme": part.shown,
                    "contribution": part.contribution,
                    "strength": strength,
                    "numbered": strength >= NUMBERED,
                }
            )
    pieces.append({"text": text[end:], "morpheme": None})
    return pieces


def full_strength(explanation: Explanation) -> float:
    """The contribution, in the explanation's unit, that is shown in full strength."""
    return max([LEAST_SCALE, *(abs(part.contribution) for part in explanation.parts)])


def page_frame(explains: ExplainedNumber, units: str) -> tuple[str, str]:
    """The page before its first comment and after its last one; ``units`` are morphemes, say."""
    from markupsafe import Markup

    page = render(
        "explanation_page.html",
        title=tr("explained comments"),
        labels=EXPLANATION_LABELS[explains],
        units=bilingual(partial(tr, units)),
        comments=Markup(_PLACE),
    )
    start, _, end = page.partition(_PLACE)
    return start, f"{end}\n"


def page_article(explanation: Explanation) -> str:
    """One comment of the page, with its label, its sum and a table of all its morphemes."""
    return render(
        "explanation_article.html",
        explanation=explanation,
        labels=EXPLANATION_LABELS[explanation.explains],
        shown=display_text(explanation.prediction),
        explained_sum=explained_text(explanation.prediction),
        pieces=explained_pieces(explanation),
    )
