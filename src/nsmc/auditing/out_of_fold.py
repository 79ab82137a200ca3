"""Every comment scored by a network that hasn't learnt from it.

Shapes: R comments, C classes.
"""

import itertools
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.comments import Progress
from nsmc.config.schema import Config
from nsmc.data.corpus import Corpus
from nsmc.errors import ModelError
from nsmc.inference.classifier import Classifier, load
from nsmc.storage.files import atomic_write
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.training.run import Event
    from nsmc.training.state import TrainingState

SCORES = "scores.npy"
CHUNK = 2000


def out_of_fold_probabilities(
    corpus: Corpus,
    values: Sequence[Any],
    folds: NDArray[np.int64],
    config: Config,
    work: Path,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    warn: Callable[[str], None] | None = None,
) -> NDArray[np.float64]:
    """Score each fold by a network trained on all the others.

    What was finished in ``work`` before isn't done again; a training that was interrupted there
    goes on from its newest checkpoint.

    Args:
        corpus: R labelled comments.
        values: [C] the labels that there are.
        folds: [R] the fold of each, from 0.
        config: the recipe of the networks.
        work: a directory of this audit alone, claimed by the caller; keeps a model per fold.
        device: as `nsmc.model.device.choose_device` takes it.
        progress: hears of comments trained on, over all folds and epochs.
        warn: is told what went wrong without ending the audit.

    Returns:
        [R, C] probabilities of each label.

    Raises:
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the loss is no longer a number, or the disk is full.
    """
    scores = np.empty((len(corpus), len(values)))  # [R, C]
    count = int(folds.max()) + 1
    for fold in range(count):
        rows = np.flatnonzero(folds == fold)
        place = fold_directory(work, fold)
        found = _finished(place, (len(rows), len(values)))
        if found is None:
            # A network that was trained, but not yet asked, isn't trained again.
            if not place.has_ended():
                from nsmc.training.run import run_training

                place.path.mkdir(exist_ok=True)
                run_training(
                    config,
                    corpus.take(np.flatnonzero(folds != fold)),
                    place,
                    device=device,
                    resume=True,
                    listen=_listener(fold, count, len(scores), config, progress),
                    warn=warn,
                )
            place.finish()
            parts = score_corpus(load(place.path), corpus, rows, values)
            found = np.concatenate(list(parts))
            with atomic_write(place.path / SCORES) as temporary:
                np.save(temporary, found, allow_pickle=False)
        scores[rows] = found
    return scores


def fold_directory(work: Path, fold: int) -> OutputDirectory:
    """Where the network that scores a fold, counted from 0, is kept."""
    return OutputDirectory(work / f"fold-{fold + 1}")


def is_finished(work: Path, fold: int) -> bool:
    """Whether a fold, counted from 0, was trained and scored before."""
    return (fold_directory(work, fold).path / SCORES).is_file()


def score_corpus(
    classifier: Classifier, corpus: Corpus, rows: NDArray[np.int64], values: Sequence[Any]
) -> Iterator[NDArray[np.float64]]:
    """Probabilities [·, C] of some comments of a corpus, in pieces, in the order of rows.

    Args:
        classifier: what scores.
        corpus: the comments.
        rows: which of them.
        values: [C] the labels, in the order of the columns; one that the model hasn't learnt has
            the probability 0.
    """
    for start in range(0, len(rows), CHUNK):
        part = corpus.take(rows[start : start + CHUNK])
        morphemes = [part.morphemes[token] for token in part.tokens.tolist()]
        ends = part.offsets.tolist()
        outputs = classifier.outputs_of([morphemes[a:b] for a, b in itertools.pairwise(ends)])
        unlabelled = np.zeros((len(outputs), 2), np.float32)  # [R, K], K at most 2
        found = classifier.task.choices(outputs, unlabelled, classifier.threshold)
        assert found is not None, "who has no labels is refused before"
        place = {value: column for column, value in enumerate(found.values)}
        padded = np.append(found.probabilities, np.zeros((len(outputs), 1)), axis=1)  # [·, C + 1]
        yield padded[:, [place.get(value, -1) for value in values]]


def _finished(place: OutputDirectory, shape: tuple[int, int]) -> NDArray[np.float64] | None:
    """The probabilities that a fold was given before, if they and its model are whole."""
    if not place.has_ended():
        return None
    try:
        load(place.path)
        if not (place.path / SCORES).is_file():
            return None
        scores: NDArray[np.float64] = np.load(place.path / SCORES, allow_pickle=False)
        if scores.shape == shape:
            return scores
    except (ModelError, ValueError, OSError):
        pass
    # Whatever happened to it, it can be made again.
    shutil.rmtree(place.path, ignore_errors=True)
    return None


def _listener(
    fold: int, folds: int, comments: int, config: Config, progress: Progress | None
) -> "Callable[[Event, TrainingState], None] | None":
    """Tell of one fold's training as a part of all of them."""
    if progress is None:
        return None
    epochs = config.training.epochs
    size = 1

    def hear(event: "Event", state: "TrainingState") -> None:
        from nsmc.training.run import Started

        nonlocal size
        if isinstance(event, Started):
            size = event.training
        counters = state.counters
        # As if each fold trained on all comments: the sum must not differ from fold to fold.
        passes = fold * epochs + counters.epoch + counters.seen / size
        progress(
            f"fold {fold + 1}/{folds}, epoch {min(counters.epoch + 1, epochs)}/{epochs}",
            round(passes * comments),
            folds * epochs * comments,
        )

    return hear
