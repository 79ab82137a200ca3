"""Comments by which the last training of the shipped model is chosen, and how many it gets wrong.

They are scripts/primer/development.txt, of other sentences than tests/behaviour, which chooses
nothing, and than the primer, which is learnt. ``--comments scripts/primer/unlearnt.txt`` measures
by comments that no training has read.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from primer.compose import DEVELOPMENT, read_patterns

from experiments.behaviour import Case, as_table, measured
from experiments.behaviour import add_arguments as add_model
from experiments.experiment import Experiment, Results


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score every comment; yields what `experiments.behaviour.measured` does."""
    lines = read_patterns(args.comments)
    yield measured(args.model, [Case(c.family, c.template, int(c.label == "+")) for c in lines])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the model and of the comments."""
    add_model(parser)
    parser.add_argument("--comments", type=Path, default=DEVELOPMENT, metavar="FILE")


EXPERIMENT = Experiment(run, as_table, data="", add_arguments=add_arguments)
