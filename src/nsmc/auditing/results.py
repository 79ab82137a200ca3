"""What an audit found.

Shapes: R comments, C classes.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.confident import wrong_labels

if TYPE_CHECKING:
    from nsmc.inference.explanation import Part

ENGLISH = {0: "negative", 1: "positive"}
"""What the labels of the sentiment are called in JSON."""


@dataclass(frozen=True)
class LabelIssue:
    """A comment whose label is probably wrong."""

    row: int
    """Its row in the file, counted from 1 without the header."""
    text: str
    """The comment as it stands there."""
    label: Any
    """The label it was given: 0 negative, 1 positive, or the name of a class."""
    suggested: Any
    """The likeliest label."""
    probability: float
    """The probability of the label given, below that of the likeliest."""
    same_otherwise: int
    """In how many other rows the same comment stands with another label."""
    against: tuple["Part", ...] = ()
    """The morphemes that speak against the label the most, the strongest first."""

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
    names: dict[Any, str]
    """[C] the labels as they stand in files (0 negative, 1 positive, or the names of classes), and
    how a person reads them."""
    labels: NDArray[np.int64]
    """[R] as given: which of ``names``, counted from 0."""
    probabilities: NDArray[np.float64]
    """[R, C] of each label."""
    same_otherwise: NDArray[np.int64]
    """[R] in how many other rows the same comment stands with another label."""
    doubts: list[LabelIssue]
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
        """The share of labels that are the likeliest one."""
        return float((self.probabilities.argmax(axis=1) == self.labels).mean())

    @property
    def wrong(self) -> tuple[float, ...]:
        """[C] estimates of how many labels are wrong among those of each kind."""
        return tuple(wrong_labels(self.labels, self.probabilities).tolist())

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        keys = [ENGLISH.get(value, value) for value in self.names]
        return {
            "data": str(self.path),
            "examples": len(self.rows),
            "skipped": self.skipped,
            "folds": self.folds,
            "model": None if self.model is None else str(self.model),
            "agreement": self.agreement,
            "estimated_wrong": dict(zip(keys, self.wrong, strict=True)),
            "labelled_both_ways": int((self.same_otherwise > 0).sum()),
            "seconds": round(self.seconds, 3),
            "doubts": [doubt.to_dict() for doubt in self.doubts],
        }
