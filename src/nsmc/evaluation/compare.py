"""Whether one model is better than another, told on the same reviews.

Shapes: R reviews, O outputs of the head, K numbers of a target.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nsmc.data.label_columns import LabelColumnSpec
from nsmc.errors import DataError, UsageError
from nsmc.evaluation.compared import ClassPredictionsPair, Pair, RegressionPair
from nsmc.evaluation.evaluate import reviews_file
from nsmc.evaluation.scored import open_classifier, text_column
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.classify import score_by_each
from nsmc.tasks.task import Floats, LabelTask


def compare(
    model_a: Path | str | None,
    model_b: Path | str | None,
    data: Path | str | None = None,
    *,
    column: str | None = None,
    label_column: str | None = None,
    output: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score labelled reviews with two models, each at its own threshold, and compare them.

    The models must tell the same thing: 긍정 or 부정, the same classes, or stars of one scale. Of
    two that tell the sentiment, one may tell stars besides; if both do, ``stars`` compares those,
    too.
    Rows without a comment that is legible to both are left out and counted as ``skipped``.

    Args:
        model_a: a model directory; None takes the one inside the package.
        model_b: the other.
        data: as `nsmc.evaluate` takes it.
        column: the text column; None takes the one that a model was trained on, if it was named,
            else ``document``, else the only text column.
        label_column: the label column; None takes the ones that the models were trained on.
        output: a table for all comments on which they disagree; .csv .tsv .txt .jsonl .parquet.
        progress: called with reviews done since the last call and reviews in all.

    Returns:
        ``a`` and ``b`` (``model``, ``trained_on_it``: whether this very file was what it was
        trained on, and its figures), ``examples``, ``difference`` (B - A) and
        ``difference_interval`` (95%), ``p_value`` (see `nsmc.evaluation.paired` for both),
        ``better`` ("a", "b", or None where chance may explain the difference), ``reviews_needed``
        (to tell a difference of this size from chance with 80% certainty; None if it is told or
        there is none), ``disagreements`` (a dict for each, farthest apart first), ``skipped``,
        ``data`` (path, sha256) and ``seconds``. What is particular to classes and to stars,
        `nsmc.evaluation.compared` says.

    Raises:
        UsageError: the models tell different things.
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: a model is missing or damaged.
        NsmcError: ``output`` can't be written; nothing is left under its name.
    """
    return compared(
        model_a,
        model_b,
        data,
        column=column,
        label_column=label_column,
        output=output,
        progress=progress,
    )[0]


def compared(
    model_a: Path | str | None,
    model_b: Path | str | None,
    data: Path | str | None,
    *,
    column: str | None = None,
    label_column: str | None = None,
    output: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, Any], Pair]:
    """What `compare` returns, and the answers that it is about."""
    from nsmc.data.reviews import read_reviews

    started = time.perf_counter()
    classifiers = [open_classifier(model) for model in (model_a, model_b)]
    tasks = [classifier.task.reading(label_column) for classifier in classifiers]
    path = reviews_file(None if data is None else Path(data))
    named = text_column(classifiers[0], column) or text_column(classifiers[1], column)
    nothing = np.empty((0, 2), np.float32)  # [0, K], K at most 2
    # What differs is told before the reviews are read, and before an hour of scoring.
    _pairs(classifiers, [(t, np.empty((0, t.outputs), np.float32), nothing) for t in tasks])
    reviews = read_reviews(path, column=named, label_columns=_wanted(tasks))
    targets = [task.targets(reviews.labels, str(path)) for task in tasks]  # [R, K] each
    with _writing(None if output is None else Path(output), path) as write:
        outputs = score_by_each(reviews.texts, classifiers, progress=progress)  # [R, O] each
        legible = ~np.isnan(np.concatenate(outputs, axis=1)).any(axis=1)  # [R]
        if not legible.any():
            raise DataError(f"{path}: no comment has anything legible in it")
        kept = reviews.take(np.flatnonzero(legible))
        answers = [
            (task, found[legible], given[legible])
            for task, found, given in zip(tasks, outputs, targets, strict=True)
        ]
        pairs = [pair for pair in _pairs(classifiers, answers) if pair.examples]
        if not pairs:
            raise DataError(f"{path}: expected labels of what both models tell, found none")
        leading, *others = pairs
        disagreements = leading.disagreements(kept)
        write(leading, disagreements)
    found = leading.metrics()
    for name, classifier in zip("ab", classifiers, strict=True):
        model = classifier.model
        trained = model.metrics.get("data", {}).get("sha256") == reviews.sha256
        found[name] = {"model": str(model.path), **found[name], "trained_on_it": trained}
    for other in others:
        found[other.name] = other.metrics()
    return {
        **found,
        "disagreements": disagreements,
        "skipped": reviews.skipped_empty + int((~legible).sum()),
        "data": {"path": str(path), "sha256": reviews.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }, leading


def _wanted(tasks: Sequence[LabelTask]) -> list[LabelColumnSpec]:
    """The label columns of both tasks, each once; required if either requires it."""
    required: dict[str, bool] = {}
    for task in tasks:
        for one in task.label_columns():
            required[one.name] = required.get(one.name, False) or one.required
    return [LabelColumnSpec(name, required=must) for name, must in required.items()]


def _pairs(
    classifiers: Sequence[Classifier], answers: Sequence[tuple[LabelTask, Floats, Floats]]
) -> list[Pair]:
    """What both models tell of R reviews, the leading kind first.

    Args:
        classifiers: both models.
        answers: of each its task, outputs [R, O] and targets [R, K].

    Raises:
        UsageError: they tell different things.
    """
    choices = [
        task.choices(found, given, classifier.threshold)
        for classifier, (task, found, given) in zip(classifiers, answers, strict=True)
    ]
    numbers = [task.numbers(found, given) for task, found, given in answers]
    pairs: list[Pair] = []
    if choices[0] and choices[1] and set(choices[0].values) == set(choices[1].values):
        pairs.append(ClassPredictionsPair(choices[0], choices[1]))
    if numbers[0] and numbers[1] and numbers[0].scale == numbers[1].scale:
        pairs.append(RegressionPair(numbers[0], numbers[1]))
    if not pairs:
        (path_a, a), (path_b, b) = (
            (classifier.model.path, " and ".join(str(kind) for kind in kinds if kind))
            for classifier, *kinds in zip(classifiers, choices, numbers, strict=True)
        )
        raise UsageError(
            f"expected two models that tell the same thing; {path_a} tells {a}, {path_b} tells "
            f"{b}: look at each with `nsmc evaluate`"
        )
    return pairs


@contextlib.contextmanager
def _writing(
    output: Path | None, like: Path
) -> Iterator[Callable[[Pair, list[dict[str, Any]]], None]]:
    """Open the table first, so that a place that can't be written is told before the scoring."""
    if output is None:
        yield lambda pair, disagreements: None
        return
    import pandas as pd

    from nsmc.tables.table import open_table, open_writer

    with open_table(like) as table, open_writer(output, table) as writer:
        yield lambda pair, disagreements: writer.write(
            pd.DataFrame(disagreements, columns=list(pair.columns)).astype(pair.columns)
        )
