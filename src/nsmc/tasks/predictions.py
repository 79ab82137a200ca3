"""What a model predicts: of one comment, and of many comments beside their labels.

Shapes: R reviews, C classes.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.messages.translate import tr
from nsmc.text.reading import Correction


@dataclass(frozen=True)
class Prediction(ABC):
    """What a model predicts of one comment."""

    text: str
    exact: bool = field(default=True, kw_only=True)
    """Whether the whole network gave it, and not the early exit alone."""
    unfamiliar: bool = field(default=False, kw_only=True, repr=False)
    """Whether so much of the comment says nothing to the model that this is a guess."""
    unknown: float = field(default=0.0, kw_only=True, repr=False)
    """The share of its letters that say nothing; measured where the whole network was asked."""
    truncated: int = field(default=0, kw_only=True, repr=False)
    """How many characters at its end were not read."""
    corrections: tuple[Correction, ...] = field(default=(), kw_only=True, repr=False)
    """What was read as something else: mistyped and new words, in order."""

    @property
    @abstractmethod
    def legible(self) -> bool:
        """Whether there was anything in the comment to score."""

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is nothing legible."""

    def notes(self) -> dict[str, Any]:
        """The part of `to_dict` that is only there where it says something."""
        notes: dict[str, Any] = {} if self.exact else {"exact": False}
        if self.unfamiliar:
            notes |= {"unfamiliar": True, "unknown": round(self.unknown, 3)}
        if self.truncated:
            notes["truncated"] = self.truncated
        if self.corrections:
            notes["corrections"] = [correction.to_dict() for correction in self.corrections]
        return notes


if TYPE_CHECKING:
    # A default for whoever writes `nsmc.Classifier` alone: the model decides on the fields then.
    from typing_extensions import TypeVar

    PredictionT = TypeVar("PredictionT", bound=Prediction, default=Any, covariant=True)
else:
    from typing import TypeVar

    PredictionT = TypeVar("PredictionT", bound=Prediction, covariant=True)


def rounded_number(value: float | None) -> float | None:
    """A number to six decimals, as in JSON; None for None."""
    return None if value is None else round(value, 6)


def optional(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers [R] with None for NaN, which JSON doesn't have."""
    # A NaN is the one number that isn't itself; to ask numpy of each takes ten times as long.
    return [value if value == value else None for value in values.tolist()]


@dataclass(frozen=True)
class ClassAnswer:
    """A task's answer that is one of C classes."""

    names: tuple[str, ...]
    """[C] for a person; empty before the task has learnt them."""
    values: tuple[Any, ...]
    """[C] as in files and in JSON."""
    has_threshold: bool = False
    """Whether the second of two classes is predicted at or above a threshold of its probability,
    and not where it is likelier."""

    def __str__(self) -> str:
        """``부정 or 긍정``, ``10 classes (1, 2, 3, …)``."""
        if self.has_threshold:
            return tr(" or ").join(self.names)
        first = ", ".join(self.names[:3]) + (", …" if len(self.names) > 3 else "")
        return tr("{count} classes ({names})", count=len(self.names), names=first)


@dataclass(frozen=True)
class StarScale:
    """A task's answer that is a number of stars; the network gives it on a scale from -1 to 1."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The stars of an output of 0."""
        return (self.low + self.high) / 2

    @property
    def half(self) -> float:
        """Stars from the middle to an end."""
        return (self.high - self.low) / 2

    def stars(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Stars [R] of outputs [R], none beyond the ends of the scale."""
        return self.unclipped(outputs).clip(self.low, self.high)

    def unclipped(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """The same before they are cut to the scale."""
        return np.asarray(outputs.astype(np.float64) * self.half + self.middle)

    def to_outputs(self, stars: Any) -> Any:
        """The other way, of an array or a tensor of stars."""
        return (stars - self.middle) / self.half

    def __str__(self) -> str:
        """``stars from 1 to 10``."""
        return tr("stars from {low:g} to {high:g}", low=self.low, high=self.high)


@dataclass(frozen=True, eq=False)
class ClassPredictions:
    """One of several classes for each review, beside its label."""

    answer: ClassAnswer
    labels: NDArray[np.int64]
    """[R] the class of each label, -1 for a review without one."""
    probabilities: NDArray[np.float64]
    """[R, C]; NaN where there is nothing legible."""
    threshold: float | None = None
    """The second of two classes is predicted at or above it; None predicts the likeliest."""

    @property
    def names(self) -> tuple[str, ...]:
        """[C] for a person."""
        return self.answer.names

    @property
    def values(self) -> tuple[Any, ...]:
        """[C] as in files and in JSON."""
        return self.answer.values

    @property
    def predicted(self) -> NDArray[np.int64]:
        """[R] the class predicted."""
        if self.threshold is not None:
            return np.asarray(self.probabilities[:, 1] >= self.threshold, np.int64)
        return np.asarray(self.probabilities.argmax(axis=1))

    @property
    def confidence(self) -> NDArray[np.float64]:
        """[R] the probability of the class predicted."""
        return np.asarray(self.probabilities[np.arange(len(self.labels)), self.predicted])

    @property
    def right(self) -> NDArray[np.bool_]:
        """[R] whether the class predicted is the label's."""
        return np.asarray(self.predicted == self.labels)


@dataclass(frozen=True, eq=False)
class RegressionPredictions:
    """A number of stars for each review, beside its label."""

    scale: StarScale
    given: NDArray[np.float64]
    """[R] the labels, NaN for a review without one."""
    predicted: NDArray[np.float64]
    """[R]; NaN where there is nothing legible."""

    @property
    def errors(self) -> NDArray[np.float64]:
        """[R] predicted - given."""
        return self.predicted - self.given
