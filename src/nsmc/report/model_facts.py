"""All figures of a report, as plain values."""

import time
from collections.abc import Sequence
from typing import Any

from nsmc._version import __version__
from nsmc.config.text import UNIT_NAMES
from nsmc.evaluation.overlap import overlap_line
from nsmc.inference.directory import SHIPPED, ModelDirectory
from nsmc.report.view import View


def report_metrics(
    views: Sequence[View], model: ModelDirectory, summary: dict[str, Any]
) -> dict[str, Any]:
    """Add to the figures of `nsmc.evaluate` what a report shows beyond them.

    Args:
        views: of the reviews.
        model: what scored them.
        summary: what `nsmc.evaluate` returns of them.

    Returns:
        ``summary``, the figures of each view, and ``about`` (when, which version, what model, and
        in a line how many of the reviews it has seen in training).
        Tables are dictionaries of columns; what is undefined is None.
    """
    found = dict(summary)
    for view in views:
        found |= view.metrics()
    found["about"] = {
        "made": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "nsmc": __version__,
        "model": _about(model),
        "seen": _seen(views, summary),
    }
    return found


def _seen(views: Sequence[View], summary: dict[str, Any]) -> str | None:
    if not summary["seen"]:
        return None
    return overlap_line(summary["seen"], views[0].scored.task.metric_lines)


def _about(model: ModelDirectory) -> dict[str, str]:
    config, data = model.config.model, model.metrics.get("data")
    units = UNIT_NAMES[model.config.text.unit]
    network = (
        f"{config.layers}-layer {'bidirectional ' if config.bidirectional else ''}"
        f"{config.cell.upper()} of {config.hidden_size} units, {config.pooling} pooling, "
        f"{len(model.vocabulary):,} {units}"
    )
    trained_on = "not recorded"
    if data:
        trained_on = (
            f"{data['name']}, {data['reviews']:,} comments · SHA-256 {data['sha256'][:16]}…"
        )
    name = "the one inside the package" if model.path == SHIPPED else str(model.path)
    return {"name": name, "network": network, "trained_on": trained_on}
