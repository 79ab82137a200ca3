"""`nsmc evaluate`: how good a model is on labelled reviews."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import add_model_options, add_review_options, review_progress, say

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
    add_model_options(parser)
    parser.add_argument(
        "--device",
        default="cpu",
        metavar="D",
        help="auto, cpu, cuda, cuda:N or mps (default: cpu, which starts without torch)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--report",
        type=Path,
        metavar="DIR",
        help="also write a page with curves, slices and explained errors, and its numbers as JSON "
        "and CSV, into DIR",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate and print the metrics.

    Raises:
        NsmcError: the model or the reviews can't be used.
    """
    from nsmc.report.evaluation_report import evaluate
    from nsmc.report.metric_lines import overlap_warning

    with review_progress("scoring", "explaining") as advance:
        result = evaluate(
            args.data,
            args.model,
            column=args.column,
            label_column=args.label_column,
            threshold=args.threshold,
            device=args.device,
            report=args.report,
            progress=advance,
        )
    if warning := overlap_warning(result.seen):
        say(warning)
    if result.skipped:
        say(f"{result.skipped:,} rows with an empty comment were left out")
    print(json.dumps(result.to_dict(), ensure_ascii=False) if args.json else _table(result))
    return 0


def _table(result: "Evaluation") -> str:
    rows = [
        ("model", str(result.model.path)),
        ("data", f"{result.data.path} ({result.examples:,} reviews)"),
        *_lines(result),
        ("time", f"{result.seconds:.1f} s"),
    ]
    if result.report is not None:
        rows.append(("report", str(result.report)))
    width = max(WIDTH, 1 + max(len(name) for name, _ in rows))
    return "\n".join(f"{name:<{width}}{value}" for name, value in rows)


def _lines(result: "Evaluation") -> list[tuple[str, str]]:
    from nsmc.report.metric_lines import SEEN, metric_lines, overlap_line

    lines = metric_lines(result.metrics)
    if "units" in result.metrics:
        lines.insert(0, _units_line(result))
    if result.seen:
        lines.append((SEEN, overlap_line(result.seen)))
    return lines


def _units_line(result: "Evaluation") -> tuple[str, str]:
    """What a language model was measured on."""
    from nsmc.config.text import UNIT_NAMES

    kind, metrics = UNIT_NAMES[result.model.config.text.unit], result.metrics
    line = f"{metrics['units']:,} {kind} and ends of texts; {metrics['unknown']:.2%} unknown"
    return "units", line
