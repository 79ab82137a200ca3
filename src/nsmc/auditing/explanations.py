"""What speaks against a label, in words.

Shapes: D doubts.
"""

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.comments import Progress
from nsmc.auditing.results import LabelIssue
from nsmc.inference.classifier import Classifier

if TYPE_CHECKING:
    from nsmc.inference.explanation import Explanation, Part

WORDS = 3
"""Morphemes named as speaking against a label, at most."""
FAINT = 0.2
"""What speaks with less than this share of the strongest one's weight isn't named."""
AT_ONCE = 50


def explained(
    doubts: list[LabelIssue],
    names: Mapping[Any, str],
    dealt: NDArray[np.int64],
    judges: list[Classifier],
    report: Progress,
) -> list[LabelIssue]:
    """Add to each doubt what speaks against its label, by the network that scored it.

    Args:
        doubts: D of them.
        names: what a person reads for each label.
        dealt: [D] which of the judges scored each.
        judges: the networks.
        report: hears of doubts done.
    """
    found = list(doubts)
    done = 0
    for number, judge in enumerate(judges):
        mine = np.flatnonzero(dealt == number).tolist()
        for start in range(0, len(mine), AT_ONCE):
            places = mine[start : start + AT_ONCE]
            explanations = judge.explain([doubts[place].text for place in places])
            for place, explanation in zip(places, explanations, strict=True):
                against = _against(explanation, names[doubts[place].suggested])
                found[place] = dataclasses.replace(doubts[place], against=against)
            done += len(places)
            report("explaining", done, len(doubts))
    return found


def _against(explanation: "Explanation", suggested: str) -> tuple["Part", ...]:
    """The morphemes that speak the most for the label suggested, the strongest first."""
    # Contributions above 0 speak for what is explained, which may be the label given.
    sign = 1 if explanation.of == suggested else -1
    strongest: dict[str, Part] = {}
    for part in sorted(explanation.parts, key=lambda part: -sign * part.contribution):
        strongest.setdefault(part.morpheme, part)
    parts = list(strongest.values())[:WORDS]
    least = max(0.0, FAINT * sign * parts[0].contribution)
    return tuple(part for part in parts if sign * part.contribution > least)
