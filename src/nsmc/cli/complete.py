"""`nsmc complete`: a comment that a person began, continued by a language model."""

import argparse
import sys

from nsmc.cli.common import add_language_model_option, print_json, say, show
from nsmc.errors import UsageError
from nsmc.inference.sampling import check_sampling

EPILOG = """examples:
  nsmc complete --model runs/… "이 영화는"
  nsmc complete --model runs/… "이 영화는" --count 5 --temperature 0.7 --seed 1
  nsmc complete --model runs/… "h" --temperature 0

A low --temperature or --top-p writes common units, a high one rare ones. The same --seed writes
the same text. A model of syllables, letters or learnt pieces writes spaces where they belong;
one of morphemes knows no spaces and puts one between any two units.
A model is made by: nsmc train --config configs/language-model.toml --data FILE"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add = parser.add_argument
    add("text", nargs="?", default="", metavar="TEXT", help="how it begins (default: with nothing)")
    add_language_model_option(parser)
    add("--units", type=int, default=40, metavar="N", help="units to add at most (default: 40)")
    add(
        "--temperature",
        type=float,
        default=1.0,
        metavar="T",
        help="below 1 favours the likely; 0 always takes the likeliest (default: 1)",
    )
    add(
        "--top-p",
        type=float,
        default=0.9,
        metavar="P",
        help="draw from the likeliest units that have this share of the probability (default: 0.9)",
    )
    add("--seed", type=int, metavar="S", help="of the drawing (default: another each time)")
    add("--count", type=int, default=1, metavar="K", help="completions to write (default: 1)")
    add("--json", action="store_true", help="one JSON object a line")


def run(args: argparse.Namespace) -> int:
    """Continue the text and print it whole."""
    check_sampling(args.units, args.temperature, args.top_p)
    if args.count < 1:
        raise UsageError("expected --count of 1 or more, found {count}", count=args.count)
    if args.seed is not None and args.seed < 0:
        raise UsageError("expected --seed of 0 or more, found {seed}", seed=args.seed)
    import numpy as np

    from nsmc.inference.language_model import load_language_model

    model = load_language_model(args.model)
    rng = np.random.default_rng(args.seed)
    if not args.json and model.text_config.unit == "morpheme":
        say("a model of morphemes doesn't know where spaces stand: what it adds is written apart")
    options = {"units": args.units, "temperature": args.temperature, "top_p": args.top_p}
    for _ in range(args.count):
        completion = model.complete(args.text, seed=rng, **options)
        if args.json:
            print_json(completion.to_dict())
        else:
            show(completion.text)
        sys.stdout.flush()
    return 0
