"""`nsmc score-text`: how likely a language model finds a text, unit by unit."""

import argparse
import sys
from typing import TYPE_CHECKING

from nsmc.cli.comments import add_comment_options, check_comment_options, score_comments
from nsmc.cli.common import (
    add_language_model_option,
    one_line,
    paint,
    print_json,
    say,
    say_about_table,
)
from nsmc.cli.tables import table_streams, where
from nsmc.errors import printable
from nsmc.messages.translate import mark, tr

if TYPE_CHECKING:
    from nsmc.inference.language_model import LanguageModel
    from nsmc.inference.text_score import TextScore, UnitSurprisal

EPILOG = """examples:
  nsmc score-text --model runs/… "이 영화는 정말 재미있다" "이 정말 영화는 재미있다"
  cat comments.txt | nsmc score-text --model runs/… - --json
  nsmc score-text --model runs/… --input comments.csv --output scored.csv

The number below each unit is its surprisal in bits: 1 for a probability of one half, 10 for one in
a thousand. ! marks units beyond that, ? units outside the vocabulary, </s> the end of the text.
The perplexity is 2 to the mean bits of a unit; the odd one of several texts has the highest. A
table gains the columns perplexity, bits, bits_per_character, units and unknown.
A model is made by: nsmc train --config configs/language-model.toml --data FILE"""
SURPRISING, STRIKING = 10.0, 14.0
"""Bits from which a unit is marked, and from which it is painted bold."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_comment_options(parser, mark("texts"))
    add_language_model_option(parser)


def run(args: argparse.Namespace) -> int:
    """Score the texts that the arguments name."""
    check_comment_options(args, mark("texts"))
    from nsmc.inference.language_model import load_language_model

    model = load_language_model(args.model)
    if args.input is not None:
        _score_table(model, args)
        return 0
    legible, odd = 0, None

    def show(texts: list[str]) -> None:
        nonlocal legible, odd
        for score in model.score(texts):
            if score.units:
                legible += 1
                odd = score if odd is None or score.perplexity > odd.perplexity else odd
            if args.json:
                print_json(score.to_dict())
            else:
                print("\n".join(_lines(score)))
        sys.stdout.flush()

    score_comments(args.text, show)
    if odd is not None and legible > 1 and not args.json:
        print(tr("the odd one: {text}", text=one_line(odd.text)))
    return 0


def _score_table(model: "LanguageModel", args: argparse.Namespace) -> None:
    from nsmc.pipeline.score_texts import score_texts

    with table_streams(args) as (source, target, reading, writing):
        result = score_texts(
            model, source, target, column=args.column, reading=reading, writing=writing
        )
    say_about_table(result)
    say(
        "{rows:,} rows scored into {target}; perplexity of all together {perplexity:,.1f}",
        rows=result.rows,
        target=where(args.output),
        perplexity=result.perplexity,
    )


def _lines(score: "TextScore") -> list[str]:
    comment = one_line(score.text)
    if not score.units:
        return [f"{tr('perplexity')} {'—':>8}  {comment}"]
    sums = tr(
        "{bits:.1f} bits, {each:.2f} a character", bits=score.bits, each=score.bits_per_character
    )
    if score.unknown:
        sums += tr("; {count:,} unknown", count=score.unknown)
    if score.truncated:
        sums += tr("; {count:,} characters at the end not read", count=score.truncated)
    return [
        f"{tr('perplexity')} {score.perplexity:8,.1f}  {comment}",
        "  " + "  ".join(_unit(unit) for unit in score.units),
        f"  {sums}",
    ]


def _unit(unit: "UnitSurprisal") -> str:
    mark = ("" if unit.known else "?") + ("!" if unit.bits >= SURPRISING else "")
    shown = f"{printable(unit.unit)} {unit.bits:.1f}{mark}"
    if unit.bits < SURPRISING:
        return shown
    return paint(shown, "bold red" if unit.bits >= STRIKING else "red", sys.stdout)
