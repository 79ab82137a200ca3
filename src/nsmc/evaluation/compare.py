"""Whether one model is better than another, measured on the same reviews.

Shapes: R reviews, O outputs of the head, K numbers of a target.
"""

import contextlib
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nsmc.data.label_columns import LabelColumnSpec
from nsmc.errors import DataError, UsageError
from nsmc.evaluation.evaluate import reviews_file
from nsmc.evaluation.pairs import pair_classes, pair_stars
from nsmc.evaluation.results import Comparison, DataFile
from nsmc.evaluation.scored_reviews import legible_rows
from nsmc.inference.classifier import Classifier, load
from nsmc.messages.translate import tr
from nsmc.pipeline.chunks import Progress
from nsmc.pipeline.classify import score_by_each
from nsmc.progress import reporting, review_progress
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.tasks.task import LabelTask

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory


def compare(
    model_a: Path | str | None,
    model_b: Path | str | None,
    data: "Path | str | InMemory | None" = None,
    *,
    column: str | None = None,
    label_column: str | None = None,
    reading: ReadOptions | None = None,
    writing: WriteOptions | None = None,
    output: Path | str | None = None,
    progress: Progress | None = None,
    verbose: bool = True,
) -> Comparison:
    """Score labelled reviews with two models, each at its own threshold, and compare them.

    The models must predict the same: 긍정 or 부정, the same classes, or stars of one scale. Of two
    that predict the sentiment, one may predict stars besides; if both do, these are compared, too.
    Rows without a comment that is legible to both are left out and counted as ``skipped``.

    Args:
        model_a: a model directory; None takes the one inside the package.
        model_b: the other.
        data: as `nsmc.evaluate` takes it.
        column: the text column; None takes the one that a model was trained on, if it was named,
            else ``document``, else the only text column.
        label_column: the label column; None takes the ones that the models were trained on.
        reading: how the table is read, where its name and content don't say; and which stars are
            positive and negative.
        writing: how ``output`` is written, where its name doesn't say.
        output: a table for all comments on which they disagree, in any format of tables.
        progress: called with reviews done since the last call and reviews in all.
        verbose: show a progress bar on a terminal or in a notebook, unless ``progress`` is given.

    Raises:
        UsageError: the models predict different things.
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: a model is missing or damaged.
        NsmcError: ``output`` can't be written; nothing is left under its name.
    """
    from nsmc.data.reviews import open_reviews, reviews_of
    from nsmc.tables.table import open_writer

    started = time.perf_counter()
    classifiers = [load(model_a), load(model_b)]
    tasks = [classifier.task.reading(label_column, reading) for classifier in classifiers]
    # What can't be compared or written is refused before an hour of scoring.
    same_classes, same_scale = _shared_answers(classifiers, tasks)
    specs = _label_columns(tasks)
    place = reviews_file(data)
    named = [column, *(classifier.model.config.data.column for classifier in classifiers)]
    with (
        open_reviews(
            place,
            column=next(filter(None, named), None),
            label_columns=specs,
            reading=reading,
        ) as table,
        contextlib.nullcontext()
        if output is None
        else open_writer(Path(output), table, writing) as writer,
    ):
        reviews = reviews_of(table, specs)
        notes = [*reviews.notes]
        path = reviews.path
        targets = [task.targets(reviews.labels, str(path)) for task in tasks]  # [R, K] each
        with reporting(progress, verbose, partial(review_progress, "scoring")) as report:
            outputs = score_by_each(reviews.texts, classifiers, progress=report)  # [R, O] each
        legible = legible_rows(np.concatenate(outputs, axis=1), reviews)  # [R]
        outputs, targets = ([part[legible] for part in parts] for parts in (outputs, targets))
        scored = list(zip(tasks, outputs, targets, strict=True))
        classes = stars = None
        if same_classes:
            thresholds = (classifier.threshold for classifier in classifiers)
            classes = pair_classes(
                *(t.class_predictions(o, k, next(thresholds)) for t, o, k in scored)
            )
        if same_scale:
            stars = pair_stars(*(task.star_predictions(o, k) for task, o, k in scored))
        leading = classes or stars
        if leading is None:
            raise DataError(
                "{path}: expected labels of what both models predict, found none", path=path
            )
        disagreements = leading.disagreements(reviews.take(np.flatnonzero(legible)))
        if writer is not None:
            import pandas as pd

            frame = pd.DataFrame(disagreements, columns=list(leading.types))
            writer.write(frame.astype(leading.types))
            notes += writer.changes.notes()
    a, b = (classifier.model for classifier in classifiers)
    hashes = [model.metrics.get("data", {}).get("sha256") for model in (a, b)]
    return Comparison(
        models=(a, b),
        trained_on_it=(hashes[0] == reviews.sha256, hashes[1] == reviews.sha256),
        metrics=leading.metrics,
        stars=stars.metrics if classes and stars else None,
        label_names=leading.label_names,
        disagreements=disagreements,
        skipped=reviews.skipped_empty + int((~legible).sum()),
        notes=tuple(notes),
        data=DataFile(path, reviews.sha256),
        seconds=round(time.perf_counter() - started, 3),
    )


def _label_columns(tasks: Sequence[LabelTask]) -> list[LabelColumnSpec]:
    """The label columns of both tasks, each once; required if either requires it."""
    specs = [spec for task in tasks for spec in task.label_columns()]
    required = {spec.name for spec in specs if spec.required}
    by_name = {spec.name: spec for spec in reversed(specs)}
    return [replace(spec, required=spec.name in required) for spec in by_name.values()]


def _shared_answers(
    classifiers: Sequence[Classifier], tasks: Sequence[LabelTask]
) -> tuple[bool, bool]:
    """Whether both models predict the same classes, and whether stars of one scale.

    Raises:
        UsageError: neither.
    """
    classes, scales = zip(*((task.class_answer, task.star_scale) for task in tasks), strict=True)
    same_classes = None not in classes and len({frozenset(one.values) for one in classes}) == 1
    same_scale = scales[0] is not None and scales[0] == scales[1]
    if not same_classes and not same_scale:
        a, b = (
            tr(
                "{path} predicts {answers}",
                path=classifier.model.path,
                answers=tr(" and ").join(str(one) for one in answers if one),
            )
            for classifier, *answers in zip(classifiers, classes, scales, strict=True)
        )
        raise UsageError(
            "expected two models that predict the same; {a}, {b}: look at each with "
            "`nsmc evaluate`",
            a=a,
            b=b,
        )
    return same_classes, same_scale
