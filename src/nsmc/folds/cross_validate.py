"""`nsmc.cross_validate`: how good a config is on a table of labelled comments, by k folds.

Shapes: R comments, K numbers of a target.
"""

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.errors import DataError, UsageError
from nsmc.evaluation.results import DataFile
from nsmc.evaluation.scored_reviews import score_reviews
from nsmc.folds.assign import assign_folds, group_duplicates
from nsmc.folds.networks import Progress, Say, fold_listener, summed, train_fold, training_words
from nsmc.folds.results import CrossValidation
from nsmc.folds.workdir import claimed_workdir, work_record
from nsmc.inference.classifier import load
from nsmc.messages.translate import tr
from nsmc.tables.options import ReadOptions
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import Floats, LabelTask
from nsmc.training.fine_tuning import fine_tuning_config, learned_units
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews
    from nsmc.tables.in_memory import InMemory

FOLDS = 5
MOST = 20


def cross_validate(
    data: "Path | str | InMemory",
    config: Config | None = None,
    *,
    folds: int = FOLDS,
    start: Path | str | None = None,
    column: str | None = None,
    label_column: str | None = None,
    reading: ReadOptions | None = None,
    threshold: float | None = None,
    exact: bool = False,
    work: Path | str | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    say: Say | None = None,
) -> CrossValidation:
    """Train a network for each fold on the others, and measure what it predicts of its own.

    Every comment is scored once, by a network that hasn't learnt from it, nor from a comment of the
    same units in another row: those are in one fold. Folds have one size and one share of each
    label (stratified), or of each number of stars. Each network holds back ``data.validation`` of
    what it learns from to choose its best epoch, so its fold decides nothing.

    Args:
        data: any table of labelled comments, or a directory with ``ratings_train.txt``. What is in
            memory as well: a DataFrame, a mapping of columns, or ``(comments, labels)``.
        config: of the networks; None for the default one. Its ``data.validation_column`` is unused.
        folds: how many, from 2 to `MOST`.
        start: a model directory, or ``shipped``, that the networks start from, in place of a
            config; for another config, give that of `nsmc.fine_tuning_config`.
        column: the text column; None takes the config's, else ``document``, else the only one.
        label_column: the label column; None takes that of the config.
        reading: how the table is read, where its name and content don't say; and which stars are
            positive and negative.
        threshold: positive at or above this probability; None takes each network's own.
        exact: ask the whole networks, not only where their early exits aren't sure.
        work: where the networks are kept, so that an interrupted evaluation goes on; None takes a
            place in the user's cache.
        device: for the training, as `nsmc.train` takes it.
        progress: called with the name of a stage, comments done and comments in all.
        say: called with messages for a person; None logs them.

    Raises:
        UsageError: the folds are out of range, or the task has no labels.
        DataError: the table or its labels can't be read, or a label has too few comments.
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the work directory is in use or of another evaluation, or can't be written.
    """
    if not 2 <= folds <= MOST:
        raise UsageError("expected --folds from 2 to {most}, found {folds}", most=MOST, folds=folds)
    if start is not None:
        if config is not None:
            raise UsageError("start makes the config; give it alone, or nsmc.fine_tuning_config's")
        config = fine_tuning_config(start)
    from nsmc.data.corpus import Encoding, build_corpus
    from nsmc.data.reviews import legible, read_reviews
    from nsmc.model.device import choose_device

    choose_device(device)  # a wrong one is refused before the work
    began = time.perf_counter()
    say = say or logging.getLogger(__name__).warning
    progress = progress or (lambda stage, done, total: None)
    task = _label_task(config or Config(), label_column, reading)
    config = replace(task.config, data=replace(task.config.data, validation_column=""))
    columns = task.label_columns()
    reviews = read_reviews(
        _table(data),
        column=column or config.data.column or None,
        label_columns=columns,
        reading=reading,
    )
    reviews = legible(reviews, config.text.max_characters)
    task = task.learn(reviews.labels, str(reviews.path))
    targets = task.targets(reviews.labels, str(reviews.path))  # [R, K]
    learned = learned_units(config) if config.training.init_from else None
    encoding = Encoding(config.text, learned=learned, noise=config.data.noise)
    corpus = build_corpus(reviews, encoding, progress=summed(progress, tr("tokenizing")))
    originals = corpus if corpus.copies is None else corpus.take(np.arange(corpus.originals))
    duplicates = group_duplicates(originals)  # [R]
    strata = _strata(task, targets)  # [R]
    _check_sizes(reviews, task, strata, duplicates, folds)
    fold_of = assign_folds(duplicates, strata, folds, config.data.split_seed)  # [R]
    record = work_record(reviews, corpus, folds, config)
    measured: list[dict[str, Any]] = []
    scored = []
    with claimed_workdir(None if work is None else Path(work), record, "evaluation") as place:
        say(training_words(folds, len(fold_of), place))
        for fold in range(folds):
            held_out = fold_of == fold  # [R]
            output = OutputDirectory(place / f"fold-{fold + 1}")
            listen = fold_listener(fold, folds, len(fold_of), config.training.epochs, progress)
            train_fold(config, corpus, held_out, output, device, listen, say)
            classifier = load(output.path, threshold=threshold, exact=exact)
            trained = classifier.task.reading(label_column, reading)
            some = score_reviews(reviews.take(np.flatnonzero(held_out)), classifier, trained)
            scored.append(some)
            measured.append({"examples": len(some.texts), **some.metrics()})
    return CrossValidation(
        folds=measured,
        config=config,
        data=DataFile(reviews.path, reviews.sha256),
        skipped=reviews.skipped_empty,
        seconds=round(time.perf_counter() - began, 3),
        reviews=scored,
        notes=reviews.notes,
    )


def _label_task(config: Config, label_column: str | None, reading: ReadOptions | None) -> LabelTask:
    """The task of a config, reading another column if one is given.

    Raises:
        UsageError: it has no labels.
    """
    task = make_task(config)
    if not isinstance(task, LabelTask):
        raise UsageError(
            "the task {task!r} learns from text without labels, so there is nothing that "
            "folds could be measured by",
            task=task.name,
        )
    return task.reading(label_column, reading)


def _table(data: "Path | str | InMemory") -> "Path | InMemory":
    from nsmc.data.cache import training_file

    return training_file(Path(data)) if isinstance(data, Path | str) else data


def _strata(task: LabelTask, targets: Floats) -> NDArray[np.int64]:
    """What folds are to have the same shares of: the class of each comment [R], or its stars."""
    if task.class_answer is not None:
        return task.class_labels(targets)
    _, stars = np.unique(targets[:, 0], return_inverse=True)
    return np.asarray(stars, np.int64)


def _check_sizes(
    reviews: "Reviews",
    task: LabelTask,
    strata: NDArray[np.int64],
    duplicates: NDArray[np.int64],
    folds: int,
) -> None:
    """Refuse a table of which not every fold, and the rest of each, has every label.

    Raises:
        DataError: naming the label.
    """
    different = len(np.unique(duplicates))
    if different < 2 * folds:
        raise DataError(
            "{path}: expected at least {least} different comments for {folds} folds, found "
            "{found}; give more, or fewer --folds",
            path=reviews.path,
            least=2 * folds,
            folds=folds,
            found=different,
        )
    if task.class_answer is None:
        return
    for label, name in enumerate(task.class_answer.names):
        found = len(np.unique(duplicates[strata == label]))
        if found < folds:
            raise DataError(
                "{path}: expected at least {folds} different comments labelled {label}, one "
                "for each fold, found {found}; give more, or fewer --folds",
                path=reviews.path,
                folds=folds,
                label=name,
                found=found,
            )
