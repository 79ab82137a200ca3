"""What an audit found.

Letters: R comments.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.confident import given_probabilities, wrong_labels

if TYPE_CHECKING:
    from nsmc.runtime.explanation import Part


@dataclass(frozen=True)
class Doubt:
    """A comment whose label is probably wrong."""

    row: int
    """Its row in the file, counted from 1 without the header."""
    text: str
    """The comment as it stands there."""
    label: int
    """The label it was given: 0 negative, 1 positive."""
    probability: float
    """The probability of that label, below 0.5."""
    same_otherwise: int
    """In how many other rows the same comment stands with the other label."""
    against: tuple["Part", ...] = ()
    """The morphemes that speak against the label the most, the strongest first."""

    @property
    def suggested(self) -> int:
        """The other label."""
        return 1 - self.label

    @property
    def words(self) -> str:
        """The morphemes of ``against``, a space between."""
        return " ".join(part.morpheme for part in self.against)

    def to_dict(self) -> dict[str, Any]:
        """The object that stands for it in ``--json``."""
        return {
            "row": self.row,
            "text": self.text,
            "label": self.label,
            "suggested_label": self.suggested,
            "probability": round(self.probability, 6),
            "same_otherwise": self.same_otherwise,
            "against": [part.to_dict() for part in self.against],
        }


@dataclass(frozen=True, eq=False)
class Audit:
    """A table of R labelled comments, judged."""

    path: Path
    """The table."""
    rows: NDArray[np.int64]
    """[R] each comment's row in the file, counted from 1 without the header."""
    labels: NDArray[np.int8]
    """[R] as given: 0 negative, 1 positive."""
    scores: NDArray[np.float64]
    """[R] probabilities of positive."""
    same_otherwise: NDArray[np.int64]
    """[R] in how many other rows the same comment stands with the other label."""
    doubts: list[Doubt]
    """The labels that are probably wrong, the least probable first."""
    folds: int
    """Networks that were trained for it, each scoring what it hadn't learnt from; 0 for none."""
    model: Path | None
    """The model that scored all comments instead."""
    skipped: int
    """Rows without a legible comment, which were left out."""
    seconds: float
    """How long it took."""

    @property
    def agreement(self) -> float:
        """The share of labels that are the likelier one."""
        return float((given_probabilities(self.labels, self.scores) >= 0.5).mean())

    @property
    def wrong(self) -> tuple[float, float]:
        """Estimates of how many labels are wrong among the negative and the positive ones."""
        return wrong_labels(self.labels, self.scores)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        negative, positive = self.wrong
        return {
            "data": str(self.path),
            "examples": len(self.rows),
            "skipped": self.skipped,
            "folds": self.folds,
            "model": None if self.model is None else str(self.model),
            "agreement": self.agreement,
            "estimated_wrong": {"negative": negative, "positive": positive},
            "labelled_both_ways": int((self.same_otherwise > 0).sum()),
            "seconds": round(self.seconds, 3),
            "doubts": [doubt.to_dict() for doubt in self.doubts],
        }
