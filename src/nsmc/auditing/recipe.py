"""The recipe of an audit's networks: quick ones, because several have to be trained.

Figures in docs/auditing.md and docs/experiments.md.
"""

from collections.abc import Sequence

from nsmc.config.schema import Config, load_config

ENOUGH = 20_000
"""Comments below which the shipped model, having learnt from many more, judges better."""
QUICK = (
    "model.hidden_size=64",
    "model.embedding_size=64",
    "training.epochs=3",
    "training.adversarial_norm=0",
)
"""Where it differs from the default recipe."""
FEW = ("training.epochs=5", "training.batch_size=32")
"""Where it differs below `ENOUGH` comments as well: few comments need more steps."""


def quick_config(comments: int, overrides: Sequence[str] = ()) -> Config:
    """The recipe for a table of so many comments, with single fields changed.

    Raises:
        UsageError: as `nsmc.load_config`.
    """
    return load_config(None, (*QUICK, *(FEW if comments < ENOUGH else ()), *overrides))
