"""How many of the evaluated reviews a model has seen in training, and its figures on the others.

Shapes: R reviews.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "seen in training"
"""What a person reads before `overlap_line`."""


def overlap_metrics(
    seen: NDArray[np.bool_] | None,
    rate: float,
    metrics: Mapping[str, Any],
    measure: Callable[[NDArray[np.bool_]], dict[str, Any]],
) -> dict[str, Any] | None:
    """The figures of reviews that weren't seen in training.

    A review that is taken for a seen one by mistake is a random one, so those that are left are a
    fair sample of the reviews that weren't seen.

    Args:
        seen: [R] whether each was found among the texts of the training; None where those aren't
            known.
        rate: the probability that one is found there by mistake.
        metrics: of all reviews.
        measure: gives the figures of the reviews where [R] is true, at least one.

    Returns:
        ``reviews`` (found), ``estimated`` (how many of them were truly seen),
        ``false_positive_rate``, ``unseen_examples`` (not found) and ``unseen`` (their figures; None
        where there are none). None without ``seen``.
    """
    if seen is None:
        return None
    hits, count = int(seen.sum()), len(seen)
    others = count - hits
    # Each of those not seen is found with the probability of the rate.
    estimated = round(max(0.0, (hits - rate * count) / (1 - rate))) if others else hits
    unseen = None
    if others:
        unseen = measure(~seen) if hits else dict(metrics)
    return {
        "reviews": hits,
        "estimated": estimated,
        "false_positive_rate": rate,
        "unseen_examples": others,
        "unseen": unseen,
    }


def overlap_line(
    seen: Mapping[str, Any], lines: Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]]
) -> str:
    """The same for a person: ``1,532 of 50,000 (3.1%); accuracy on the other 48,468: 88.02%``.

    Args:
        seen: of `overlap_metrics`.
        lines: from the figures of some reviews to names and values, of which the first is told.
    """
    hits, estimated, others = seen["reviews"], seen["estimated"], seen["unseen_examples"]
    count = hits + others
    if not hits:
        return f"none of {count:,}"
    exact = hits == estimated
    line = f"{'' if exact else 'about '}{estimated:,} of {count:,} ({estimated / count:.1%})"
    for name, value in lines(seen["unseen"])[:1] if seen["unseen"] else ():
        which = f"the other {others:,}" if exact else f"{others:,} of the others"
        line += f"; {name} on {which}: {value.partition('  ')[0]}"
    return line


def overlap_warning(seen: Mapping[str, Any] | None) -> str | None:
    """What to tell where more than half was seen; None where it wasn't, or isn't known.

    Args:
        seen: of `overlap_metrics`.
    """
    if not seen:
        return None
    count = seen["reviews"] + seen["unseen_examples"]
    if 2 * seen["estimated"] <= count:
        return None
    others = "look at those of the others, or " if seen["unseen_examples"] else ""
    return (
        f"the model has seen {seen['estimated']:,} of these {count:,} reviews in training, so its "
        f"figures on all of them are no honest test; {others}give reviews that it has not seen"
    )
