"""The report's files: a page to read, the same figures as JSON and CSV."""

import errno
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nsmc.errors import NsmcError, UsageError
from nsmc.evaluation.curves import Table
from nsmc.evaluation.results import ClassifierEvaluation
from nsmc.inference.classifier import Classifier
from nsmc.report.examples import explained_examples
from nsmc.report.model_facts import report_metrics
from nsmc.report.page import report_page
from nsmc.report.parts import Example
from nsmc.report.view import views_of
from nsmc.storage.files import atomic_write, cannot_write

PAGE = "report.html"


def check_place(directory: Path) -> None:
    """Refuse a place for a report before the work of a minute is done for it.

    Raises:
        NsmcError: a file has that name, or the place is not writable.
    """
    try:
        place = directory.absolute()
        while not place.exists():
            place = place.parent
        if not place.is_dir():
            raise NsmcError(
                f"expected a directory name for the report, found the file {place}; "
                "name another place"
            )
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise cannot_write(directory, error) from error


def check_task(classifier: Classifier) -> None:
    """Refuse a task whose answers a report can't show.

    Raises:
        UsageError: it has neither classes nor stars.
    """
    task = classifier.task
    outputs, targets = np.empty((0, task.outputs), np.float32), np.empty((0, 2), np.float32)
    kinds = (task.choices(outputs, targets, classifier.threshold), task.numbers(outputs, targets))
    if kinds == (None, None):
        raise UsageError(
            f"expected a model that tells classes or stars for a report, found the task "
            f"{task.name!r}; leave out --report"
        )


def write_report(
    result: ClassifierEvaluation,
    directory: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a report: ``report.html``, ``figures.json`` and tables as CSV.

    The directory is made if need be; files of other names in it stay as they are. Each file
    appears whole, the page last.

    Args:
        result: of the reviews.
        directory: where.
        progress: called with comments explained since the last call and comments to explain.

    Returns:
        The page.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    views = views_of(result.reviews)
    metrics = report_metrics(views, result.model, result.to_dict())
    chosen = [view.chosen() for view in views]
    total = sum(len(places) for lists in chosen for places in lists.values())
    step = (lambda: progress(1, total)) if progress else None
    examples = [explained_examples(v, lists, step) for v, lists in zip(views, chosen, strict=True)]
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(directory, error) from error
    comments = {name: _plain(ones) for lists in examples for name, ones in lists.items()}
    told = json.dumps(
        metrics | {"comments": comments}, ensure_ascii=False, indent=1, allow_nan=False
    )
    _write_text(directory / "figures.json", told + "\n")
    for view in views:
        for name, table in view.tables(metrics).items():
            _write_table(directory / f"{name}.csv", table)
    parts = [view.page(metrics, lists) for view, lists in zip(views, examples, strict=True)]
    _write_text(directory / PAGE, report_page(metrics, parts))
    return directory / PAGE


def _plain(examples: Sequence[Example]) -> list[dict[str, Any]]:
    return [
        {
            "row": one.row,
            "given_label": one.given,
            "copies": one.copies,
            **one.explanation.to_dict(),
        }
        for one in examples
    ]


def _write_table(path: Path, table: Table) -> None:
    import pandas as pd

    from nsmc.tables.table import open_writer

    # What CSV can't hold is marked, not refused: a report isn't the place for the last byte.
    columns = {
        name: pd.Series([_storable(v) if isinstance(v, str) else v for v in values], dtype=object)
        for name, values in table.items()
    }
    with open_writer(path) as writer:
        writer.write(pd.DataFrame(columns))


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")
