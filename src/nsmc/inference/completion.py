"""How a language model continues a text: one unit drawn after the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.tasks.metrics import log_softmax


@dataclass(frozen=True)
class Completion:
    """A text and how a model continued it."""

    prefix: str
    text: str
    """The whole text, with the prefix."""
    units: tuple[str, ...]
    """Units that the model added."""
    ended: bool
    """Whether the model ended the text; else it has as many units as were asked for."""

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return {**vars(self), "units": list(self.units)}


def draw_unit(
    logs: NDArray[np.float64], temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """Draw a row of the vocabulary by its log probabilities [V], never the unknown unit's.

    ``temperature`` and ``top_p`` are those of
    `nsmc.inference.language_model.LanguageModel.complete`.
    """
    logs[0] = -np.inf
    if not temperature:
        return int(logs.argmax())
    probabilities = np.exp(log_softmax(logs / temperature))  # [V]
    order = np.argsort(-probabilities, kind="stable")  # [V], likeliest first
    summed = np.cumsum(probabilities[order])  # [V]
    # The unit that reaches the share is among them, or a small share would leave none.
    count = int(np.searchsorted(summed, top_p * summed[-1])) + 1
    place = np.searchsorted(summed[:count], rng.random() * summed[min(count, len(summed)) - 1])
    return int(order[min(int(place), len(order) - 1)])
