"""`nsmc evaluate`: how good a model is on labelled reviews."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import (
    add_device_option,
    add_exact_option,
    add_model_option,
    add_review_options,
    add_threshold_option,
    print_json,
    say,
    say_skipped,
    show,
)
from nsmc.cli.tables import add_table_arguments, read_options
from nsmc.messages.translate import tr
from nsmc.text.width import display_width, padded

if TYPE_CHECKING:
    from nsmc.evaluation.results import Evaluation

EPILOG = """examples:
  nsmc evaluate --data data/sample
  nsmc evaluate --data labelled.csv --report report   (then open report/report.html)
  nsmc evaluate --model runs/topics --data articles.jsonl --label-column topic

Labels are what the model's task expects: 0 and 1, the names of its classes, or stars.
Rows with an empty comment are left out and counted. A label that the model can't give is an
error that names its row, because a file with wrong labels gives wrong metrics.

Reviews that the model has seen in training are counted, and the others are measured apart."""
WIDTH = 18
"""Columns of the names at least."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_review_options(parser)
    add_table_arguments(parser, stars=True)
    add_model_option(parser)
    add_threshold_option(parser)
    add_exact_option(parser)
    add_device_option(parser, "cpu", " (default: cpu, which starts without torch)")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="also write a page with curves, slices and explained errors, and its numbers as JSON "
        "and CSV, into DIR",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate and print the metrics."""
    from nsmc.report.evaluation_report import evaluate
    from nsmc.report.metric_lines import overlap_warning

    result = evaluate(
        args.data,
        args.model,
        column=args.column,
        label_column=args.label_column,
        reading=read_options(args),
        threshold=args.threshold,
        device=args.device,
        exact=args.exact,
        report=args.report,
    )
    if warning := overlap_warning(result.seen):
        say(warning)
    say_skipped(result.skipped, result.notes)
    if args.json:
        print_json(result.to_dict())
    else:
        rows = _rows(result)
        width = max(WIDTH, 1 + max(display_width(name) for name, _ in rows))
        show("\n".join(f"{padded(name, width)}{value}" for name, value in rows))
    return 0


def _rows(result: "Evaluation") -> list[tuple[str, str]]:
    from nsmc.config.text import UNIT_NAMES
    from nsmc.report.metric_lines import SEEN, metric_lines, overlap_line

    metrics = result.metrics
    rows = [
        (tr("model"), str(result.model.path)),
        (
            tr("data"),
            tr("{path} ({reviews:,} reviews)", path=result.data.path, reviews=result.examples),
        ),
    ]
    if "units" in metrics:  # of a language model
        kind = UNIT_NAMES[result.model.config.text.unit]
        line = tr(
            "{count:,} {units} and ends of texts; {unknown:.2%} unknown",
            count=metrics["units"],
            units=tr(kind),
            unknown=metrics["unknown"],
        )
        rows.append((tr("units"), line))
    rows += metric_lines(metrics)
    if result.seen:
        rows.append((tr(SEEN), overlap_line(result.seen)))
    rows.append((tr("time"), tr("{seconds:.1f} s", seconds=result.seconds)))
    if result.report is not None:
        rows.append((tr("report"), str(result.report)))
    return rows
