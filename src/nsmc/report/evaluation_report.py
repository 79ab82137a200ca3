"""`nsmc.evaluate`: an evaluation, and its report if one is asked for."""

import dataclasses
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.evaluation.evaluate import (
    evaluate_classifier,
    open_scorer,
    refuse_options,
    reviews_file,
)
from nsmc.evaluation.language import evaluate_language_model
from nsmc.evaluation.results import Evaluation
from nsmc.inference.language_model import LanguageModel
from nsmc.pipeline.chunks import Progress
from nsmc.progress import reporting, review_progress
from nsmc.tables.options import ReadOptions

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory


def evaluate(
    data: "Path | str | InMemory | None" = None,
    model: Path | str | None = None,
    *,
    column: str | None = None,
    label_column: str | None = None,
    reading: ReadOptions | None = None,
    threshold: float | None = None,
    device: str = "cpu",
    exact: bool = False,
    report: Path | str | None = None,
    progress: Progress | None = None,
    verbose: bool = True,
) -> Evaluation:
    """Score labelled reviews and compare with their labels.

    Rows without a legible comment are left out and counted as ``skipped``.

    Args:
        data: NSMC's format or any table with the labels that the model's task reads, or a directory
            with ``ratings_test.txt``; None takes the official test file that `nsmc.download`
            fetched. For a language model, any table or a .txt of one text a line. What is in
            memory as well: a DataFrame, a mapping of columns, or ``(comments, labels)``.
        model: a model directory; None takes the one inside the package.
        column: the text column; None takes the one that the model was trained on, if it was named,
            else ``document``, else the only text column.
        label_column: the label column; None takes the one that the model was trained on.
        reading: how the table is read, where its name and content don't say; and which stars are
            positive and negative.
        threshold: positive at or above this probability; None takes the model's own.
        device: ``cpu`` runs without torch; another, or ``auto``, runs the torch network there.
        exact: ask the whole network about every comment, not only where the early exit isn't sure.
        report: a directory for ``report.html`` and its data; None writes none.
        progress: called with reviews done since the last call and reviews in all; for a report,
            then again with those explained and those to explain.
        verbose: show a progress bar on a terminal or in a notebook, unless ``progress`` is given.

    Raises:
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
        UsageError: the threshold isn't between 0 and 1, or an option doesn't go with the model.
        NsmcError: the report can't be written.
    """
    scorer = open_scorer(model, threshold=threshold, device=device, exact=exact)
    place = reviews_file(data)
    bar = partial(review_progress, "scoring", "explaining")
    if isinstance(scorer, LanguageModel):
        refuse_options(scorer.model, {"label-column": label_column, "report": report})
        with reporting(progress, verbose, bar) as hear:
            return evaluate_language_model(
                scorer, place, column=column, reading=reading, progress=hear
            )
    if report is not None:
        from nsmc.report.write import check_place, check_task

        check_place(Path(report))
        check_task(scorer)
    with reporting(progress, verbose, bar) as hear:
        result = evaluate_classifier(
            scorer,
            place,
            column=column,
            label_column=label_column,
            reading=reading,
            progress=hear,
        )
        if report is None:
            return result
        from nsmc.report.write import write_report

        return dataclasses.replace(result, report=write_report(result, Path(report), hear))
