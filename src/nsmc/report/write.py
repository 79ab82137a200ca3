"""The report's files: a page to read, and the same numbers as JSON and CSV."""

import contextlib
import errno
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nsmc._version import __version__
from nsmc.errors import NsmcError, UsageError
from nsmc.evaluation.curves import Table
from nsmc.evaluation.results import ClassifierEvaluation
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.inference.classifier import Classifier
from nsmc.messages.translate import in_language
from nsmc.report.binary import BinaryView
from nsmc.report.classes import ClassesView
from nsmc.report.metric_lines import overlap_line
from nsmc.report.page import about_model, report_page
from nsmc.report.stars import RegressionView
from nsmc.report.view import View
from nsmc.storage.files import atomic_write, cannot_write, whole_directory

PAGE, NUMBERS = "report.html", "figures.json"


def check_place(directory: Path) -> None:
    """Refuse a place for a report before the work of a minute is done for it.

    Raises:
        NsmcError: a file has that name, the place is not writable, or it holds files that a report
            would overwrite and that none has written.
    """
    try:
        place = directory.absolute()
        while not place.exists():
            place = place.parent
        if not place.is_dir():
            raise NsmcError(
                "expected a directory name for the report, found the file {place}; name "
                "another place",
                place=place,
            )
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        _check_stranger(directory)
    except OSError as error:
        raise cannot_write(directory, error) from error


def check_task(classifier: Classifier) -> None:
    """Refuse a task whose predictions a report can't show.

    Raises:
        UsageError: it has neither classes nor stars.
    """
    task = classifier.task
    if task.class_answer is None and task.star_scale is None:
        raise UsageError(
            "expected a model that tells classes or stars for a report, found the task "
            "{task!r}; leave out --report",
            task=task.name,
        )


def write_report(
    result: ClassifierEvaluation,
    directory: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a report: ``report.html``, ``figures.json`` and tables as CSV.

    A new directory appears whole. In one that is there, files of other names stay as they are, and
    those of the report are written beside their places and renamed one after another at the end,
    the page last. ``progress`` is called with comments explained since the last call and comments
    to explain.

    Returns:
        The page.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    views = views_of(result.reviews)
    metrics = report_metrics(result, views)
    chosen = [view.chosen() for view in views]
    total = sum(len(places) for lists in chosen for places in lists.values())
    step = (lambda: progress(1, total)) if progress else None
    examples = [view.explain(lists, step) for view, lists in zip(views, chosen, strict=True)]
    comments = {
        name: [one.to_dict() for one in ones] for lists in examples for name, ones in lists.items()
    }
    numbers = json.dumps(
        metrics | {"comments": comments}, ensure_ascii=False, indent=1, allow_nan=False
    )
    tables = {name: table for view in views for name, table in view.tables(metrics).items()}
    with contextlib.ExitStack() as stack:
        place = directory if directory.exists() else stack.enter_context(whole_directory(directory))
        # What is opened first is renamed last.
        _write_text(stack, place / PAGE, report_page(metrics, views, examples))
        _write_text(stack, place / NUMBERS, numbers + "\n")
        for name, table in tables.items():
            _write_table(stack, place / f"{name}.csv", table)
    return directory / PAGE


def _check_stranger(directory: Path) -> None:
    """Refuse a directory with files that a report would overwrite and that none has written."""
    with contextlib.suppress(FileNotFoundError, ValueError, AttributeError, RecursionError):
        numbers = json.loads((directory / NUMBERS).read_text(encoding="utf-8"))
        if "nsmc" in numbers.get("about", {}):
            return
    if other := next((name for name in (NUMBERS, PAGE) if (directory / name).exists()), None):
        raise NsmcError(
            "{path} is there already and no report wrote it; move it away, or give another "
            "--report",
            path=directory / other,
        )


def views_of(scored: ScoredReviews) -> list[View]:
    """The views of the kinds of predictions that a model makes and the reviews have labels for,
    the leading one first.
    """
    views: list[View] = []
    if scored.choices is not None and (labelled := scored.choices.labels >= 0).any():
        binary = scored.choices.threshold is not None
        views.append((BinaryView if binary else ClassesView)(scored.take(labelled), leading=True))
    if scored.numbers is not None and (labelled := ~np.isnan(scored.numbers.given)).any():
        views.append(RegressionView(scored.take(labelled), leading=not views))
    return views


def report_metrics(result: ClassifierEvaluation, views: list[View]) -> dict[str, Any]:
    """All numbers of the report as plain values: those of the result, the metrics of each view, and
    ``about`` (when, which version, what model, and in a line how many of the reviews the model has
    seen in training). Tables are dictionaries of columns; what is undefined is None.
    """
    metrics = result.to_dict()
    for view in views:
        metrics |= view.metrics()
    with in_language("en"):  # for programs
        metrics["about"] = {
            "made": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
            "nsmc": __version__,
            "model": about_model(result.model),
            "seen": overlap_line(result.seen) if result.seen else None,
        }
    return metrics


def _write_table(stack: contextlib.ExitStack, path: Path, table: Table) -> None:
    import pandas as pd

    from nsmc.tables.table import open_writer

    writer = stack.enter_context(open_writer(path))
    writer.write(pd.DataFrame(dict(table), dtype=object))


def _write_text(stack: contextlib.ExitStack, path: Path, text: str) -> None:
    temporary = stack.enter_context(atomic_write(path))
    temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")
