"""`nsmc compare`: whether one model is better than another, on the same reviews."""

import argparse
from pathlib import Path

from nsmc.cli.common import (
    add_review_options,
    model_named,
    print_json,
    say,
    say_skipped,
    show,
)
from nsmc.cli.tables import add_table_arguments, read_options, write_options
from nsmc.messages.translate import tr

EPILOG = """A model is a directory that `nsmc train` wrote, or the word `shipped` for the one
inside the package. Each uses its own threshold. The reviews must be new to both: on those that it
was trained or chosen on, a model looks better than it is. The command compares two models, not two
configs: another seed makes another model. Both must predict the same: the sentiment, the same
classes, or stars of one scale.

examples:
  nsmc compare shipped runs/mine --data labelled.csv
  nsmc compare runs/lstm runs/gru --data labelled.csv --output disagreements.csv"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("model_a", metavar="MODEL_A", help="a model directory, or `shipped`")
    parser.add_argument("model_b", metavar="MODEL_B", help="the one to compare it with")
    add_review_options(parser)
    add_table_arguments(parser, writes=True, stars=True)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write all comments on which they disagree, as a table",
    )
    parser.add_argument(
        "--top", type=_count, default=10, metavar="N", help="such comments to show (default: 10)"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object, all such comments in it"
    )


def run(args: argparse.Namespace) -> int:
    """Compare and print the result."""
    from nsmc.cli.comparison_lines import comparison_lines, only_label
    from nsmc.evaluation.compare import compare

    result = compare(
        model_named(args.model_a),
        model_named(args.model_b),
        args.data,
        column=args.column,
        label_column=args.label_column,
        reading=read_options(args),
        writing=write_options(args),
        output=args.output,
    )
    say_skipped(result.skipped, result.notes)
    if only := only_label(result):
        say(
            "every review is labelled {label}: what is compared is how many {label} are recognised",
            label=only,
        )
    for name, trained_on_it in zip("AB", result.trained_on_it, strict=True):
        if trained_on_it:
            say(
                "{name} was trained on this very file, so its accuracy on it says little; "
                "compare on reviews that are new to both",
                name=name,
            )
    if args.json:
        print_json(result.to_dict())
    else:
        more = "" if args.output else tr("--top N, or all of them with --output FILE")
        show("\n".join(comparison_lines(result, args.top, more)))
    if args.output:
        say(
            "{count:,} comments on which they disagree: {place}",
            count=len(result.disagreements),
            place=args.output,
        )
    return 0


def _count(text: str) -> int:
    if (count := int(text)) < 0:
        raise ValueError
    return count


_count.__name__ = "count"  # argparse says "invalid count value"
