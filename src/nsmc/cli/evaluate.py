"""`nsmc evaluate`: how good a model is on labelled reviews."""

import argparse
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import (
    add_config_options,
    add_device_option,
    add_exact_option,
    add_model_option,
    add_review_options,
    add_threshold_option,
    add_work_option,
    print_json,
    say,
    say_skipped,
    show,
)
from nsmc.cli.stage_reporter import StageReporter
from nsmc.cli.tables import add_table_arguments, read_options
from nsmc.errors import UsageError
from nsmc.messages.translate import tr
from nsmc.text.width import display_width, padded

if TYPE_CHECKING:
    from nsmc.evaluation.results import Evaluation
    from nsmc.folds.results import CrossValidation

EPILOG = """examples:
  nsmc evaluate --data data/sample
  nsmc evaluate --data labelled.csv --report report   (then open report/report.html)
  nsmc evaluate --model runs/topics --data articles.jsonl --label-column topic
  nsmc evaluate --folds 5 --from shipped --data labelled.csv

Labels are what the model's task expects: 0 and 1, the names of its classes, or stars.
Rows with an empty comment are left out and counted. A label that the model can't give is an
error that names its row, because a file with wrong labels gives wrong metrics.

Reviews that the model has seen in training are counted, and the others are measured apart.

With --folds K no model is measured but a config: K networks are trained, each on all reviews but a
fold of them, which it then predicts. Ctrl-C loses little: the same command goes on."""
WIDTH = 18
"""Columns of the names at least."""
NAMES = {"f1": "F1", "roc_auc": "ROC AUC", "ece": "calibration error", "macro_f1": "macro F1"}
"""Of metrics, where they aren't their keys with spaces."""
SHARES = (
    *("accuracy", "precision", "recall", "f1", "ece", "balanced_accuracy", "macro_f1"),
    *("within_one", "stars.within_one"),
)
"""Metrics shown in percent."""


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
    group = parser.add_argument_group("k-fold evaluation")
    group.add_argument(
        "--folds",
        type=int,
        metavar="K",
        help="train K networks, each on all of --data but the fold that it predicts; of a "
        "directory, on its ratings_train.txt",
    )
    add_config_options(group, "the networks' config in TOML")
    group.add_argument(
        "--from",
        dest="start",
        metavar="shipped|DIR",
        help="the networks start from the model inside the package or from another",
    )
    add_work_option(group)


def run(args: argparse.Namespace) -> int:
    """Evaluate and print the metrics."""
    if args.folds is not None:
        return _cross_validate(args)
    given = {"--config": args.config, "--set": args.set, "--from": args.start, "--work": args.work}
    if names := [name for name, value in given.items() if value]:
        raise UsageError(
            "{option} is for networks to be trained; give --folds K with it", option=names[0]
        )
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
        _show_rows(_rows(result))
    return 0


def _cross_validate(args: argparse.Namespace) -> int:
    """Train a network for each fold, and print what they are together."""
    for name, value in (("--model", args.model), ("--report", args.report)):
        if value is not None:
            raise UsageError(
                "--folds trains networks, {option} is for one that there is: give one of the "
                "two; --from DIR starts from a model",
                option=name,
            )
    from nsmc.config.schema import load_config
    from nsmc.data.paths import data_directory
    from nsmc.folds.cross_validate import cross_validate
    from nsmc.training.fine_tuning import fine_tuning_config

    config = load_config(args.config, args.set)
    if args.start is not None:
        config = fine_tuning_config(args.start, args.config, args.set)
    with closing(StageReporter()) as reporter:
        result = cross_validate(
            data_directory() if args.data is None else args.data,
            config,
            folds=args.folds,
            column=args.column,
            label_column=args.label_column,
            reading=read_options(args),
            threshold=args.threshold,
            exact=args.exact,
            work=args.work,
            device=args.device,
            progress=reporter.report,
            say=reporter.say,
        )
    say_skipped(result.skipped, result.notes)
    if args.json:
        print_json(result.to_dict())
        return 0
    means, spread = result.mean, result.std
    rows = [_data_row(result), (tr("folds"), str(len(result.folds)))]
    for name, value in means.items():
        of_folds = [fold.get("stars", {}) if "." in name else fold for fold in result.folds]
        values = [fold[name.rpartition(".")[2]] for fold in of_folds]
        spans = f"{_shown(name, min(values))} – {_shown(name, max(values))}"
        shown = f"{_shown(name, value)} ± {_shown(name, spread[name])}"
        rows.append((tr(NAMES.get(name, name.replace("_", " "))), f"{shown}  ({spans})"))
    rows.append((tr("time"), tr("{seconds:.1f} s", seconds=result.seconds)))
    _show_rows(rows)
    return 0


def _show_rows(rows: list[tuple[str, str]]) -> None:
    width = max(WIDTH, 1 + max(display_width(name) for name, _ in rows))
    show("\n".join(f"{padded(name, width)}{value}" for name, value in rows))


def _data_row(result: "Evaluation | CrossValidation") -> tuple[str, str]:
    path, reviews = result.data.path, result.examples
    return tr("data"), tr("{path} ({reviews:,} reviews)", path=path, reviews=reviews)


def _shown(name: str, value: float) -> str:
    return f"{value:.2%}" if name in SHARES else f"{value:.4f}"


def _rows(result: "Evaluation") -> list[tuple[str, str]]:
    from nsmc.config.text import UNIT_NAMES
    from nsmc.report.metric_lines import SEEN, metric_lines, overlap_line

    metrics = result.metrics
    rows = [(tr("model"), str(result.model.path)), _data_row(result)]
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
