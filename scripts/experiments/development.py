"""Comments by which the last training of the shipped model is chosen, and how many it gets wrong.

They are scripts/primer/development.txt, of other sentences than tests/behaviour, which chooses
nothing, and than the primer, which is learnt.
"""

import argparse
from collections.abc import Iterator

from primer.compose import development

from experiments.behaviour import Case, add_arguments, as_table, measured
from experiments.experiment import Experiment, Results


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score every comment; yields what `experiments.behaviour.measured` does."""
    yield measured(args.model, [Case(c.family, c.text, c.label) for c in development()])


EXPERIMENT = Experiment(run, as_table, page="measurements", data="", add_arguments=add_arguments)
