"""`nsmc audit`: which labels of a table are probably wrong."""

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import (
    add_config_options,
    add_device_option,
    add_work_option,
    format_duration,
    model_named,
    one_line,
    paint,
    print_json,
    say,
    say_skipped,
    show,
)
from nsmc.cli.stage_reporter import StageReporter
from nsmc.cli.tables import TABLES, add_table_arguments, read_options, write_options
from nsmc.errors import printable
from nsmc.messages.translate import tr
from nsmc.text.width import padded

if TYPE_CHECKING:
    from nsmc.auditing.results import Audit, LabelIssue

EPILOG = f"""examples:
  nsmc audit ratings.txt --output doubtful.csv
  nsmc audit survey.parquet --label-column positive --share 0.02 --output doubtful.parquet
  nsmc audit data/sample/ratings_train.txt --folds 4 --set training.batch_size=16
  nsmc audit articles.csv --label-column topic --set task=classes --output doubtful.csv

Networks are trained on parts of the table, and each scores the part that it hasn't seen. Ctrl-C
loses little: the same command continues, and with another --top it trains nothing.
A table of fewer than 20,000 comments is scored by the model inside the package, which finds more
wrong labels there if they are film comments; for other texts, give --folds 4.

The output has the rows with label issues, all their columns as they were, surest first, and rank,
row (in the file, from 1 without the header), suggested_label, probability (of the label given),
against (the words that speak against it, for the first 2,000 rows) and same_otherwise (in how
many other rows the same comment has another label).

{TABLES}"""
SHOWN = 20
WIDTH = 60
"""Characters shown of a comment; the output file has it whole."""
CLASSES = 5
"""Classes whose wrong labels are counted, those with the most."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add = parser.add_argument
    add("file", type=Path, metavar="FILE", help="a table with a label column")
    output = "where the rows with label issues go, to be corrected"
    add("--output", type=Path, metavar="FILE", help=output)
    add("--column", metavar="NAME", help="text column (default: document, else the only one)")
    add(
        "--label-column",
        metavar="NAME",
        help="column with 0 for negative and 1 for positive, or with the names of classes "
        "(default: as the config or the model has it, else label)",
    )
    scorer = parser.add_mutually_exclusive_group()
    scorer.add_argument(
        "--folds",
        type=int,
        metavar="K",
        help="networks to train; 0 lets the model inside the package score instead (default: 4, "
        "or 0 for fewer than 20,000 comments)",
    )
    scorer.add_argument(
        "--model",
        metavar="DIR",
        help="train nothing: this model scores, which must not have learnt from this table; "
        "shipped is the one inside the package",
    )
    limit = parser.add_mutually_exclusive_group()
    limit.add_argument(
        "--top",
        type=int,
        metavar="N",
        help="list at most N rows (default: as many as labels are estimated to be wrong)",
    )
    limit.add_argument("--share", type=float, metavar="P", help="the same as a share of all rows")
    add_work_option(parser)
    add_device_option(parser)
    add_table_arguments(parser, writes=True, stars=True)
    quick = "a config in TOML (default: a quick one, by the size of the table)"
    add_config_options(parser, quick)
    add("--json", action="store_true", help="one JSON object with the numbers and all listed rows")


def run(args: argparse.Namespace) -> int:
    """Audit, write the rows with label issues and print the first of them."""
    from nsmc.config.schema import load_config

    # Loaded without a file as well, to refuse a wrong --set before the table is read.
    config = load_config(args.config, args.set)
    model = None if args.model is None else model_named(args.model)
    from nsmc.auditing.audit import audit

    with closing(StageReporter()) as reporter:
        result = audit(
            args.file,
            output=args.output,
            column=args.column,
            label_column=args.label_column,
            reading=read_options(args),
            writing=write_options(args),
            # The model inside the package scores when nothing is trained.
            folds=0 if args.model is not None and model is None else args.folds,
            model=model,
            config=None if args.config is None else config,
            overrides=args.set,
            top=args.top,
            share=args.share,
            work=args.work,
            device=args.device,
            progress=reporter.report,
            say=reporter.say,
        )
    say_skipped(result.skipped)
    if args.output is not None:
        say(
            "{rows:,} rows with label issues are in {place}, the surest first",
            rows=len(result.issues),
            place=args.output,
        )
    if args.json:
        print_json(result.to_dict())
    else:
        show(_summary(result))
        for issue in result.issues[:SHOWN]:
            print(_line(issue, result.class_names))
    return 0


def _summary(result: "Audit") -> str:
    errors, rows, listed = sum(result.estimated_errors), len(result.rows), len(result.issues)
    conflicts = (result.conflicting_rows > 0).sum()
    if len(result.class_names) > 2:
        several = tr("more labels")
        conflicting = tr("{rows:,} rows hold a comment that has several", rows=conflicts)
    else:
        several = tr("both labels")
        conflicting = tr("{rows:,} rows hold a comment that has both", rows=conflicts)
    scorer = tr("the model {path}", path=result.model)
    if result.folds:
        scorer = tr("{count} networks, each of what it hasn't learnt from", count=result.folds)
    shown = tr("; the first {count}", count=SHOWN) if listed > SHOWN else ""
    wrong = tr("about {count:,.0f} ({share:.1%})", count=errors, share=errors / rows)
    agree = tr("{share:.1%} of the labels agree", share=result.agreement)
    lines = {
        tr("data"): tr("{path} ({rows:,} comments)", path=result.path, rows=rows),
        tr("scored by"): f"{scorer}; {agree}",
        tr("wrong labels"): f"{wrong}: {_by_label(result)}",
        several: conflicting,
        tr("time"): format_duration(result.seconds),
        tr("listed"): tr(
            "{rows:,} rows{shown} with their row in the file, the probability of the",
            rows=listed,
            shown=shown,
        ),
        "": tr("given label, and (the words against it):"),
    }
    return "\n".join(f"{padded(name, 14)}{value}" for name, value in lines.items())


def _by_label(result: "Audit") -> str:
    """How many labels of each class are probably wrong, of many classes those with the most."""
    counts = list(zip(result.class_names.values(), result.estimated_errors, strict=True))
    if len(counts) > 2:
        counts.sort(key=lambda count: -count[1])
    parts = [
        tr("{count:,.0f} of those that say {name}", count=count, name=name)
        for name, count in counts
    ]
    if len(parts) > CLASSES:
        return ", ".join([*parts[:CLASSES], "…"])
    return tr(" and ").join([", ".join(parts[:-1]), parts[-1]])


def _line(issue: "LabelIssue", names: dict[Any, str]) -> str:
    suggested, others = printable(names[issue.suggested_label]), tr("another label")
    if len(names) == 2:
        colour = "red" if issue.suggested_label == next(iter(names)) else "green"
        suggested, others = paint(suggested, colour, sys.stdout), suggested
    text = one_line(issue.text)
    shown = text[:WIDTH] + ("…" if len(text) > WIDTH else "")
    words = f"  ({printable(issue.words)})" if issue.words else ""
    conflicts = issue.conflicting_rows
    conflict = ""
    if conflicts:
        rows = tr("{label} in {rows:,} other rows", label=others, rows=conflicts)
        conflict = f"  [{rows}]"
    return (
        f"{issue.row:>10,}  {printable(names[issue.given_label])} → {suggested}  "
        f"{issue.self_confidence:6.1%}  {shown}{words}{conflict}"
    )
