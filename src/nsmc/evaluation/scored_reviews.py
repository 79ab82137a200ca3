"""Labelled reviews with what a classifier gives for each.

Shapes: R reviews, O outputs of the head, K numbers of a target.
"""

import dataclasses
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.inference.classifier import Classifier
from nsmc.inference.notes import Note
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.pipeline.chunks import Progress, chunks_of, map_comments, with_progress
from nsmc.pipeline.classify import Units, map_scores, map_units
from nsmc.tasks.predictions import ClassPredictions, RegressionPredictions
from nsmc.tasks.task import Floats, LabelTask
from nsmc.text.reading import Reading
from nsmc.text.tokenizer import Tokenizer

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews


_ARRAYS = ("rows", "outputs", "targets")


@dataclass(frozen=True, eq=False)
class ScoredReviews:
    """Reviews that have something legible in them, in the order of their file."""

    classifier: Classifier
    task: LabelTask
    """The classifier's, reading the label column that was asked for."""
    texts: list[str]
    """[R] comments as typed."""
    rows: NDArray[np.int64]
    """[R] the number of each in the file, counted from 1 without the header."""
    outputs: Floats
    """[R, O] of the network."""
    targets: Floats
    """[R, K] as `nsmc.tasks.task.Task.targets` gives them."""
    notes: list[Note]
    """[R] on each comment, without its corrections."""

    def take(self, mask: NDArray[np.bool_]) -> "ScoredReviews":
        """The reviews where the mask [R] is true."""
        if mask.all():
            return self
        return dataclasses.replace(
            self,
            texts=list(compress(self.texts, mask)),
            notes=list(compress(self.notes, mask)),
            **{name: getattr(self, name)[mask] for name in _ARRAYS},
        )

    def metrics(self) -> dict[str, Any]:
        """The metrics of the task."""
        return self.task.metrics(self.outputs, self.targets, self.classifier.threshold)

    @cached_property
    def choices(self) -> ClassPredictions | None:
        """The predicted and the given classes; None of a task without classes."""
        if self.task.class_answer is None:
            return None
        return self.task.class_predictions(self.outputs, self.targets, self.classifier.threshold)

    @cached_property
    def numbers(self) -> RegressionPredictions | None:
        """The predicted and the given stars; None of a task without stars."""
        if self.task.star_scale is None:
            return None
        return self.task.star_predictions(self.outputs, self.targets)

    @cached_property
    def unknown(self) -> NDArray[np.float64]:
        """[R] share of each comment's units that the model's vocabulary doesn't hold.

        It takes Mecab for every comment, so only a report asks for it.
        """
        known = frozenset(self.classifier.model.vocabulary[1:])  # row 0 is the unknown one
        function = partial(_unknown_shares, known)
        shares = map_units(chunks_of(self.texts), self.classifier.tokenizer, function)
        return np.array([share for chunk in shares for share in chunk])

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """[R] whether each is among the texts of the model's training.

        False where these aren't known.
        """
        texts = self.classifier.model.training_texts
        if texts is None:
            return np.zeros(len(self.texts), np.bool_)
        own = self.classifier.tokenizer
        # As a training reads: no new words, no windows of long comments.
        as_trained = own.reads(Reading(own.config.max_characters))
        function = partial(_contained, texts, as_trained)
        return np.concatenate(list(map_comments(chunks_of(self.texts), function)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """[R] characters of each comment as typed."""
        return np.array([len(text) for text in self.texts], dtype=np.int64)


def score_reviews(
    reviews: "Reviews",
    classifier: Classifier,
    task: LabelTask,
    progress: Progress | None = None,
) -> ScoredReviews:
    """Score labelled reviews; those without anything legible are left out.

    The task is the classifier's, perhaps reading another label column.

    Raises:
        DataError: a label isn't what the task takes, or no review is legible.
    """
    targets = task.targets(reviews.labels, str(reviews.path))  # [reviews, K]
    results = map_scores(chunks_of(reviews.texts), classifier)
    parts = list(with_progress(results, len(reviews.texts), progress))
    outputs = np.concatenate([part for part, _ in parts])
    notes = [note for _, some in parts for note in some]
    legible = legible_rows(outputs, reviews)  # [reviews]
    scored = ScoredReviews(classifier, task, reviews.texts, reviews.rows, outputs, targets, notes)
    return scored.take(legible)


def legible_rows(outputs: Floats, reviews: "Reviews") -> NDArray[np.bool_]:
    """Which reviews [R] have outputs [R, O]: the others have nothing legible in them.

    Raises:
        DataError: none has.
    """
    legible = ~np.isnan(outputs).any(axis=1)  # [R]
    if not legible.any():
        raise DataError("{path}: no comment has anything legible in it", path=reviews.path)
    return np.asarray(legible)


def _contained(
    texts: TrainingTexts, tokenizer: Tokenizer, comments: list[str]
) -> NDArray[np.bool_]:
    """Which comments [R] are among some texts."""
    return texts.contains([tokenizer.characters(tokenizer.prepare(one))] for one in comments)


def _unknown_shares(known: frozenset[str], units: Units) -> list[float]:
    """The share of each comment's units that aren't known."""
    return [sum(unit not in known for unit in one) / max(1, len(one)) for one in units]
