"""`nsmc runs`: the trainings there are, beside one another."""

import argparse
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import align, format_duration, is_terminal, print_json, say, shortened, show
from nsmc.errors import NsmcError, UsageError
from nsmc.messages.translate import tr

if TYPE_CHECKING:
    from nsmc.inspection.runs import TrainingRun

EPILOG = """One line a training, grouped by task; * marks the lowest loss among trainings of a task
that were validated on the same reviews. Loss and accuracy, or the task's other metric, are of the
validation part at the best epoch, uncalibrated, so that finished and unfinished trainings can be
compared. Trainings that differ in their data, in data.validation or in data.split_seed were
validated on other reviews and cannot. For several, the fields in which they differ are shown; for
one, those in which it differs from the default config. A terminal cuts long lines.
Of finished trainings that differ in their seed alone, the mean and the standard deviation follow.

examples:
  nsmc runs
  nsmc runs runs/lstm runs/gru --plot cells.png
  nsmc runs --csv epochs.csv"""
PICTURES = (".png", ".svg", ".pdf")
ORDERS = ("loss", "figure", "started", "seconds", "run")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add = parser.add_argument
    add(
        "directories",
        nargs="*",
        type=Path,
        metavar="DIR",
        help="output directories, or directories that hold some (default: runs)",
    )
    add(
        "--sort",
        choices=ORDERS,
        default="loss",
        help="what comes first (default: lowest loss; figure: best accuracy or other metric)",
    )
    add("--json", action="store_true", help="one JSON object a line")
    pictures = "draw all curves into one picture: .png .svg .pdf"
    add("--plot", type=Path, metavar="FILE", help=pictures)
    table = "write every epoch of every training as a table"
    add("--csv", type=Path, metavar="FILE", help=table)


def run(args: argparse.Namespace) -> int:
    """List the trainings, and write what was asked for."""
    if args.plot and args.plot.suffix.lower() not in PICTURES:
        raise UsageError(
            "expected a picture whose name ends in {endings}, found {path}",
            endings=", ".join(PICTURES),
            path=args.plot,
        )
    from nsmc.inspection.runs import runs
    from nsmc.training.api import RUNS

    places = args.directories or [RUNS]
    listed = runs(places, warn=say)
    if not listed:
        raise NsmcError(
            "found no training in {places}; start one with `nsmc train`, or name the "
            "directories that were its --output",
            places=", ".join(map(str, places)),
        )
    _sort(listed, args.sort)
    begun = [one for one in listed if one.history]
    if not begun and (args.plot or args.csv):
        raise NsmcError("no training has come to the end of an epoch yet; there is nothing to draw")
    if args.plot:
        _plot(begun, args.plot)
    if args.csv:
        from nsmc.training.history import write_table

        rows = [{"run": str(o.path), **o.differs, **record} for o in begun for record in o.history]
        write_table(rows, args.csv)
        say("{count:,} epochs: {path}", count=len(rows), path=args.csv)
    if args.json:
        for one in listed:
            print_json(one.to_dict())
    else:
        from nsmc.inspection.runs import alike, best_of, by_task

        groups = by_task(listed)
        for number, group in enumerate(groups):
            if len(groups) > 1:
                show("\n" * bool(number) + tr("task {name}", name=group[0].config.task))
            for line in [*_table(group, best_of(group)), *map(_spread, alike(group))]:
                show(_fitted(line))
    return 0


def _sort(listed: "list[TrainingRun]", order: str) -> None:
    if order in ("run", "started"):
        listed.sort(key=lambda one: str(one.path) if order == "run" else one.started)
        return

    def value(one: "TrainingRun") -> float | None:
        if order != "figure":
            return one.best_loss if order == "loss" else one.seconds
        best = one.best_metric
        return -best if best is not None and one.metric.higher_is_better else best

    # Those without the number come last.
    listed.sort(key=lambda one: (value(one) is None, value(one) or 0))


def _plot(begun: "list[TrainingRun]", path: Path) -> None:
    from nsmc.training.history import draw_together

    metrics = {one.metric for one in begun}
    if len(metrics) > 1:
        raise UsageError(
            "expected trainings of one kind of task to draw together, found some followed "
            "by {names}; name fewer",
            names=", ".join(sorted(metric.words for metric in metrics)),
        )
    curves = {f"{one.path}  {_differs(one)}".rstrip(): one.history for one in begun}
    draw_together(curves, metrics.pop(), path)
    say("curves of {count:,} trainings: {path}", count=len(begun), path=path)


def _differs(one: "TrainingRun") -> str:
    return " ".join(f"{name}={value}" for name, value in one.differs.items())


def _table(listed: "list[TrainingRun]", best: "set[Path]") -> list[str]:
    """A line for each training of one task; ``best`` are marked."""
    differs = tr("differs from the others in" if len(listed) > 1 else "differs from the default in")
    heads = [tr("run"), tr("state"), tr("started"), tr("time"), tr("epochs"), tr("best")]
    rows = [[*heads, tr(listed[0].metric.words), tr("loss"), "", tr("device"), differs]]
    rows += [_row(one, "*" if one.path in best else "") for one in listed]
    return align(rows, right=range(3, 8))


def _spread(group: "list[TrainingRun]") -> str:
    """Mean and spread of trainings that differ in their seed alone."""
    from statistics import mean, stdev

    metric = group[0].metric
    metrics = [one.best_metric for one in group if one.best_metric is not None]
    losses = [one.best_loss for one in group if one.best_loss is not None]
    fields = " ".join(
        f"{name}={value}" for name, value in group[0].differs.items() if name != "training.seed"
    )
    shown = [f"{tr('loss')} {mean(losses):.4f} ± {stdev(losses):.4f}"]
    if len(metrics) == len(group):
        values = f"{metric.show(mean(metrics))} ± {metric.show(stdev(metrics))}"
        shown.insert(0, f"{tr(metric.words)} {values}")
    return tr(
        "{count} seeds of {fields}: {values}" if fields else "{count} seeds: {values}",
        count=len(group),
        fields=fields,
        values=", ".join(shown),
    )


def _fitted(line: str) -> str:
    """A line as wide as the terminal at most, whole elsewhere."""
    columns = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else 0
    return shortened(line, columns, "…") if columns else line


def _state(one: "TrainingRun") -> str:
    return {
        "finished": tr("finished"),
        "running": tr("running"),
        "interrupted": tr("interrupted"),
        "pruned": tr("pruned"),
        "failed": tr("failed"),
    }[one.state]


def _row(one: "TrainingRun", mark: str) -> list[str]:
    started = datetime.fromisoformat(one.started).astimezone()
    time, loss, metric = one.seconds, one.best_loss, one.best_metric
    return [
        str(one.path),
        _state(one),
        f"{started:%Y-%m-%d %H:%M}",
        "—" if time is None else format_duration(time),
        f"{len(one.history)}/{one.config.training.epochs}",
        str(one.best.get("epoch", "—")),
        "—" if metric is None else one.metric.show(metric),
        "—" if loss is None else f"{loss:.4f}",
        mark,
        one.device or "—",
        _differs(one) or tr("none"),
    ]
