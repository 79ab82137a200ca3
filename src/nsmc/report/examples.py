"""Which comments are worth reading: sure and wrong, or right by a hair.

Shapes: R reviews.
"""

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from nsmc.report.parts import Example
from nsmc.report.view import View

SHOWN = 15
"""Comments in each list at most."""


def first_ones(
    texts: Sequence[str], among: NDArray[np.bool_], order: NDArray[np.float64]
) -> list[int]:
    """Places [at most `SHOWN`] of the comments among [R] with the lowest order [R], each once."""
    places = np.flatnonzero(among)
    seen: dict[str, int] = {}
    for place in places[np.argsort(order[places], kind="stable")].tolist():
        if len(seen) == SHOWN:
            break
        seen.setdefault(texts[place], place)
    return list(seen.values())


def explained_examples(
    view: View, chosen: dict[str, list[int]], progress: Callable[[], None] | None = None
) -> dict[str, list[Example]]:
    """Explain the chosen comments.

    Args:
        view: of the reviews.
        chosen: places by the names of their lists, as `View.chosen` gives them.
        progress: called after each comment.
    """
    scored = view.scored
    wanted = {scored.texts[place] for places in chosen.values() for place in places}
    copies = Counter(
        (text, view.label(place)[0]) for place, text in enumerate(scored.texts) if text in wanted
    )

    def example(place: int) -> Example:
        text = scored.texts[place]
        given, label = view.label(place)
        called, more = view.called(place)
        found = Example(
            row=int(scored.rows[place]),
            given=given,
            label=label,
            called=called,
            more=more,
            copies=copies[text, given],
            explanation=scored.classifier.explain(text),
        )
        if progress:
            progress()
        return found

    return {name: [example(place) for place in places] for name, places in chosen.items()}
