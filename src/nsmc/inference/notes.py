"""What scoring finds of a comment beyond its outputs."""

from typing import Any, NamedTuple

from nsmc.inference.familiarity import UNFAMILIAR
from nsmc.messages.translate import tr
from nsmc.text.reading import Correction


class Note(NamedTuple):
    """What a `nsmc.tasks.predictions.Prediction` says of its comment beside the label."""

    exact: bool = True
    unknown: float = 0.0
    truncated: int = 0
    corrections: tuple[Correction, ...] = ()

    @property
    def unfamiliar(self) -> bool:
        """Whether so much of the comment says nothing to the model that a label is a guess."""
        return self.unknown > UNFAMILIAR

    def on(self, prediction: Any) -> Any:
        """A prediction with the note."""
        if self == PLAIN:
            return prediction
        noted = object.__new__(type(prediction))  # dataclasses.replace takes five times as long
        vars(noted).update(vars(prediction), **self._asdict(), unfamiliar=self.unfamiliar)
        return noted


PLAIN, EARLY = Note(), Note(exact=False)
"""Of most comments: the whole network's answer, and one before it."""


def truncated_words(count: int) -> str:
    """What a person should know of so many comments that are too long to be read whole."""
    return tr("{count:,} comments are too long; their ends were not read (truncated)", count=count)


def unfamiliar_words(count: int) -> str:
    """What a person should know of so many comments that say nothing to the model."""
    return tr(
        "{count:,} comments say nothing that the model knows: it guesses (unfamiliar)", count=count
    )
