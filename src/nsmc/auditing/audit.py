"""`nsmc.audit`: find the rows of a labelled table whose label is probably wrong."""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.auditing.cross_validation import Scores, score_by_folds, score_with_model
from nsmc.auditing.dataset import LabelledDataset, build_dataset, label_task
from nsmc.auditing.options import ENOUGH, FOLDS, AuditOptions
from nsmc.auditing.results import Audit, issue_columns, list_issues
from nsmc.config.schema import Config, load_config
from nsmc.folds.networks import Progress, Say
from nsmc.inference.classifier import Classifier, load
from nsmc.messages.translate import tr
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import LabelTask

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

KNOWING = 0.4
"""How far from guessing (0) to agreeing with all labels (1) a network must be to know anything;
0.4 of two labels is to agree with 70%."""


def audit(
    data: Path | str,
    *,
    output: Path | str | None = None,
    column: str | None = None,
    label_column: str | None = None,
    reading: ReadOptions | None = None,
    writing: WriteOptions | None = None,
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
    say: Say | None = None,
) -> Audit:
    """Find the rows of a labelled table whose label is probably wrong.

    Every comment gets the probability of its label from a network that hasn't learnt from it, nor
    from the same comment in another row. Listed are the comments of which another label is
    likelier, the least probable label first (self-confidence, one of the rankings of Northcutt,
    Jiang and Chuang, JAIR 70, 2021; with two labels, the normalized margin gives the same order).

    Args:
        data: any table that ``nsmc predict`` reads, with labels 0 (negative) and 1 (positive), or
            those of the config's or the model's task, which must have classes: stars alone have
            none.
        output: where the rows with label issues go, in any of these formats; None writes nothing.
        column: the text column; None takes ``document``, else the only text column.
        label_column: the column of the labels; None takes that of the config or the model, which
            is ``label`` if they name none.
        reading: how the table is read, where its name and content don't say; and which stars are
            positive and negative.
        writing: how ``output`` is written, where its name doesn't say.
        folds: networks to train, each on all comments but those that it scores; 0 lets a model
            score all. None takes 0 with ``model``, and below `ENOUGH` comments unless a config is
            given, else `FOLDS`.
        model: a model directory for ``folds`` 0, one that hasn't learnt from this table; None
            takes the shipped one.
        config: the networks' config; None takes a quick one by the size of the table.
        overrides: fields in which that quick one is to differ, as `nsmc.load_config` takes them.
        top: issues to list at most; None lists as many as labels are estimated to be wrong.
        share: the same as a share of all comments, above 0 and at most 1.
        explain: name the words that speak against the first `EXPLAINED` of the listed labels.
        work: where the networks are kept, so that an interrupted audit goes on and one with
            another ``top`` trains nothing; None takes a place in the user's cache.
        device: for the training, as `nsmc.train` takes it.
        progress: called with the name of a stage, comments done and comments in all.
        say: called with messages for a person; None logs them.

    Raises:
        UsageError: arguments are out of range or don't go together.
        DataError: the table or its labels can't be read, or a label has no or too few comments.
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the work directory is in use or of another audit, or a place can't be written.
    """
    from nsmc.data.reviews import open_reviews, reviews_of
    from nsmc.pipeline.select_rows import check_target, write_rows

    options = AuditOptions(
        label_column=label_column,
        folds=folds,
        model=model,
        config=config,
        overrides=overrides,
        top=top,
        share=share,
        explain=explain,
        work=None if work is None else Path(work),
        device=device,
        progress=progress or (lambda stage, done, total: None),
        say=say or logging.getLogger(__name__).warning,
    )
    started, path = time.perf_counter(), Path(data)
    target = None if output is None else Path(output)
    classifier = load(model) if model or folds == 0 else None
    of_config = make_task(config or load_config(None, overrides))
    task = label_task(classifier.task if classifier else of_config, label_column)
    task = task.reading(None, reading)
    columns = task.label_columns()
    with open_reviews(path, column=column, label_columns=columns, reading=reading) as table:
        if target is not None:
            check_target(table, issue_columns([]), target, writing, prefix="audit_")
        reviews = reviews_of(table, columns)
        for note in reviews.notes:
            options.say(note)
        classifier = classifier or _shipped_model_for_few(len(reviews.rows), options)
        with _scored(reviews, task, classifier, options) as (dataset, scores):
            issues = list_issues(dataset, scores, options)
        if target is not None:
            added = issue_columns(issues)
            rows = [issue.row for issue in issues]
            names, notes = write_rows(table, rows, added, target, writing, prefix="audit_")
            for note in notes:
                options.say(note)
            if renamed := ", ".join(name for name in names if name not in added):
                options.say(
                    tr(
                        "the table has columns of these names already, so new are: {names}",
                        names=renamed,
                    )
                )
    result = Audit(
        path=path,
        rows=dataset.reviews.rows,
        class_names=dataset.class_names,
        labels=dataset.labels,
        probabilities=scores.probabilities,
        conflicting_rows=dataset.conflicting_rows,
        issues=issues,
        folds=0 if classifier else len(scores.classifiers),
        model=classifier.model.path if classifier else None,
        skipped=dataset.reviews.skipped_empty,
        seconds=time.perf_counter() - started,
    )
    guessing = 1 / len(result.class_names)
    if result.agreement < guessing + KNOWING * (1 - guessing):
        options.say(
            tr(
                "only {share:.0%} of the labels agree with what scored them, so the list says "
                "little: the comments are too few or too hard for it, or the labels mostly wrong",
                share=result.agreement,
            )
        )
    return result


def _shipped_model_for_few(comments: int, options: AuditOptions) -> Classifier | None:
    """The shipped model where nobody says how to score a small table, else None."""
    if options.folds is not None or options.changes_config or comments >= ENOUGH:
        return None
    options.say(
        tr(
            "{count:,} comments are few to learn from, so the shipped model scores them; --folds "
            "{folds} trains all the same, for texts about other things than films",
            count=comments,
            folds=FOLDS,
        )
    )
    return load()


@contextlib.contextmanager
def _scored(
    reviews: "Reviews", task: LabelTask, classifier: Classifier | None, options: AuditOptions
) -> Iterator[tuple[LabelledDataset, Scores]]:
    """Score reviews with a model, or with networks trained on them; the block may ask these."""
    if classifier is not None:
        learned = classifier.model.learned
        dataset = build_dataset(reviews, task, classifier.text_config, options, learned=learned)
        yield dataset, score_with_model(dataset, classifier, options)
        return
    from nsmc.model.device import choose_device

    choose_device(options.device)  # a wrong one is refused before the work
    folds = options.folds or FOLDS
    config = options.config_for(len(reviews.rows))
    task = task.learn(reviews.labels, str(reviews.path))
    dataset = build_dataset(reviews, task, config.text, options, folds=folds)
    with score_by_folds(dataset, folds, config, options) as scores:
        yield dataset, scores
