"""An explained comment on a terminal: coloured, and legible without colour by signed bars.

Bars are Braille patterns and the rest is ASCII: blocks, box-drawing characters and the minus sign
are two columns wide on terminals set up for Korean, which would break the axis.
"""

import re
import sys

from nsmc.cli.common import paint, shortened
from nsmc.errors import printable
from nsmc.inference.explanation import Explanation
from nsmc.messages.translate import tr
from nsmc.report.display import explained_text
from nsmc.report.explanation_page import EXPLANATION_LABELS, full_strength
from nsmc.text.width import display_width, padded

LISTED = 8
"""Morphemes with a line of their own at most."""
WORTH_A_LINE, BOLD = 0.1, 0.5
"""Of full strength: what is smaller isn't coloured, and summed up in the last line."""
BAR, NUMBER = 12, 6
"""Columns of a bar of full strength, to either side, and of a number."""
LONGEST_NAME = 20
"""Columns of a morpheme; Mecab gives a long run of misspelt text as one."""


def coloured_comment(explanation: Explanation) -> str:
    """The comment on one line, its morphemes coloured by what they did to the result."""
    text, scale = explanation.prediction.text, full_strength(explanation)
    pieces, place = [], 0
    for part in explanation.parts:
        shown = _one_line(text[part.start : part.end])
        strength = abs(part.contribution) / scale
        if strength >= WORTH_A_LINE:
            colour = "green" if part.contribution > 0 else "red"
            shown = paint(shown, f"bold {colour}" if strength >= BOLD else colour, sys.stdout)
        pieces += [_one_line(text[place : part.start]), shown]
        place = part.end
    return "".join([*pieces, _one_line(text[place:])]).strip()


def explained_lines(explanation: Explanation) -> list[str]:
    """A scale, the morphemes that did most with signed bars, and the sum; [] without morphemes."""
    if not explanation.parts:
        return []
    scale = full_strength(explanation)
    ranked = sorted(explanation.parts, key=lambda part: -abs(part.contribution))
    strong = sum(abs(part.contribution) >= WORTH_A_LINE * scale for part in ranked)
    count = min(LISTED, max(1, strong))
    if count == len(ranked) - 1:  # a line for the rest is as good as one for itself
        count += 1
    rows = [
        (shortened(printable(part.shown), LONGEST_NAME, ".."), part.contribution)
        for part in ranked[:count]
    ]
    if rest := ranked[count:]:
        rows.append(
            (tr("{count:,} others", count=len(rest)), sum(part.contribution for part in rest))
        )
    width = max(display_width(name) for name, _ in rows)
    labels = EXPLANATION_LABELS[explanation.explains]
    left, right = f"{_signed(-scale)} {tr(labels.below)} ", f" {tr(labels.above)} {_signed(scale)}"
    axis = width + 2 + NUMBER + 2 + BAR
    lines = [" " * (axis - display_width(left)) + left + "|" + right]
    for name, number in rows:
        lines.append(f"{padded(name, width)}  {_signed(number):>{NUMBER}}  {_bar(number, scale)}")
    number_of = _signed if labels.signed else "{:z.2f}".format
    result = printable(explained_text(explanation.prediction))
    lines.append(
        tr(
            "{unit} {start} without {units}, with all {end}: {result}",
            unit=tr(labels.unit),
            start=number_of(explanation.baseline),
            units=tr(explanation.units),
            end=number_of(explanation.value or 0.0),
            result=result,
        )
    )
    return [f"  {line}" for line in lines]


def _bar(number: float, scale: float) -> str:
    """A bar to the left of the axis for what is below 0, to the right of it for what is above."""
    full, half = divmod(min(2 * BAR, round(abs(number) / scale * 2 * BAR)), 2)
    bar = "⢸" * half + "⣿" * full if number < 0 else "⣿" * full + "⡇" * half
    painted = paint(bar, "red" if number < 0 else "green", sys.stdout) if bar else ""
    return f"{' ' * (BAR - len(bar))}{painted}|" if number < 0 else f"{' ' * BAR}|{painted}"


def _signed(number: float) -> str:
    return f"{number:+z.2f}"


def _one_line(text: str) -> str:
    return printable(re.sub(r"\s+", " ", text))
