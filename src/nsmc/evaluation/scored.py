"""Labelled reviews and what a model says of them.

Shapes: R reviews, O outputs of the head, K numbers of a target.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.pipeline.chunks import chunks_of, with_progress
from nsmc.pipeline.classify import Outputs, Units, map_units
from nsmc.tasks.predictions import ClassPredictions, RegressionPredictions
from nsmc.tasks.task import Floats, LabelTask

if TYPE_CHECKING:
    from nsmc.inference.network import Network


@dataclass(frozen=True, eq=False)
class ScoredReviews:
    """Reviews that have something legible in them, in the order of their file."""

    classifier: Classifier
    task: LabelTask
    """The classifier's, reading the label column that was asked for."""
    path: Path
    sha256: str
    texts: list[str]
    """[R] comments as typed."""
    rows: NDArray[np.int64]
    """[R] the number of each in the file, counted from 1 without the header."""
    outputs: Floats
    """[R, O] of the network."""
    targets: Floats
    """[R, K] as `nsmc.tasks.task.Task.targets` gives them."""
    unknown: NDArray[np.float64]
    """[R] share of each comment's units that the model's vocabulary doesn't hold."""
    skipped: int
    """Rows left out because nothing legible stands in their comment."""
    seen: NDArray[np.bool_] | None = None
    """[R] whether each is found among the texts of the model's training; None where those aren't
    known."""

    def take(self, kept: NDArray[np.bool_]) -> "ScoredReviews":
        """Some of the reviews alone."""
        if kept.all():
            return self
        return dataclasses.replace(
            self,
            texts=[text for text, one in zip(self.texts, kept, strict=True) if one],
            rows=self.rows[kept],
            outputs=self.outputs[kept],
            targets=self.targets[kept],
            unknown=self.unknown[kept],
            seen=None if self.seen is None else self.seen[kept],
        )

    @cached_property
    def choices(self) -> ClassPredictions | None:
        """What each is called and was labelled, of a task with classes."""
        return self.task.choices(self.outputs, self.targets, self.classifier.threshold)

    @cached_property
    def numbers(self) -> RegressionPredictions | None:
        """The stars found and given, of a task with stars."""
        return self.task.numbers(self.outputs, self.targets)

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """[R] characters of each comment as typed."""
        return np.array([len(text) for text in self.texts], dtype=np.int64)


def open_classifier(
    model: Path | str | None, *, threshold: float | None = None, device: str = "cpu"
) -> Classifier:
    """Open a model on any device; ``cpu`` runs without torch.

    Raises:
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
        UsageError: the threshold isn't between 0 and 1.
    """
    directory = open_model(None if model is None else Path(model))
    return classifier_of(directory, threshold=threshold, device=device)


def classifier_of(
    directory: ModelDirectory, *, threshold: float | None = None, device: str = "cpu"
) -> Classifier:
    """Make a model on any device of its directory; see `open_classifier`."""
    network: Network | None = None
    if device != "cpu":
        from nsmc.model.on_device import TorchNetwork

        network = TorchNetwork(directory, device)
    return Classifier(directory, threshold=threshold, network=network)


def text_column(classifier: Classifier, column: str | None) -> str | None:
    """The text column asked for, else the one that the model was trained on, if it has a name."""
    return column or classifier.model.config.data.column or None


def score_reviews(
    path: Path,
    classifier: Classifier,
    *,
    column: str | None = None,
    label_column: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ScoredReviews:
    """Read labelled reviews and score them, tokenizing on all cores.

    Args:
        path: NSMC's format or any table with the labels that the model's task reads.
        classifier: what scores.
        column: the text column; None takes the one that the model was trained on, if it was named,
            else ``document``, else the only text column.
        label_column: the label column; None takes the one that the model was trained on.
        progress: called with reviews done since the last call and reviews in all.

    Raises:
        DataError: the reviews are missing, have no labels, can't be read or aren't legible.
    """
    from nsmc.data.reviews import read_reviews

    task = classifier.task.reading(label_column)
    reviews = read_reviews(
        path, column=text_column(classifier, column), label_columns=task.label_columns()
    )
    targets = task.targets(reviews.labels, str(path))  # [rows with a comment, K]
    texts = reviews.texts
    results = map_units(chunks_of(texts), classifier, _UnitScorer(classifier))
    outputs, unknown, seen = (  # [rows with a comment, O], [rows with a comment] twice
        np.concatenate(parts)
        for parts in zip(*with_progress(results, len(texts), progress), strict=True)
    )
    legible = np.asarray(~np.isnan(outputs).any(axis=1))  # [rows with a comment]
    if not legible.any():
        raise DataError(f"{path}: no comment has anything legible in it")
    return ScoredReviews(
        classifier=classifier,
        task=task,
        path=path,
        sha256=reviews.sha256,
        texts=[text for text, kept in zip(texts, legible, strict=True) if kept],
        rows=reviews.rows[legible],
        outputs=outputs[legible],
        targets=targets[legible],
        unknown=unknown[legible],
        skipped=reviews.skipped_empty + int((~legible).sum()),
        seen=seen[legible] if classifier.model.training_texts is not None else None,
    )


class _UnitScorer:
    """From the units of R comments to what `ScoredReviews` holds of each."""

    def __init__(self, classifier: Classifier) -> None:
        self.classifier = classifier

    @cached_property
    def known(self) -> frozenset[str]:
        """The units of the vocabulary; row 0 is the unknown one."""
        return frozenset(self.classifier.model.vocabulary[1:])

    def __call__(self, units: Units) -> tuple[Outputs, NDArray[np.float64], NDArray[np.bool_]]:
        """Outputs [R, O], shares of unknown units [R], and which were seen in training [R]."""
        unknown = [sum(u not in self.known for u in one) / max(1, len(one)) for one in units]
        seen = self.classifier.model.training_texts
        found = np.zeros(len(units), np.bool_) if seen is None else seen.contains(units)
        return self.classifier.outputs_of(units), np.array(unknown), found
