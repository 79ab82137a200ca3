"""The report's files: a page to read, the same figures as JSON and CSV.

Letters: R reviews.
"""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nsmc.errors import NsmcError
from nsmc.evaluation.curves import Table
from nsmc.evaluation.examples import chosen_examples, explained_examples
from nsmc.evaluation.figures import report_figures
from nsmc.evaluation.scored import ScoredReviews
from nsmc.files import cannot_write, whole_file
from nsmc.presentation.page import Example, report_page

PAGE = "report.html"
CURVES = {
    "roc": ("threshold", "false_positive_rate", "true_positive_rate"),
    "precision_recall": ("threshold", "precision", "recall"),
}
"""Curves that one class alone doesn't have, with the columns that their files have even so."""


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


def write_report(
    scored: ScoredReviews,
    summary: dict[str, Any],
    directory: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Write a report: ``report.html``, ``figures.json`` and tables as CSV.

    The directory is made if need be; files of other names in it stay as they are. Each file
    appears whole, the page last.

    Args:
        scored: the reviews.
        summary: what `nsmc.evaluate` returns of them.
        directory: where.
        progress: called with comments explained since the last call and comments to explain.

    Returns:
        The page.

    Raises:
        NsmcError: the place is not writable or the disk is full.
    """
    figures = report_figures(scored, summary)
    chosen = chosen_examples(scored)
    total = sum(map(len, chosen.values()))
    examples = explained_examples(
        scored, chosen, (lambda: progress(1, total)) if progress else None
    )
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(directory, error) from error
    _write_text(
        directory / "figures.json",
        json.dumps(
            figures | {"comments": _plain(examples)}, ensure_ascii=False, indent=1, allow_nan=False
        )
        + "\n",
    )
    for name, table in _tables(scored, figures).items():
        _write_table(directory / f"{name}.csv", table)
    _write_text(directory / PAGE, report_page(figures, examples))
    return directory / PAGE


def _plain(examples: Mapping[str, Sequence[Example]]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [
            {
                "row": one.row,
                "given_label": one.label,
                "copies": one.copies,
                **one.explanation.to_dict(),
            }
            for one in chosen
        ]
        for name, chosen in examples.items()
    }


def _tables(scored: ScoredReviews, figures: Mapping[str, Any]) -> dict[str, Table]:
    """All tables by the names of their files; they are the same files for any data."""
    calibration = figures["calibration"]
    return {
        **{name: figures[name] or {c: [] for c in columns} for name, columns in CURVES.items()},
        "reliability": _stacked(
            "calibration",
            {k: calibration[k]["bins"] for k in ("after", "before") if calibration[k]},
        ),
        "slices": _stacked("slice", figures["slices"]),
        "thresholds": figures["thresholds"],
        "coverage": figures["coverage"],
        "errors": _errors(scored),
        "space": figures["space"]["points"]
        if figures["space"]
        else {name: [] for name in ("row", "x", "y", "label", "score", "document")},
    }


def _stacked(name: str, tables: Mapping[str, Table]) -> Table:
    """Tables of the same columns below one another, with their names as the first column."""
    names = [key for key, table in tables.items() for _ in next(iter(table.values()))]
    columns = next(iter(tables.values()))
    return {
        name: names,
        **{c: [value for table in tables.values() for value in table[c]] for c in columns},
    }


def _errors(scored: ScoredReviews) -> Table:
    """Every comment called otherwise than labelled, the most confident first."""
    wrong = np.flatnonzero(scored.predicted != scored.labels)
    wrong = wrong[np.argsort(-scored.confidence[wrong], kind="stable")]
    return {
        "row": scored.rows[wrong].tolist(),
        "label": scored.labels[wrong].tolist(),
        "called": scored.predicted[wrong].tolist(),
        "score": np.round(scored.scores[wrong], 6).tolist(),
        "confidence": np.round(scored.confidence[wrong], 6).tolist(),
        "document": [scored.texts[place] for place in wrong],
    }


def _write_table(path: Path, table: Table) -> None:
    import pandas as pd

    from nsmc.tables.text_writers import DelimitedWriter

    # What CSV can't hold is marked, not refused: a report isn't the place for the last byte.
    columns = {
        name: pd.Series([_storable(v) if isinstance(v, str) else v for v in values], dtype=object)
        for name, values in table.items()
    }
    with (
        whole_file(path) as temporary,
        contextlib.closing(DelimitedWriter(path, temporary, quoted=True)) as writer,
    ):
        writer.write(pd.DataFrame(columns))
        writer.finish(list(table))


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")


def _write_text(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")
