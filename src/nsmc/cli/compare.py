"""`nsmc compare`: whether one model is better than another, on the same reviews."""

import argparse
import json
from pathlib import Path
from typing import Any

from nsmc.cli.common import add_review_options, model_named, progress_bar, say

EPILOG = """A model is a directory that `nsmc train` wrote, or the word `shipped` for the one
inside the package. Each draws the line at its own threshold. The reviews must be new to both: on
those that a model was trained or chosen on, it looks better than it is. What is compared is two
models, not two recipes: another seed makes another model.

examples:
  nsmc compare shipped runs/mine --data labelled.csv
  nsmc compare runs/lstm runs/gru --data labelled.csv --output disagreements.csv"""
KOREAN = ("부정", "긍정")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("model_a", metavar="MODEL_A", help="a model directory, or `shipped`")
    parser.add_argument("model_b", metavar="MODEL_B", help="the one to compare it with")
    add_review_options(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="write all comments on which they disagree: .csv .tsv .txt .jsonl .parquet",
    )
    parser.add_argument(
        "--top", type=_count, default=10, metavar="N", help="such comments to show (default: 10)"
    )
    parser.add_argument(
        "--json", action="store_true", help="one JSON object, all such comments in it"
    )


def run(args: argparse.Namespace) -> int:
    """Compare and print what came of it.

    Raises:
        NsmcError: a model or the reviews can't be used, or the output can't be written.
    """
    from nsmc.evaluation.compare import compare

    with progress_bar(unit="reviews", desc="scoring") as bar:

        def advance(done: int, total: int) -> None:
            bar.total = total
            bar.update(done)

        found = compare(
            model_named(args.model_a),
            model_named(args.model_b),
            args.data,
            column=args.column,
            output=args.output,
            progress=advance,
        )
    if found["skipped"]:
        say(f"{found['skipped']:,} rows with an empty comment were left out")
    if 0 in found["labels"]:
        only = KOREAN[found["labels"].index(0) - 1]
        say(f"every review is labelled {only}: what is compared is how many {only} are recognised")
    for name in "ab":
        if found[name]["trained_on_it"]:
            say(
                f"{name.upper()} was trained on this very file, so its accuracy on it says little; "
                "compare on reviews that are new to both"
            )
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join([*_figures(found), "", _verdict(found), *_disagreements(found, args)]))
    if args.output:
        say(f"{len(found['disagreements']):,} comments on which they disagree: {args.output}")
    return 0


def _count(text: str) -> int:
    if (count := int(text)) < 0:
        raise ValueError
    return count


_count.__name__ = "count"  # argparse says "invalid count value"


def _figures(found: dict[str, Any]) -> list[str]:
    (both, only_a), (only_b, neither) = found["table"]
    lines = [f"data   {found['data']['path']} ({found['examples']:,} reviews)"]
    for name in "ab":
        model = found[name]
        low, high = model["accuracy_interval"]
        lines.append(
            f"{name.upper()}      {model['accuracy']:7.2%}  (95% interval {low:.2%} – {high:.2%})  "
            f"{model['model']}, threshold {model['threshold']:g}"
        )
    low, high = found["difference_interval"]
    p_value = found["p_value"]
    probability = "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.2g}"
    lines += [
        f"B − A  {100 * found['difference']:+.2f} points  (95% interval {100 * low:+.2f} to "
        f"{100 * high:+.2f})  McNemar's test: {probability}",
        "",
    ]
    width = max(7, len(f"{max(both, only_a, only_b, neither):,}"))
    lines += [
        f"         {'B right':>{width}}  {'B wrong':>{width}}",
        f"A right  {both:>{width},}  {only_a:>{width},}",
        f"A wrong  {only_b:>{width},}  {neither:>{width},}",
    ]
    return lines


def _verdict(found: dict[str, Any]) -> str:
    """One sentence to act on."""
    reviews = f"these {found['examples']:,} reviews"
    low, high = (100 * end for end in found["difference_interval"])
    points = 100 * found["difference"]
    if not found["disagreements"]:
        return f"A and B call every one of {reviews} the same."
    if found["better"] == "b":
        interval = f"95% interval {low:.1f} to {high:.1f}"
        return f"B is better by {points:.1f} points ({interval}): the gain is real."
    if found["better"] == "a":
        interval = f"95% interval {-high:.1f} to {-low:.1f}"
        return f"A is better by {-points:.1f} points ({interval}): B is a loss."
    verdict = (
        f"A and B cannot be told apart on {reviews}: chance alone may explain a difference of "
        f"{abs(points):.2f} points."
    )
    if needed := found["reviews_needed"]:
        verdict += f"\nWere it truly so large, some {_rounded(needed):,} reviews should show it."
    return verdict


def _rounded(number: int) -> int:
    """Two leading digits: the rest of a plan is guesswork."""
    unit = int(10 ** max(0, len(str(number)) - 2))
    return -(-number // unit) * unit


def _disagreements(found: dict[str, Any], args: argparse.Namespace) -> list[str]:
    rows = found["disagreements"]
    if not rows or not args.top:
        return []
    shown = rows[: args.top]
    count = "one comment" if len(rows) == 1 else f"{len(rows):,} comments, farthest apart first"
    lines = ["", f"they disagree on {count}:", ""]
    lines.append("label  A            B            right")
    for row in shown:
        calls = "  ".join(f"{KOREAN[row[f'label_{m}']]} {_confidence(row, m):6.1%}" for m in "ab")
        text = " ".join(row["document"].split())
        lines.append(f"{KOREAN[row['label']]}   {calls}  {row['right']}      {text}")
    if (more := len(rows) - len(shown)) and not args.output:
        lines += ["", f"{more:,} more: --top N, or all of them with --output FILE"]
    return lines


def _confidence(row: dict[str, Any], model: str) -> float:
    """The probability of the label that a model gave."""
    score: float = row[f"score_{model}"]
    return score if row[f"label_{model}"] else 1 - score
