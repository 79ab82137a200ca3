"""`nsmc runs`: the trainings there are, beside one another."""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from nsmc.cli.common import format_duration, say
from nsmc.errors import NsmcError, UsageError
from nsmc.text.width import display_width

if TYPE_CHECKING:
    from nsmc.tasks.metrics import Metric

EPILOG = """Loss and accuracy, or what else the task is followed by, are those of the validation
part at the best epoch, uncalibrated, so that finished and unfinished trainings can be compared.
Trainings that differ in their data, in data.validation or in data.split_seed were validated on
other reviews and can't. Of several, the fields in which they differ are shown; of one, those in
which it differs from the default recipe.

examples:
  nsmc runs
  nsmc runs runs/lstm runs/gru --plot cells.png
  nsmc runs --csv epochs.csv"""
PICTURES = (".png", ".svg", ".pdf")
ORDERS = ("loss", "figure", "started", "seconds", "run")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "directories",
        nargs="*",
        type=Path,
        metavar="DIR",
        help="output directories, or directories that hold some (default: runs)",
    )
    parser.add_argument(
        "--sort",
        choices=ORDERS,
        default="loss",
        help="what comes first (default: lowest loss; figure: best accuracy, or the like)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="lay the curves over one another: .png .svg .pdf"
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="write every epoch of every training as a table"
    )


def run(args: argparse.Namespace) -> int:
    """List the trainings, and write what was asked for.

    Raises:
        NsmcError: there are none, or a file can't be written.
    """
    from nsmc.inspection.runs import runs
    from nsmc.training.api import RUNS

    if args.plot and args.plot.suffix.lower() not in PICTURES:
        raise UsageError(
            f"expected a picture whose name ends in {', '.join(PICTURES)}, found {args.plot}"
        )
    places = args.directories or [RUNS]
    found = runs(places, warn=say)
    if not found:
        raise NsmcError(
            f"found no training in {', '.join(map(str, places))}; start one with `nsmc train`, or "
            "name the directories that were its --output"
        )
    _sort(found, args.sort)
    drawn = [one for one in found if one["history"]]
    if not drawn and (args.plot or args.csv):
        raise NsmcError("no training has come to the end of an epoch yet; there is nothing to draw")
    if args.plot:
        from nsmc.training.history import draw_together

        metrics = {_figure(one) for one in drawn}
        if len(metrics) > 1:
            raise UsageError(
                "expected trainings of one kind of task to draw together, found some followed by "
                f"{' and some by '.join(sorted(metric.words for metric in metrics))}; name fewer"
            )
        draw_together({_title(one): one["history"] for one in drawn}, metrics.pop(), args.plot)
        say(f"curves of {len(drawn)} trainings: {args.plot}")
    if args.csv:
        from nsmc.training.history import write_table

        rows = [{"run": o["run"], **o["differs"], **r} for o in drawn for r in o["history"]]
        write_table(rows, args.csv)
        say(f"{len(rows)} epochs: {args.csv}")
    if args.json:
        for one in found:
            print(json.dumps(one, ensure_ascii=False))
    else:
        print("\n".join(_table(found)))
    return 0


def _sort(found: list[dict[str, Any]], order: str) -> None:
    if order in ("run", "started"):
        found.sort(key=lambda one: str(one[order]))
        return

    def value(one: dict[str, Any]) -> float | None:
        if order != "figure":
            return cast("float | None", one[order])
        metric = _figure(one)
        found: float | None = one["figure"][metric.name]
        return -found if found is not None and metric.higher_is_better else found

    # Those without the figure come last.
    found.sort(key=lambda one: (value(one) is None, value(one) or 0))


def _figure(one: dict[str, Any]) -> "Metric":
    from nsmc.tasks.registry import task_class

    return task_class(one["task"]).metric


def _title(one: dict[str, Any]) -> str:
    return "  ".join([one["run"], _differs(one)]).rstrip()


def _differs(one: dict[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in one["differs"].items())


def _table(found: list[dict[str, Any]]) -> list[str]:
    metrics = {_figure(one).words for one in found}
    metric = metrics.pop() if len(metrics) == 1 else "figure"
    heads = ["run", "state", "started", "time", "epochs", "best", metric, "loss", "device", ""]
    heads[-1] = "differs from the others in" if len(found) > 1 else "differs from the default in"
    to_the_right = (3, 4, 5, 6, 7)
    rows = [heads, *(_row(one) for one in found)]
    widths = [max(display_width(row[column]) for row in rows) for column in range(len(heads))]
    lines = []
    for row in rows:
        cells = []
        for column, cell in enumerate(row):
            space = " " * (widths[column] - display_width(cell))
            cells.append(space + cell if column in to_the_right else cell + space)
        lines.append("  ".join(cells).rstrip())
    return lines


def _row(one: dict[str, Any]) -> list[str]:
    started = datetime.fromisoformat(one["started"]).astimezone()
    trained, metric = one["history"], _figure(one)
    return [
        one["run"],
        one["state"],
        f"{started:%Y-%m-%d %H:%M}",
        format_duration(one["seconds"]) if trained else "—",
        f"{one['epochs']}/{one['epochs_at_most']}",
        str(one["best_epoch"]) if trained else "—",
        metric.show(one["figure"][metric.name]) if trained else "—",
        f"{one['loss']:.4f}" if trained else "—",
        one["device"] or "—",
        _differs(one) or "nothing",
    ]
