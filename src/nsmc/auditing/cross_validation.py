"""Out-of-fold probabilities: each comment scored by a network that hasn't learnt from it.

Shapes: R comments, C classes, O outputs, K numbers of a target.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.dataset import LabelledDataset
from nsmc.auditing.options import FOLDS, AuditOptions
from nsmc.config.schema import Config
from nsmc.data.corpus import Corpus
from nsmc.errors import ModelError
from nsmc.folds.assign import assign_folds
from nsmc.folds.networks import fold_listener, summed, train_fold, training_words
from nsmc.folds.workdir import claimed_workdir, work_record
from nsmc.inference.classifier import Classifier, load
from nsmc.messages.translate import tr
from nsmc.pipeline.chunks import slices, with_progress
from nsmc.storage.files import atomic_write
from nsmc.storage.leftovers import remove_tree
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.training.run import Listener

SCORES = "scores.npy"


@dataclass(frozen=True, eq=False)
class Scores:
    """R comments, scored."""

    probabilities: NDArray[np.float64]
    """[R, C] of each class."""
    scored_by: NDArray[np.int64]
    """[R] index of the classifier that scored each."""
    classifiers: list[Classifier]


def score_with_model(
    dataset: LabelledDataset, classifier: Classifier, options: AuditOptions
) -> Scores:
    """Score all comments with one model, whose tokenizer has cut them."""
    if classifier.model.metrics.get("data", {}).get("sha256") == dataset.reviews.sha256:
        options.say(
            tr(
                "the model {path} has learnt from this very table, wrong labels included; --folds "
                "{folds} asks networks that haven't",
                path=classifier.model.path,
                folds=FOLDS,
            )
        )
    rows = np.arange(len(dataset.labels))
    progress = summed(options.progress, tr("scoring"))
    probabilities = _score(classifier, dataset, rows, progress)  # [R, C]
    return Scores(probabilities, np.zeros(len(rows), np.int64), [classifier])


@contextlib.contextmanager
def score_by_folds(
    dataset: LabelledDataset, folds: int, config: Config, options: AuditOptions
) -> Iterator[Scores]:
    """Score each fold of R comments with a network trained on the others.

    A fold that was scored in the working directory before isn't scored again, and a training that
    was interrupted there goes on from its newest checkpoint. The networks are there while the
    block runs. ``options`` hear of comments trained on, over all folds and epochs.

    Raises:
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the loss is no longer a number, or the working directory is in use, belongs to
            another audit or can't be written.
    """
    record = work_record(dataset.reviews, dataset.corpus, folds, config)
    fold_of = assign_folds(dataset.duplicates, dataset.labels, folds, config.data.split_seed)  # [R]
    with claimed_workdir(options.work, record) as work:
        outputs = [OutputDirectory(work / f"fold-{fold + 1}") for fold in range(folds)]
        scored = sum((output.path / SCORES).is_file() for output in outputs)
        words = training_words(folds, len(fold_of), work)
        if scored:
            words = tr("{words}, {count} of them since an earlier audit", words=words, count=scored)
        options.say(words)
        probabilities = np.empty((len(fold_of), len(dataset.class_names)))  # [R, C]
        for fold, output in enumerate(outputs):
            listen = fold_listener(
                fold, folds, len(fold_of), config.training.epochs, options.progress
            )
            held_out = fold_of == fold  # [R]
            probabilities[held_out] = _score_fold(
                dataset, held_out, output, config, listen, options
            )
        yield Scores(probabilities, fold_of, [load(output.path) for output in outputs])


def _score_fold(
    dataset: LabelledDataset,
    held_out: NDArray[np.bool_],
    output: OutputDirectory,
    config: Config,
    listen: "Listener",
    options: AuditOptions,
) -> NDArray[np.float64]:
    """The probabilities [fold, C] of the comments held out [R], from a network of the others."""
    rows = np.flatnonzero(held_out)
    stored = _stored_scores(output, (len(rows), len(dataset.class_names)))
    if stored is not None:
        return stored
    # A network that was trained, but had not scored when the audit ended, isn't trained again.
    train_fold(config, dataset.corpus, held_out, output, options.device, listen, options.say)
    probabilities = _score(load(output.path), dataset, rows)
    with atomic_write(output.path / SCORES) as temporary:
        np.save(temporary, probabilities, allow_pickle=False)
    return probabilities


def _stored_scores(output: OutputDirectory, shape: tuple[int, int]) -> NDArray[np.float64] | None:
    """The probabilities [fold, C] that a fold got before; a damaged network is deleted."""
    if not output.has_ended():
        return None
    try:
        load(output.path)
        if not (output.path / SCORES).is_file():
            return None
        scores: NDArray[np.float64] = np.load(output.path / SCORES, allow_pickle=False)
        if scores.shape == shape:
            return scores
    except (ModelError, ValueError, OSError):
        pass
    # Whatever happened to it, it can be made again.
    remove_tree(output.path)
    return None


def _score(
    classifier: Classifier,
    dataset: LabelledDataset,
    rows: NDArray[np.int64],
    progress: Callable[[int, int], None] | None = None,
) -> NDArray[np.float64]:
    """The probabilities [rows, C] of some comments; 0 for a class that the model hasn't learnt."""
    chunks = (_units_of(dataset.corpus.take(rows[place])) for place in slices(len(rows)))
    scored = with_progress(map(classifier.outputs_of, chunks), len(rows), progress)
    outputs = np.concatenate(list(scored))  # [rows, O]
    unlabelled = np.zeros((len(rows), 2), np.float32)  # [rows, K], K at most 2
    predictions = classifier.task.class_predictions(outputs, unlabelled, classifier.threshold)
    column_of = {value: column for column, value in enumerate(predictions.values)}
    padded = np.append(predictions.probabilities, np.zeros((len(rows), 1)), axis=1)
    return padded[:, [column_of.get(value, -1) for value in dataset.class_names]]


def _units_of(corpus: Corpus) -> list[list[str]]:
    units = [corpus.morphemes[token] for token in corpus.tokens.tolist()]
    return [units[start:end] for start, end in pairwise(corpus.offsets.tolist())]
