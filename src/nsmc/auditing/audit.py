"""`nsmc.audit`: the labels of a table, each judged by a network that hasn't learnt from it.

Shapes: R comments, C classes.
"""

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.auditing.comments import Progress, check_labels, encoded, legible
from nsmc.auditing.confident import given_probabilities, wrong_labels
from nsmc.auditing.cross_validation import judged_by_folds, judged_by_model
from nsmc.auditing.explanations import explained
from nsmc.auditing.folds import labelled_otherwise, same_comments
from nsmc.auditing.recipe import ENOUGH, quick_config
from nsmc.auditing.results import Audit, LabelIssue
from nsmc.config.schema import Config, load_config
from nsmc.data.label_columns import LabelColumn
from nsmc.errors import DataError, UsageError
from nsmc.inference.classifier import Classifier, load
from nsmc.tasks.predictions import ClassPredictions
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import Floats, LabelTask, Task

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

FOLDS = 4
FEWEST = 20
"""Doubts listed at least, if there are so many and no number is asked for."""
EXPLAINED = 2000
"""Doubts explained at most: some hours of work for a person, half a minute for a machine."""
KNOWING = 0.4
"""How far from guessing one of the labels, which has 0, to agreeing with all, which has 1, a judge
must be; below, it knows hardly anything. Of two labels, that is 70% agreeing."""


def audit(
    data: Path | str,
    *,
    output: Path | str | None = None,
    column: str | None = None,
    label_column: str | None = None,
    folds: int | None = None,
    model: Path | str | None = None,
    config: Config | None = None,
    overrides: Sequence[str] = (),
    top: int | None = None,
    share: float | None = None,
    explain: bool = True,
    work: Path | str | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    say: Callable[[str], None] | None = None,
) -> Audit:
    """Find the rows of a labelled table whose label is probably wrong.

    Every comment gets the probability of its label from a network that hasn't learnt from it, nor
    from the same comment in another row. The less probable the label, the higher it is ranked
    (self-confidence, one of the rankings of Northcutt, Jiang and Chuang, JAIR 70, 2021; with two
    labels, the normalized margin gives the same order). Listed are those of which another label is
    likelier.

    Args:
        data: any table that ``nsmc predict`` reads, with labels 0 (negative) and 1 (positive), or
            those of the recipe's or the model's task, which must have labels: stars alone can't be
            judged.
        output: where the doubtful rows go, in any of these formats; None writes nothing.
        column: the text column; None takes ``document``, else the only text column.
        label_column: the column of the labels; None takes that of the recipe or the model, which
            is ``label`` if they name none.
        folds: networks to train, each on all comments but those that it scores; 0 lets a model
            score all. None takes 0 with ``model``, and below `ENOUGH` comments unless a recipe is
            given, else `FOLDS`.
        model: a model directory for ``folds`` 0, one that hasn't learnt from this table; None
            takes the shipped one.
        config: the networks' recipe; None takes a quick one by the size of the table.
        overrides: fields in which that quick one is to differ, as `nsmc.load_config` takes them.
        top: doubts to list at most; None lists as many as labels are estimated to be wrong.
        share: the same as a share of all comments, above 0 and at most 1.
        explain: name the words that speak against the `EXPLAINED` surest of the listed labels.
        work: where the networks are kept, so that an interrupted audit goes on and one with
            another ``top`` trains nothing; None takes a place in the user's cache.
        device: for the training, as `nsmc.train` takes it.
        progress: called with what is being done, comments done and comments in all.
        say: is told what a person should know.

    Raises:
        UsageError: arguments that are out of range or don't go together.
        DataError: the table or its labels can't be read, or a label has no or too few comments.
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the work directory is in use or of another audit, or a place can't be written.
    """
    started = time.perf_counter()
    tell = say or (lambda message: None)
    report = progress or (lambda stage, done, total: None)
    _check_arguments(folds, model, config is not None or bool(overrides), top, share)
    if output is not None:
        from nsmc.tables.table import check_output

        check_output(Path(output), Path(data))
    classifier = load(model) if model is not None or folds == 0 else None
    task = _task(classifier, config, overrides, label_column)
    from nsmc.data.reviews import read_reviews

    reviews = read_reviews(Path(data), column=column, label_columns=task.label_columns())
    if reviews.encoding not in (None, "utf-8", "utf-8-sig"):
        tell(f"{data} is not UTF-8 and was read as {reviews.encoding}")
    if folds is None:
        trains = classifier is None and (
            len(reviews.rows) >= ENOUGH or config is not None or bool(overrides)
        )
        folds = FOLDS if trains else 0
    if not folds and classifier is None:
        classifier = load()
        tell(
            f"{len(reviews.rows):,} comments are few to learn from, so the shipped model judges "
            f"them; --folds {FOLDS} trains all the same, for texts about other things than films"
        )
    if folds:
        task = task.learn(reviews.labels, str(reviews.path))
    recipe = config or quick_config(len(reviews.rows), overrides)
    # The folds decide what is learnt from, so no marks of the table can.
    sources = dataclasses.replace(recipe.data, validation_column="")
    if label_column is not None:
        sources = dataclasses.replace(sources, label_column=label_column)
    recipe = dataclasses.replace(recipe, data=sources)
    text = recipe.text if classifier is None else classifier.text_config
    reviews = _labelled(legible(reviews, text.max_characters), task, tell)
    choices = _choices(task, reviews.labels, str(reviews.path))
    corpus = encoded(reviews, text, classifier.model.learned if classifier else None, report)
    groups = same_comments(corpus)
    check_labels(reviews.path, choices, groups, folds)
    labels = choices.labels  # [R]
    otherwise = labelled_otherwise(groups, labels)
    names = dict(zip(choices.values, choices.names, strict=True))
    with contextlib.ExitStack() as claims:
        if classifier is None:
            validation_loss = claims.enter_context(
                judged_by_folds(
                    corpus,
                    choices,
                    groups,
                    folds,
                    recipe,
                    None if work is None else Path(work),
                    columns=[column, *(one.name for one in task.label_columns())],
                    device=device,
                    report=report,
                    tell=tell,
                )
            )
        else:
            if classifier.model.metrics.get("data", {}).get("sha256") == reviews.sha256:
                tell(
                    f"the model {classifier.model.path} has learnt from this very table, wrong "
                    f"labels included; --folds {FOLDS} asks networks that haven't"
                )
            validation_loss = judged_by_model(classifier, corpus, choices, report)
        wrong = float(wrong_labels(labels, validation_loss.probabilities).sum())
        most = max(1, round(share * len(groups))) if share else top or max(FEWEST, round(wrong))
        chosen = doubtful(labels, validation_loss.probabilities, most)
        doubts = _doubts(reviews, choices, validation_loss.probabilities, otherwise, chosen)
        if explain:
            surest, rest = doubts[:EXPLAINED], doubts[EXPLAINED:]
            dealt = validation_loss.dealt[chosen[:EXPLAINED]]
            doubts = explained(surest, names, dealt, validation_loss.judges, report) + rest
    found = Audit(
        path=reviews.path,
        rows=reviews.rows,
        names=names,
        labels=labels,
        probabilities=validation_loss.probabilities,
        same_otherwise=otherwise,
        doubts=doubts,
        folds=folds,
        model=None if classifier is None else classifier.model.path,
        skipped=reviews.skipped_empty,
        seconds=time.perf_counter() - started,
    )
    guessing = 1 / len(names)
    if found.agreement < guessing + KNOWING * (1 - guessing):
        tell(
            f"only {found.agreement:.0%} of the labels agree with what judged them, so the list "
            "says little: the comments are too few or too hard for it, or the labels mostly wrong"
        )
    if output is not None:
        from nsmc.auditing.table import COLUMNS, write_doubts

        columns = write_doubts(reviews.path, column, doubts, Path(output))
        if renamed := [name for name in columns if name not in COLUMNS]:
            tell(f"the table has columns of these names already, so new are: {', '.join(renamed)}")
    return found


def doubtful(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], most: int
) -> NDArray[np.int64]:
    """Indices of the labels that are less likely than another one, the least likely first.

    Args:
        labels: [R] the class of each.
        probabilities: [R, C] of each class.
        most: how many at most.
    """
    given = given_probabilities(labels, probabilities)  # [R]
    other = given < probabilities.max(axis=1)  # [R]
    order = np.argsort(given, kind="stable")
    found: NDArray[np.int64] = order[other[order]][:most]
    return found


def _task(
    classifier: Classifier | None,
    config: Config | None,
    overrides: Sequence[str],
    label_column: str | None,
) -> LabelTask:
    """What the labels are of, by the model or the recipe.

    Raises:
        UsageError: it has no labels.
    """
    task: Task
    if classifier is not None:
        task = classifier.task
    else:
        task = make_task(config or load_config(None, overrides))
    if isinstance(task, LabelTask):
        task = task.reading(label_column)
        if _choices_of(task, np.empty((0, 2), np.float32)) is not None:
            return task
    raise UsageError(
        f"expected labels to judge: 0 and 1, or the names of classes; the task {task.name!r} has "
        "none. Give --set task=classes, task=sentiment or task=sentiment+stars, or a --model of "
        "one of these"
    )


def _choices(task: LabelTask, columns: Mapping[str, LabelColumn], source: str) -> ClassPredictions:
    """The labels [R] of a table, and what they are called.

    Raises:
        DataError: a label isn't one that the task knows.
    """
    found = _choices_of(task, task.targets(columns, source))
    assert found is not None, "who has no labels is refused before"
    return found


def _choices_of(task: LabelTask, targets: Floats) -> ClassPredictions | None:
    # Classes that haven't been learnt yet are none.
    outputs = np.zeros((len(targets), max(1, task.outputs)), np.float32)  # [R, O]
    return task.choices(outputs, targets, 0.5)


def _labelled(reviews: "Reviews", task: LabelTask, tell: Callable[[str], None]) -> "Reviews":
    """The reviews that have a label; stars in the middle are none."""
    there = _choices(task, reviews.labels, str(reviews.path)).labels >= 0  # [R]
    if there.all():
        return reviews
    if not there.any():
        raise DataError(f"{reviews.path}: expected comments with a label, found none")
    tell(f"{int((~there).sum()):,} comments have no label and are left out")
    return reviews.take(np.flatnonzero(there))


def _check_arguments(
    folds: int | None,
    model: Path | str | None,
    recipe: bool,
    top: int | None,
    share: float | None,
) -> None:
    if folds is not None and folds != 0 and not 2 <= folds <= 20:
        raise UsageError(f"expected --folds from 2 to 20, or 0 to train nothing, found {folds}")
    if folds and model is not None:
        raise UsageError(
            "--model lets a model score the comments, --folds trains networks on them: give one"
        )
    if recipe and (model is not None or folds == 0):
        raise UsageError(
            "--config and --set change networks to be trained, --model and --folds 0 train none: "
            "give one"
        )
    if top is not None and share is not None:
        raise UsageError("--top and --share both say how many labels to list: give one")
    if top is not None and top < 1:
        raise UsageError(f"expected --top to be at least 1, found {top}")
    if share is not None and not 0 < share <= 1:
        raise UsageError(f"expected --share above 0 and at most 1, found {share}")


def _doubts(
    reviews: "Reviews",
    choices: ClassPredictions,
    probabilities: NDArray[np.float64],
    otherwise: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> list[LabelIssue]:
    labels = choices.labels[chosen]  # [doubts]
    return [
        LabelIssue(
            row=int(reviews.rows[place]),
            text=reviews.texts[place],
            label=choices.values[label],
            suggested=choices.values[likeliest],
            probability=float(probability),
            same_otherwise=int(otherwise[place]),
        )
        for place, label, likeliest, probability in zip(
            chosen.tolist(),
            labels.tolist(),
            probabilities[chosen].argmax(axis=1).tolist(),
            given_probabilities(labels, probabilities[chosen]),
            strict=True,
        )
    ]
