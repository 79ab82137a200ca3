"""How good a model is on labelled reviews."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.evaluation.language import evaluate_texts
from nsmc.evaluation.overlap import NAME, overlap_line, overlap_metrics
from nsmc.evaluation.scored import ScoredReviews, classifier_of, score_reviews
from nsmc.inference.directory import open_model
from nsmc.tasks.task import LabelTask

TEST_FILE = "ratings_test.txt"
Lines = list[tuple[str, str]]
"""Names and values for a person."""


def evaluate(
    data: Path | str | None = None,
    model: Path | str | None = None,
    *,
    column: str | None = None,
    label_column: str | None = None,
    threshold: float | None = None,
    device: str = "cpu",
    report: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score labelled reviews and compare with their labels.

    Rows without a legible comment are left out and counted as ``skipped``.

    Args:
        data: NSMC's format or any table with the labels that the model's task reads, or a directory
            with ``ratings_test.txt``; None takes the official test file that `nsmc.download`
            fetched.
        model: a model directory; None takes the one inside the package.
        column: the text column; None takes the one that the model was trained on, if it was named,
            else ``document``, else the only text column.
        label_column: the label column; None takes the one that the model was trained on.
        threshold: positive at or above this probability; None takes the model's own.
        device: ``cpu`` runs without torch; another, or ``auto``, runs the torch network there.
        report: a directory for ``report.html`` and its figures; None writes none.
        progress: called with reviews done since the last call and reviews in all; for a report,
            then again with those explained and those to explain.

    Returns:
        The figures of the model's task (`nsmc.tasks.metrics.binary_metrics`, ``class_metrics`` or
        ``star_metrics``; the last under ``stars`` where a model gives both), with
        ``threshold`` (of a task that has one), ``seen`` (how many of the reviews the model has seen
        in training, and its metrics on the others: `nsmc.evaluation.overlap.overlap_metrics`; None
        where that isn't known), ``skipped``, ``model``, ``data`` (path, sha256) and ``seconds``,
        and ``report``, the page's path, if one was written. Of a language model, what
        `nsmc.evaluation.language.evaluate_texts` says.

    Raises:
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
        UsageError: the threshold isn't between 0 and 1.
        NsmcError: the report can't be written.
    """
    return evaluated(
        data,
        model,
        column=column,
        label_column=label_column,
        threshold=threshold,
        device=device,
        report=report,
        progress=progress,
    )[0]


def evaluated(
    data: Path | str | None,
    model: Path | str | None,
    *,
    column: str | None = None,
    label_column: str | None = None,
    threshold: float | None = None,
    device: str = "cpu",
    report: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, Any], Lines]:
    """What `evaluate` returns, and its figures as the model's task shows them to a person."""
    started = time.perf_counter()
    directory = open_model(None if model is None else Path(model))
    path = reviews_file(None if data is None else Path(data))
    if not isinstance(directory.task, LabelTask):
        given = {"label-column": label_column, "threshold": threshold, "report": report}
        if device != "cpu":
            given["device"] = device
        return evaluate_texts(directory, path, column, given, progress)
    classifier = classifier_of(directory, threshold=threshold, device=device)
    if report is not None:
        from nsmc.report.write import check_place, check_task, write_report

        check_place(Path(report))
        check_task(classifier)
    scored = score_reviews(
        path, classifier, column=column, label_column=label_column, progress=progress
    )
    task = scored.task
    metrics = task.metrics(scored.outputs, scored.targets, classifier.threshold)
    seen = _seen(scored, metrics)
    summary = {
        "examples": len(scored.texts),
        **metrics,
        **({"threshold": classifier.threshold} if task.has_threshold else {}),
        "seen": seen,
        "skipped": scored.skipped,
        "model": str(classifier.model.path),
        "data": {"path": str(path), "sha256": scored.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }
    if report is not None:
        summary["report"] = str(write_report(scored, summary, Path(report), progress))
    told = [(NAME, overlap_line(seen, task.metric_lines))] if seen else []
    return summary, task.metric_lines(metrics) + told


def _seen(scored: ScoredReviews, metrics: dict[str, Any]) -> dict[str, Any] | None:
    classifier, training_texts = scored.classifier, scored.classifier.model.training_texts

    def measure(kept: NDArray[np.bool_]) -> dict[str, Any]:
        some = scored.take(kept)
        return some.task.metrics(some.outputs, some.targets, classifier.threshold)

    rate = training_texts.false_positive_rate if training_texts else 0.0
    return overlap_metrics(scored.seen, rate, metrics, measure)


def reviews_file(data: Path | None) -> Path:
    """The reviews that ``--data`` means: a file, a directory's test file, or the official one.

    Raises:
        DataError: nothing is named and the official file hasn't been fetched.
    """
    if data is not None:
        return data / TEST_FILE if data.is_dir() else data
    from nsmc.data.paths import data_directory

    path = data_directory() / TEST_FILE
    if not path.is_file():
        raise DataError(
            f"expected the official {TEST_FILE} in {path.parent}, found none. Fetch it with "
            "`nsmc download`, or give labelled reviews: --data FILE (in a clone of the project, "
            "--data data/sample works without a network)"
        )
    return path
