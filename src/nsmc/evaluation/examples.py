"""Which comments are worth reading: sure and wrong, or right by a hair.

Letters: R reviews.
"""

from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.scored import ScoredReviews
from nsmc.presentation.page import Example

SHOWN = 15
"""Comments in each list at most."""


def chosen_examples(scored: ScoredReviews) -> dict[str, list[int]]:
    """Places [at most `SHOWN` each] of the comments to show, the most telling first.

    ``called_positive`` and ``called_negative`` are the errors the model is surest of,
    ``least_confident`` the right ones it is least sure of. The same comment stands there once.
    """
    right = scored.predicted == scored.labels  # [R]
    sure = scored.confidence  # [R]
    return {
        "called_positive": _first(scored, ~right & (scored.predicted == 1), -sure),
        "called_negative": _first(scored, ~right & (scored.predicted == 0), -sure),
        "least_confident": _first(scored, right, sure),
    }


def _first(
    scored: ScoredReviews, among: NDArray[np.bool_], order: NDArray[np.float64]
) -> list[int]:
    places = np.flatnonzero(among)
    seen: dict[str, int] = {}
    for place in places[np.argsort(order[places], kind="stable")].tolist():
        if len(seen) == SHOWN:
            break
        seen.setdefault(scored.texts[place], place)
    return list(seen.values())


def explained_examples(
    scored: ScoredReviews,
    chosen: dict[str, list[int]],
    progress: Callable[[], None] | None = None,
) -> dict[str, list[Example]]:
    """Explain the chosen comments.

    Args:
        scored: the reviews.
        chosen: places, as `chosen_examples` gives them.
        progress: called after each comment.
    """
    copies = Counter(zip(scored.texts, scored.labels.tolist(), strict=True))

    def example(place: int) -> Example:
        text, label = scored.texts[place], int(scored.labels[place])
        found = Example(
            row=int(scored.rows[place]),
            label=label,
            copies=copies[text, label],
            explanation=scored.classifier.explain(text),
        )
        if progress:
            progress()
        return found

    return {name: [example(place) for place in places] for name, places in chosen.items()}
