"""`nsmc train`: reviews to a model directory."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import add_recipe_options, clock, say

if TYPE_CHECKING:
    from nsmc.training.run import Trained

EPILOG = """examples:
  nsmc train --data data/sample --output runs/first
  nsmc train --config configs/classic-bilstm.toml --set training.epochs=3
  nsmc train --resume --output runs/first

Rows with an empty comment are left out and counted; a label other than 0 and 1 is an error that
names its row. The fields of a recipe and their meaning: `nsmc train --fields`. A terminal shows the
curves as they grow; `nsmc runs` lists what was trained and lays curves over one another."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_recipe_options(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="directory with ratings_train.txt, or one that `nsmc prepare` wrote "
        "(default: the official files, downloaded if need be)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="default: a new directory under runs"
    )
    parser.add_argument(
        "--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps"
    )
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="the same as --set training.epochs=N"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted training: that in --output, or the newest under runs",
    )
    parser.add_argument(
        "--fields", action="store_true", help="list the fields of a recipe with their meaning"
    )


def run(args: argparse.Namespace) -> int:
    """Train and print the path of the model directory.

    Raises:
        NsmcError: see `nsmc.training.api.train`.
    """
    from nsmc.config import load_config

    if args.fields:
        print(_fields())
        return 0
    overrides = list(args.set)
    if args.epochs is not None:
        overrides.append(f"training.epochs={args.epochs}")
    given = args.config is not None or bool(overrides)
    config = None if args.resume and not given else load_config(args.config, overrides)
    from nsmc.cli.training_report import Reporter
    from nsmc.training.api import train

    with Reporter() as reporter:
        trained = train(
            config,
            data=args.data,
            output=args.output,
            device=args.device,
            resume=args.resume,
            listen=reporter.hear,
            tokenized=reporter.tokenized,
            warn=say,
        )
    _tell_end(trained)
    return 0


def _tell_end(trained: "Trained") -> None:
    metrics = trained.metrics
    validation = metrics["validation"]
    say(
        f"best epoch {metrics['best_epoch']} of {metrics['epochs']}: validation accuracy "
        f"{validation['accuracy']:.2%}, loss {validation['loss']:.4f}; {clock(metrics['seconds'])}"
    )
    say(f'score with it: nsmc predict --model {trained.model} "재밌다"')
    print(trained.model)


def _fields() -> str:
    import dataclasses

    from nsmc.config import SECTIONS, Config
    from nsmc.settings import field_help

    lines = []
    values = Config().to_dict()
    for section, kind in SECTIONS.items():
        lines.append(f"[{section}]")
        for field in dataclasses.fields(kind):
            value = values[section][field.name]
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            lines.append(f"{field.name} = {shown}")
            lines.append(f"    {field_help(kind)[field.name]}")
    return "\n".join(lines)
