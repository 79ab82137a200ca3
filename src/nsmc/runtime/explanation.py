"""What each morpheme of a comment did to its score.

Letters: T morphemes, E embedding size, N subsets.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.runtime.network import Network
from nsmc.runtime.shapley import shapley_values

if TYPE_CHECKING:
    from nsmc.runtime.classifier import Prediction


@dataclass(frozen=True)
class Part:
    """One morpheme and what it did."""

    start: int
    """Its first code point in the comment as typed."""
    end: int
    """The code point after its last."""
    morpheme: str
    """As the tokenizer gave it, so normalized."""
    contribution: float
    """In log odds: above 0 it speaks for 긍정, below for 부정."""

    def to_dict(self) -> dict[str, Any]:
        """The object that stands for it in JSON."""
        return {**vars(self), "contribution": round(self.contribution, 6)}


@dataclass(frozen=True)
class Explanation:
    """Why a comment got its score: ``baseline`` and all contributions sum to ``logit``."""

    prediction: "Prediction"
    """The same as `nsmc.Classifier.predict` gives."""
    logit: float
    """The log odds of 긍정, ln(p / (1 - p)); NaN if there is nothing legible in the comment."""
    baseline: float
    """The log odds without any morpheme: the network's for one morpheme of zeros."""
    parts: tuple[Part, ...]
    """The morphemes in the comment's order."""

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json --explain`` prints; None where there is no logit."""
        return {
            **self.prediction.to_dict(),
            "logit": round(self.logit, 6) if self.parts else None,
            "baseline": round(self.baseline, 6),
            "parts": [part.to_dict() for part in self.parts],
        }


def baseline_of(network: Network, size: int) -> float:
    """The log odds of one morpheme whose vector [E] is zeros: of one that says nothing."""
    nothing = np.zeros((1, size), dtype=np.float32)  # [U, E]
    return float(network(nothing, np.array([0]), np.array([1]))[0])


def contributions(
    network: Network,
    vectors: NDArray[np.float32],
    baseline: float,
    logit: float,
    *,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Share out ``logit - baseline`` among the morphemes of a comment.

    The shares are Shapley values of the game in which a set of morphemes is worth the log odds of
    the comment that they alone would make, in their order: absent ones are deleted, as a person
    would, and not replaced by something that could have a meaning of its own.

    Args:
        network: the model's.
        vectors: [T, E], T at least 1.
        baseline: the value of no morpheme.
        logit: the network's for the whole comment.
        seed: of the sampled orders; always the same, so that an explanation is too.

    Returns:
        [T] in log odds, with the sum ``logit - baseline``.
    """

    def value(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        tokens = np.nonzero(subsets)[1]  # [places]
        return network(vectors, tokens, subsets.sum(axis=1)).astype(np.float64)  # [N]

    return shapley_values(value, len(vectors), baseline, logit, seed=seed)
