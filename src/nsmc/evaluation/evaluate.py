"""How good a model is on labelled reviews; `nsmc.evaluate` may also write a report of it."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError, UsageError
from nsmc.evaluation.overlap import overlap_metrics
from nsmc.evaluation.results import ClassifierEvaluation, DataFile
from nsmc.evaluation.scored_reviews import score_reviews
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.language_model import LanguageModel
from nsmc.inference.notes import truncated_words
from nsmc.messages.translate import tr
from nsmc.pipeline.chunks import Progress
from nsmc.tables.options import ReadOptions
from nsmc.tasks.task import LabelTask

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory

TEST_FILE = "ratings_test.txt"
FEWEST, UNLIKE = 20, 0.1
"""Comments of which the share of unfamiliar ones is reported, and from where on."""


def evaluate_classifier(
    classifier: Classifier,
    data: "Path | InMemory",
    *,
    column: str | None = None,
    label_column: str | None = None,
    reading: ReadOptions | None = None,
    progress: Progress | None = None,
) -> ClassifierEvaluation:
    """Score labelled reviews and compare with their labels; takes what `nsmc.evaluate` does.

    Raises:
        DataError: the reviews are missing, have no labels or can't be read.
    """
    from nsmc.data.reviews import read_reviews

    started = time.perf_counter()
    task = classifier.task.reading(label_column, reading)
    column = column or classifier.model.config.data.column or None
    reviews = read_reviews(data, column=column, label_columns=task.label_columns(), reading=reading)
    scored = score_reviews(reviews, classifier, task, progress)
    metrics = scored.metrics()
    texts = classifier.model.training_texts
    rate = texts.false_positive_rate if texts else None
    unfamiliar = sum(note.unfamiliar for note in scored.notes)
    truncated = sum(note.truncated > 0 for note in scored.notes)
    return ClassifierEvaluation(
        metrics={"examples": len(scored.texts), **metrics},
        seen=overlap_metrics(scored.seen, rate, metrics, lambda m: scored.take(m).metrics()),
        skipped=reviews.skipped_empty + len(reviews.texts) - len(scored.texts),
        model=classifier.model,
        data=DataFile(reviews.path, reviews.sha256),
        seconds=round(time.perf_counter() - started, 3),
        threshold=classifier.threshold if task.has_threshold else None,
        reviews=scored,
        notes=(*reviews.notes, *_notes(len(scored.texts), unfamiliar, truncated)),
        truncated=truncated,
        unfamiliar=unfamiliar,
    )


def _notes(comments: int, unfamiliar: int, truncated: int) -> Iterator[str]:
    """What a person should know where comments are unlike what the model learnt from."""
    if comments >= FEWEST and unfamiliar > UNLIKE * comments:
        yield tr(
            "{share:.0%} of these comments say nothing that the model knows (of reviews like those "
            "that it learnt from about 1%), so the metrics say little about it",
            share=unfamiliar / comments,
        )
    if truncated:
        yield truncated_words(truncated)


def open_scorer(
    model: Path | str | None,
    *,
    threshold: float | None = None,
    device: str = "cpu",
    exact: bool = False,
) -> Classifier | LanguageModel:
    """Open a model of any task; a classifier on any device, where ``cpu`` runs without torch.

    Raises:
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
        UsageError: the threshold isn't between 0 and 1, or an option of a language model that
            means nothing to it.
    """
    directory = open_model(None if model is None else Path(model))
    if not isinstance(directory.task, LabelTask):
        refuse_options(
            directory,
            {
                "threshold": threshold,
                "device": None if device == "cpu" else device,
                "exact": exact or None,
            },
        )
        return LanguageModel(directory)
    if device == "cpu":
        return Classifier(directory, threshold=threshold, exact=exact)
    from nsmc.model.on_device import TorchNetwork

    network = TorchNetwork(directory, device)
    return Classifier(directory, threshold=threshold, network=network, exact=exact)


def refuse_options(directory: ModelDirectory, options: Mapping[str, Any]) -> None:
    """Refuse options, by their names, that mean nothing to a language model.

    Raises:
        UsageError: one was given: it isn't None.
    """
    if given := [name for name, value in options.items() if value is not None]:
        raise UsageError(
            "{path} is a language model, for which --{option} means nothing; leave it out",
            path=directory.path,
            option=given[0],
        )


def reviews_file(data: "Path | str | InMemory | None") -> "Path | InMemory":
    """The reviews that ``--data`` means: a file, a directory's test file, or the official one.

    What is in memory is returned as it is.

    Raises:
        DataError: nothing is named and the official file hasn't been fetched.
    """
    if data is not None and not isinstance(data, Path | str):
        return data
    if data is not None:
        return Path(data) / TEST_FILE if Path(data).is_dir() else Path(data)
    from nsmc.data.paths import data_directory

    path = data_directory() / TEST_FILE
    if not path.is_file():
        raise DataError(
            "expected the official {file} in {place}, found none. Fetch it with `nsmc "
            "download`, or give labelled reviews: --data FILE (in a clone of the project, "
            "--data data/sample works without a network)",
            file=TEST_FILE,
            place=path.parent,
        )
    return path
