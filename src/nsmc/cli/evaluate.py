"""`nsmc evaluate`: how good a model is on labelled reviews."""

import argparse
import json
from pathlib import Path
from typing import Any

from nsmc.cli.common import add_model_options, add_review_options, progress_bar, say

EPILOG = """examples:
  nsmc evaluate --data data/sample
  nsmc evaluate --data labelled.csv --report report   (then open report/report.html)
  nsmc evaluate --model runs/topics --data articles.jsonl --label-column topic

Labels are read as the model's task wants them: 0 and 1, the names of its classes, or stars.
Rows with an empty comment are left out and counted. A label that the model can't give is an
error that names its row, because a file with wrong labels gives a wrong figure.

Reviews that the model has seen in training are counted, and what it does on the others is told."""
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
        help="also write a page with curves, slices and explained errors, and its figures as JSON "
        "and CSV, into DIR",
    )


def run(args: argparse.Namespace) -> int:
    """Evaluate and print the figures.

    Raises:
        NsmcError: the model or the reviews can't be used.
    """
    from nsmc.evaluation.evaluate import evaluated
    from nsmc.evaluation.overlap import overlap_warning

    with progress_bar(unit="reviews", desc="scoring") as bar:

        def advance(done: int, total: int) -> None:
            if bar.total == bar.n and not bar.disable:  # what follows is the report's
                bar.reset(total)
                bar.set_description("explaining")
            bar.total = total
            bar.update(done)

        metrics, lines = evaluated(
            args.data,
            args.model,
            column=args.column,
            label_column=args.label_column,
            threshold=args.threshold,
            device=args.device,
            report=args.report,
            progress=advance,
        )
    if warning := overlap_warning(metrics["seen"]):
        say(warning)
    if metrics["skipped"]:
        say(f"{metrics['skipped']:,} rows with an empty comment were left out")
    print(json.dumps(metrics, ensure_ascii=False) if args.json else _table(metrics, lines))
    return 0


def _table(metrics: dict[str, Any], lines: list[tuple[str, str]]) -> str:
    rows = [
        ("model", metrics["model"]),
        ("data", f"{metrics['data']['path']} ({metrics['examples']:,} reviews)"),
        *lines,
        ("time", f"{metrics['seconds']:.1f} s"),
    ]
    if "report" in metrics:
        rows.append(("report", metrics["report"]))
    width = max(WIDTH, 1 + max(len(name) for name, _ in rows))
    return "\n".join(f"{name:<{width}}{value}" for name, value in rows)
