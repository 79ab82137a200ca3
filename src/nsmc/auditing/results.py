"""Label issues: comments whose label is probably wrong, and the morphemes that say so.

Shapes: R comments, C classes, I issues.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.confident_learning import estimate_label_errors, rank_label_issues
from nsmc.auditing.cross_validation import Scores
from nsmc.auditing.dataset import ENGLISH, LabelledDataset
from nsmc.auditing.options import AuditOptions
from nsmc.folds.networks import summed
from nsmc.messages.translate import tr

if TYPE_CHECKING:
    from nsmc.inference.explanation import Explanation, Part
    from nsmc.tables.rows import Kind

FEWEST = 20
"""Issues listed at least, if there are so many and no number is asked for."""
EXPLAINED = 2000
"""Issues explained at most: some hours of work for a person, half a minute for a machine."""
MORPHEMES, FAINT = 3, 0.2
"""Morphemes named for an issue at most, and the least share of the strongest one's contribution."""
CHUNK = 50
"""Issues explained between two reports of progress."""


@dataclass(frozen=True)
class LabelIssue:
    """A comment whose label is probably wrong."""

    row: int
    """Its row in the file, counted from 1 without the header."""
    text: str
    """The comment as it is in the file."""
    given_label: Any
    """0 (negative) or 1 (positive), or the name of a class."""
    suggested_label: Any
    """The likeliest label."""
    self_confidence: float
    """The probability of the given label, below that of the suggested one."""
    conflicting_rows: int
    """How many other rows hold the same comment with another label."""
    against: tuple["Part", ...] = ()
    """The morphemes that speak against the given label the most, the strongest first."""

    @property
    def words(self) -> str:
        """The morphemes of ``against``, a space between."""
        return " ".join(part.shown for part in self.against)

    def to_dict(self) -> dict[str, Any]:
        """The issue as ``--json`` prints it."""
        return {
            "row": self.row,
            "text": self.text,
            "label": self.given_label,
            "suggested_label": self.suggested_label,
            "probability": round(self.self_confidence, 6),
            "same_otherwise": self.conflicting_rows,
            "against": [part.to_dict() for part in self.against],
        }


@dataclass(frozen=True, eq=False)
class Audit:
    """The label issues of a table of R comments, and what scored them."""

    path: Path
    """The table."""
    rows: NDArray[np.int64] = field(repr=False)
    """[R] each comment's row in the file, counted from 1 without the header."""
    class_names: dict[Any, str]
    """[C] the labels as they are in files (0 and 1, or the names of classes), and as a person reads
    them."""
    labels: NDArray[np.int64] = field(repr=False)
    """[R] the given label: an index into ``class_names``."""
    probabilities: NDArray[np.float64] = field(repr=False)
    """[R, C] of each label."""
    conflicting_rows: NDArray[np.int64] = field(repr=False)
    """[R] how many other rows hold the same comment with another label."""
    issues: list[LabelIssue] = field(repr=False)
    """The labels that are probably wrong, the least probable first."""
    folds: int
    """Networks that were trained, each scoring comments that it hasn't learnt from; 0 for none."""
    model: Path | None
    """The model that scored all comments where none was trained."""
    skipped: int
    """Rows without a legible comment, which were left out."""
    seconds: float
    """How long the audit took."""

    @property
    def agreement(self) -> float:
        """The share of given labels that are the likeliest one."""
        return float((self.probabilities.argmax(axis=1) == self.labels).mean())

    @property
    def estimated_errors(self) -> tuple[float, ...]:
        """[C] how many of the labels of each class are estimated to be wrong."""
        return tuple(estimate_label_errors(self.labels, self.probabilities).tolist())

    def to_dict(self) -> dict[str, Any]:
        """The audit as ``--json`` prints it."""
        keys = [ENGLISH.get(value, value) for value in self.class_names]
        return {
            "data": str(self.path),
            "examples": len(self.rows),
            "skipped": self.skipped,
            "folds": self.folds,
            "model": None if self.model is None else str(self.model),
            "agreement": self.agreement,
            "estimated_wrong": dict(zip(keys, self.estimated_errors, strict=True)),
            "labelled_both_ways": int((self.conflicting_rows > 0).sum()),
            "seconds": round(self.seconds, 3),
            "doubts": [issue.to_dict() for issue in self.issues],
        }


def list_issues(
    dataset: LabelledDataset, scores: Scores, options: AuditOptions
) -> list[LabelIssue]:
    """The issues to list, the least probable label first, explained where that is asked for."""
    labels, probabilities = dataset.labels, scores.probabilities
    if options.share:
        most = max(1, round(options.share * len(labels)))
    else:
        errors = float(estimate_label_errors(labels, probabilities).sum())
        most = options.top or max(FEWEST, round(errors))
    ranked = rank_label_issues(labels, probabilities)[:most]  # [I]
    values = list(dataset.class_names)
    issues = [
        LabelIssue(
            row=int(dataset.reviews.rows[place]),
            text=dataset.reviews.texts[place],
            given_label=values[labels[place]],
            suggested_label=values[probabilities[place].argmax()],
            self_confidence=float(probabilities[place, labels[place]]),
            conflicting_rows=int(dataset.conflicting_rows[place]),
        )
        for place in ranked.tolist()
    ]
    if options.explain:
        _explain(issues, scores, scores.scored_by[ranked], dataset, options)
    return issues


def _explain(
    issues: list[LabelIssue],
    scores: Scores,
    scored_by: NDArray[np.int64],
    dataset: LabelledDataset,
    options: AuditOptions,
) -> None:
    """Add ``against`` to the first `EXPLAINED` issues, by the network that scored each [I]."""
    scored_by = scored_by[:EXPLAINED]
    progress = summed(options.progress, tr("explaining"))
    for index, classifier in enumerate(scores.classifiers):
        places = np.flatnonzero(scored_by == index).tolist()
        for start in range(0, len(places), CHUNK):
            chunk = places[start : start + CHUNK]
            explanations = classifier.explain([issues[place].text for place in chunk])
            for place, explanation in zip(chunk, explanations, strict=True):
                suggested = dataset.class_names[issues[place].suggested_label]
                against = _strongest(explanation, suggested)
                issues[place] = dataclasses.replace(issues[place], against=against)
            progress(len(chunk), len(scored_by))


def _strongest(explanation: "Explanation", suggested: str) -> tuple["Part", ...]:
    """The morphemes that speak the most for the suggested label, the strongest first."""
    # Contributions above 0 speak for what is explained, which may be the given label.
    sign = 1 if explanation.of == suggested else -1
    by_morpheme: dict[str, Part] = {}
    for part in sorted(explanation.parts, key=lambda part: -sign * part.contribution):
        by_morpheme.setdefault(part.morpheme, part)
    parts = list(by_morpheme.values())[:MORPHEMES]
    least = max(0.0, FAINT * sign * parts[0].contribution)
    return tuple(part for part in parts if sign * part.contribution > least)


def issue_columns(issues: Sequence[LabelIssue]) -> dict[str, tuple["Kind", list[Any]]]:
    """The columns of the issues in a table, beyond the table's own: kind and cells of each."""
    suggested = [issue.suggested_label for issue in issues]
    named = any(isinstance(label, str) for label in suggested)
    return {
        "rank": ("count", list(range(1, len(issues) + 1))),
        "row": ("count", [issue.row for issue in issues]),
        "suggested_label": ("text" if named else "count", suggested),
        "probability": ("number", [round(issue.self_confidence, 6) for issue in issues]),
        "against": ("text", [issue.words for issue in issues]),
        "same_otherwise": ("count", [issue.conflicting_rows for issue in issues]),
    }
