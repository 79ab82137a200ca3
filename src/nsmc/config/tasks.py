"""The options of each task that has any: a section each."""

from dataclasses import dataclass
from typing import Literal

from nsmc.config.fields import require, require_at_least, require_below

TaskName = Literal["sentiment", "classes", "stars", "sentiment+stars", "language-model"]


@dataclass(frozen=True)
class SentimentConfig:
    """For ``task = "sentiment"`` and ``task = "sentiment+stars"``."""

    soft_labels: bool = False
    """Take any label from 0 to 1 for a probability of positive: what other models predict
    (distillation)."""
    balance: Literal["none", "prior"] = "none"
    """For labels of unequal frequency: nothing, or ``prior``, which learns the probability of a
    world where positive and negative are equally frequent."""


@dataclass(frozen=True)
class ClassesConfig:
    """For ``task = "classes"``."""

    balance: Literal["none", "weights", "sampling"] = "none"
    """For classes of unequal size: nothing, which is right for the accuracy;
    ``weights`` lets a review of a rare class count for more in the loss; ``sampling`` draws as many
    reviews of each class. Both favour the rare classes and shift the probabilities."""


@dataclass(frozen=True)
class StarsConfig:
    """For ``task = "stars"`` and ``task = "sentiment+stars"``."""

    column: str = "rating"
    """The column that holds the stars."""
    low: float = 1.0
    """The fewest stars one can give."""
    high: float = 10.0
    """The most stars one can give."""
    weight: float = 0.5
    """For ``sentiment+stars``: the stars' share of the loss beside the sentiment's."""
    negative_to: float = 4.0
    """For ``sentiment+stars``: without a label, a review of at most so many stars is negative, as
    in NSMC."""
    positive_from: float = 9.0
    """For ``sentiment+stars``: and one of at least so many is positive; between the two, only the
    stars count."""

    def __post_init__(self) -> None:
        require_below(self, "low", "high")
        require_at_least(self, 0, "weight")
        require_below(self, "negative_to", "positive_from")
        require(bool(self.column), "column must name a column")


@dataclass(frozen=True)
class LanguageModelConfig:
    """For ``task = "language-model"``."""

    adaptive_from: int = 8000
    """Rows of the vocabulary from which the softmax is adaptive: rare units are predicted through
    their group and with fewer numbers, which costs a fraction of the time and a little accuracy."""
    shortlist: int = 2000
    """For the adaptive softmax: how many of the most frequent units are predicted directly; four
    times as many are the second group, and the rest the third."""

    def __post_init__(self) -> None:
        require_at_least(self, 2, "shortlist")
        require(
            self.adaptive_from > self.shortlist,
            "adaptive_from must be above shortlist, found {adaptive_from} and {shortlist}",
            adaptive_from=self.adaptive_from,
            shortlist=self.shortlist,
        )
