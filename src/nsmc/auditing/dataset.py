"""The labelled comments of a table, as an audit takes them.

Shapes: R comments, C classes, N units of all comments.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.options import AuditOptions
from nsmc.config.text import TextConfig
from nsmc.data.corpus import Corpus, Encoding, build_corpus
from nsmc.errors import DataError, UsageError
from nsmc.folds.assign import group_duplicates
from nsmc.folds.networks import summed
from nsmc.messages.translate import tr
from nsmc.tasks.task import LabelTask, Task

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

ENGLISH = {0: "negative", 1: "positive"}
"""The labels of the sentiment in English."""


@dataclass(frozen=True, eq=False)
class LabelledDataset:
    """R legible comments with a label, encoded."""

    reviews: "Reviews"
    """Their texts and their rows in the file."""
    corpus: Corpus
    class_names: dict[Any, str]
    """[C] the labels as they are in files, and as a person reads them."""
    labels: NDArray[np.int64]
    """[R] the given label: an index into ``class_names``."""
    duplicates: NDArray[np.int64]
    """[R] a number that comments with the very same units share, from 0 up."""
    conflicting_rows: NDArray[np.int64]
    """[R] how many other rows hold the same comment with another label."""


def label_task(task: Task, label_column: str | None) -> LabelTask:
    """The task whose labels are audited, with its labels in another column if one is given.

    Raises:
        UsageError: the task has no classes.
    """
    if isinstance(task, LabelTask):
        task = task.reading(label_column)
        if task.class_answer is not None:
            return task
    raise UsageError(
        "expected labels to judge: 0 and 1, or the names of classes; the task {task!r} has "
        "none. Give --set task=classes, task=sentiment or task=sentiment+stars, or a --model "
        "of one of these",
        task=task.name,
    )


def build_dataset(
    reviews: "Reviews",
    task: LabelTask,
    text: TextConfig,
    options: AuditOptions,
    *,
    learned: bytes | None = None,
    folds: int = 0,
) -> LabelledDataset:
    """Leave out comments without legible text or label, and encode the others.

    ``learned`` is what a model's tokenizer has learnt; None learns it from these comments, on which
    ``folds`` networks are to be trained.

    Raises:
        DataError: a label isn't one of the task, no comment is left, all have the same label, or
            too few have one to train on.
        NsmcError: the tokenizer can't be made.
    """
    from nsmc.data.reviews import legible

    reviews = legible(reviews, text.max_characters)
    assert task.class_answer is not None, "refused by `label_task`"
    given = task.class_labels(task.targets(reviews.labels, str(reviews.path)))  # [R]
    labelled = np.flatnonzero(given >= 0)
    if not len(labelled):
        raise DataError("{path}: expected comments with a label, found none", path=reviews.path)
    if unlabelled := len(given) - len(labelled):
        options.say(tr("{count:,} comments have no label and are left out", count=unlabelled))
    reviews, labels, count = reviews.take(labelled), given[labelled], len(labelled)
    progress = summed(options.progress, tr("tokenizing"))
    corpus = build_corpus(reviews, Encoding(text, learned=learned), progress=progress)
    assert len(corpus) == count, "a legible comment has at least one unit"
    names = dict(zip(task.class_answer.values, task.class_answer.names, strict=True))
    duplicates = group_duplicates(corpus)
    _check_labels(reviews.path, names, labels, duplicates, folds)
    conflicts = count_conflicts(duplicates, labels)
    return LabelledDataset(reviews, corpus, names, labels, duplicates, conflicts)


def _check_labels(
    path: Path,
    names: dict[Any, str],
    labels: NDArray[np.int64],
    duplicates: NDArray[np.int64],
    folds: int,
) -> None:
    """Refuse labels [R] among which no wrong one can be found."""
    pairs = np.unique(labels * len(labels) + duplicates)
    different = np.bincount(pairs // len(labels), minlength=len(names))  # [C]
    binary = isinstance(next(iter(names)), int)
    shown = [
        f"{value} ({ENGLISH[value]})" if binary else repr(name) for value, name in names.items()
    ]
    if np.count_nonzero(different) < 2:
        missing = shown[int(different.argmin())] if len(shown) == 2 else tr("other one")
        raise DataError(
            "{path}: expected labels of both kinds to tell right from wrong ones by, found "
            "no {missing} among {count:,}; add some, or score the comments with `nsmc "
            "predict --input` and look at the other ones",
            path=path,
            missing=missing,
            count=len(labels),
        )
    advice = tr(
        "leave out or put together the rarest classes, or let a model score them with --model"
    )
    if binary:
        advice = tr("--folds 0 lets the shipped model score them instead")
    for label, count in zip(shown, different.tolist(), strict=True):
        if count < 2 * folds:
            raise DataError(
                "{path}: expected at least {least} different comments labelled {label} to "
                "train {folds} networks on, found {count}; {advice}",
                path=path,
                least=2 * folds,
                label=label,
                folds=folds,
                count=count,
                advice=advice,
            )


def count_conflicts(duplicates: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many other rows [R] hold the same comment with another label."""
    pairs = duplicates * (int(labels.max()) + 1) + labels  # [R]
    _, pair, alike = np.unique(pairs, return_inverse=True, return_counts=True)
    conflicts: NDArray[np.int64] = np.bincount(duplicates)[duplicates] - alike[pair]  # [R]
    return conflicts
