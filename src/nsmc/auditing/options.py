"""The options of an audit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nsmc.config.schema import Config, listed, load_config
from nsmc.errors import UsageError
from nsmc.folds.networks import Progress, Say

FOLDS = 4
ENOUGH = 20_000
"""Comments below which the shipped model, having learnt from many more, finds more wrong labels."""
QUICK = (
    "model.hidden_size=64",
    "model.embedding_size=64",
    "training.epochs=3",
    "training.adversarial_norm=0",
)
"""How the networks of an audit differ from the default config, since several have to be trained:
see docs/auditing.md and docs/experiments.md."""
QUICK_FEW = ("training.epochs=5", "training.batch_size=32")
"""How they differ below `ENOUGH` comments as well: few comments need more steps."""


@dataclass(frozen=True)
class AuditOptions:
    """The arguments of `nsmc.audit` that say how labels are judged, checked.

    Raises:
        UsageError: a value is out of range, or two don't go together.
    """

    label_column: str | None
    folds: int | None
    model: Path | str | None
    config: Config | None
    overrides: Sequence[str]
    top: int | None
    share: float | None
    explain: bool
    work: Path | None
    device: str
    progress: Progress
    say: Say

    def __post_init__(self) -> None:
        folds, top, share = self.folds, self.top, self.share
        if folds is not None and folds != 0 and not 2 <= folds <= 20:
            raise UsageError(
                "expected --folds from 2 to 20, or 0 to train nothing, found {value}", value=folds
            )
        if folds and self.model is not None:
            raise UsageError(
                "--model lets a model score the comments, --folds trains networks on them: give one"
            )
        if self.changes_config and (self.model is not None or folds == 0):
            raise UsageError(
                "--config and --set change networks to be trained, --model and --folds 0 train "
                "none: give one"
            )
        if top is not None and share is not None:
            raise UsageError("--top and --share both say how many labels to list: give one")
        if top is not None and top < 1:
            raise UsageError("expected --top to be at least 1, found {value}", value=top)
        if share is not None and not 0 < share <= 1:
            raise UsageError("expected --share above 0 and at most 1, found {value}", value=share)

    @property
    def changes_config(self) -> bool:
        """Whether the caller says how networks are trained."""
        return self.config is not None or bool(self.overrides)

    def config_for(self, comments: int) -> Config:
        """The config of networks that are trained on a table of so many comments."""
        quick = QUICK if comments >= ENOUGH else (*QUICK, *QUICK_FEW)
        config = self.config or load_config(None, (*quick, *listed(self.overrides)))
        label_column = self.label_column or config.data.label_column
        # The folds decide what is learnt from, so no marks of the table can.
        data = replace(config.data, validation_column="", label_column=label_column)
        return replace(config, data=data)
