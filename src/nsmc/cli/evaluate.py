"""`nsmc evaluate`: how good a model is on labelled reviews."""

import argparse
import json
from pathlib import Path
from typing import Any

from nsmc.cli.common import add_model_options, add_review_options, progress_bar, say

EPILOG = """examples:
  nsmc evaluate --data data/sample
  nsmc evaluate --data labelled.csv --report report   (then open report/report.html)

Rows with an empty comment are left out and counted. A label other than 0 and 1 is an
error that names its row, because a file with wrong labels gives a wrong figure."""


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
    from nsmc.evaluation.evaluate import evaluate

    with progress_bar(unit="reviews", desc="scoring") as bar:

        def advance(done: int, total: int) -> None:
            if bar.total == bar.n and not bar.disable:  # what follows is the report's
                bar.reset(total)
                bar.set_description("explaining")
            bar.total = total
            bar.update(done)

        figures = evaluate(
            args.data,
            args.model,
            column=args.column,
            threshold=args.threshold,
            device=args.device,
            report=args.report,
            progress=advance,
        )
    if figures["skipped"]:
        say(f"{figures['skipped']:,} rows with an empty comment were left out")
    print(json.dumps(figures, ensure_ascii=False) if args.json else _table(figures))
    return 0


def _table(figures: dict[str, Any]) -> str:
    low, high = figures["accuracy_interval"]
    (tn, fp), (fn, tp) = figures["confusion"]
    auc = figures["roc_auc"]
    width = max(len(f"{n:,}") for n in (tn, fp, fn, tp))
    rows = [
        ("model", figures["model"]),
        ("data", f"{figures['data']['path']} ({figures['examples']:,} reviews)"),
        ("accuracy", f"{figures['accuracy']:.2%}  (95% interval {low:.2%} – {high:.2%})"),
        ("precision", f"{figures['precision']:.2%}  of those called 긍정 are"),
        ("recall", f"{figures['recall']:.2%}  of the 긍정 are called so"),
        ("F1", f"{figures['f1']:.2%}"),
        ("ROC AUC", "undefined: only one class is there" if auc is None else f"{auc:.4f}"),
        ("log loss", f"{figures['log_loss']:.4f} nats"),
        ("calibration error", f"{figures['ece']:.2%}"),
        ("confusion", f"부정: {tn:>{width},} right, {fp:>{width},} called 긍정"),
        ("", f"긍정: {tp:>{width},} right, {fn:>{width},} called 부정"),
        ("time", f"{figures['seconds']:.1f} s"),
    ]
    if "report" in figures:
        rows.append(("report", figures["report"]))
    return "\n".join(f"{name:<18}{value}" for name, value in rows)
