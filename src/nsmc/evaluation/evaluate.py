"""How good a model is on labelled reviews."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nsmc.errors import DataError
from nsmc.evaluation.scored import open_classifier, score_reviews

TEST_FILE = "ratings_test.txt"


def evaluate(
    data: Path | str | None = None,
    model: Path | str | None = None,
    *,
    column: str | None = None,
    threshold: float | None = None,
    device: str = "cpu",
    report: Path | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score labelled reviews and compare with their labels.

    Rows without a legible comment are left out and counted as ``skipped``.

    Args:
        data: NSMC's format or any table with a ``label`` column, or a directory with
            ``ratings_test.txt``; None takes the official test file that `nsmc.download` fetched.
        model: a model directory; None takes the one inside the package.
        column: the text column; None takes ``document``, else the only text column.
        threshold: positive at or above this probability; None takes the model's own.
        device: ``cpu`` runs without torch; another, or ``auto``, runs the torch network there.
        report: a directory for ``report.html`` and its figures; None writes none.
        progress: called with reviews done since the last call and reviews in all; for a report,
            then again with those explained and those to explain.

    Returns:
        The figures of `nsmc.evaluation.metrics.binary_metrics`, with ``accuracy_interval`` (95%),
        ``threshold``, ``skipped``, ``model``, ``data`` (path, sha256) and ``seconds``, and
        ``report``, the page's path, if one was written.

    Raises:
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
        NsmcError: the report can't be written.
    """
    from nsmc.evaluation.metrics import accuracy_interval, binary_metrics

    started = time.perf_counter()
    classifier = open_classifier(model, threshold=threshold, device=device)
    path = reviews_file(None if data is None else Path(data))
    if report is not None:
        from nsmc.evaluation.report import check_place, write_report

        check_place(Path(report))
    scored = score_reviews(path, classifier, column=column, progress=progress)
    figures = binary_metrics(scored.labels, scored.scores, classifier.threshold)
    (tn, _), (_, tp) = figures["confusion"]
    summary = {
        **figures,
        "accuracy_interval": accuracy_interval(tn + tp, len(scored.labels)),
        "threshold": classifier.threshold,
        "skipped": scored.skipped,
        "model": str(classifier.model.path),
        "data": {"path": str(path), "sha256": scored.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }
    if report is not None:
        summary["report"] = str(write_report(scored, summary, Path(report), progress))
    return summary


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
