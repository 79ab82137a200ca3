"""An explained comment as HTML: each morpheme coloured by what it did, legible without colour."""

from html import escape

from nsmc.inference.explanation import Explanation, Part

LEAST_SCALE = 1.0
"""What full strength stands for at least, so that a comment of small things stays pale: 1 in log
odds makes 50% 73%, and 1 star is as much as the next choice."""
NUMBERED = 0.25
"""A morpheme of this share of full strength has its number written above it."""

EXPLAINED_CSS = """
.nsmc-explained { line-height: 2.3; overflow-wrap: anywhere; white-space: pre-wrap; }
.nsmc-explained .part { padding: .12em 0; border-radius: .15em; text-decoration-line: underline;
  text-decoration-skip-ink: none; text-underline-offset: .25em;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.nsmc-explained .positive { background: rgb(0 158 115 / calc(var(--strength) * .6));
  text-decoration-style: solid; text-decoration-color: rgb(0 120 87 / var(--strength)); }
.nsmc-explained .negative { background: rgb(213 74 0 / calc(var(--strength) * .6));
  text-decoration-style: wavy; text-decoration-color: rgb(190 50 0 / var(--strength)); }
.nsmc-explained rt { font-size: .62em; font-variant-numeric: tabular-nums; user-select: none; }
"""
"""The style of `explained_html`, on light and dark pages alike; include it once a page."""


def explained_html(explanation: Explanation) -> str:
    """One explained comment as a fragment: a ``<span class="nsmc-explained">``.

    Every morpheme is a span with its signed number, in the explanation's unit, as tooltip: on a
    green ground with a straight line below where it is above 0, for 긍정, on a red one with a wavy
    line where it is below, stronger for larger numbers; the largest have the number above them.
    Needs `EXPLAINED_CSS` on the page. All text is escaped.
    """
    text = explanation.prediction.text
    scale = full_strength(explanation)
    pieces, place = [], 0
    for part in explanation.parts:
        pieces += [escape(text[place : part.start]), _part_html(text, part, scale)]
        place = part.end
    pieces.append(escape(text[place:]))
    # Lone surrogates can't be written as UTF-8.
    content = "".join(pieces).encode("utf-8", "replace").decode()
    return f'<span class="nsmc-explained" lang="ko">{content}</span>'


def full_strength(explanation: Explanation) -> float:
    """The contribution, in the explanation's unit, that is shown in full strength."""
    return max([LEAST_SCALE, *(abs(part.contribution) for part in explanation.parts)])


def signed(number: float) -> str:
    """A contribution or a sum of them with its sign, a true minus, to two places; 0.00 has none."""
    shown = f"{number:+.2f}"
    return "0.00" if shown in ("+0.00", "-0.00") else shown.replace("-", "\N{MINUS SIGN}")


def _part_html(text: str, part: Part, scale: float) -> str:
    shown = escape(text[part.start : part.end])
    if not shown:
        return ""
    strength = abs(part.contribution) / scale
    side = "positive" if part.contribution > 0 else "negative"
    number = signed(part.contribution)
    if strength >= NUMBERED:
        shown = f"<ruby>{shown}<rt>{number}</rt></ruby>"
    return (
        f'<span class="part {side}" style="--strength:{strength:.2f}" '
        f'title="{escape(part.morpheme)} {number}">{shown}</span>'
    )
