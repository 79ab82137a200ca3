"""What came of the trainings of a sweep, and which of its settings is the best."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from nsmc.training.output import OutputDirectory

OTHER_REVIEWS = (
    *("task", "sentiment.soft_labels", "stars.column", "stars.low", "stars.high", "stars.weight"),
    *("stars.negative_to", "stars.positive_from", "data.column", "data.label_column"),
    *("data.positive_from", "data.negative_to", "data.validation", "data.validation_column"),
    "data.split_seed",
)
"""Fields that decide what is validated: losses of other values of these don't compare."""
OTHER_UNITS = ("data.min_freq", "data.max_size")
"""Fields that decide what a unit is, besides those of ``text``: of a language model, whose loss is
that of a unit, nor do losses of other values of these."""


@dataclass(frozen=True)
class Outcome:
    """What came of the trainings of one setting, one for each seed."""

    name: str
    setting: dict[str, Any]
    histories: list[list[dict[str, Any]]]
    """Of each seed the records of its epochs; empty where one of them failed."""

    @property
    def best_epochs(self) -> list[dict[str, Any]]:
        """Of each seed the record of the epoch with the lowest validation loss."""
        return [min(one, key=lambda record: record["validation_loss"]) for one in self.histories]

    @property
    def loss(self) -> float:
        """The mean over the seeds of the lowest validation loss, before calibration."""
        return mean(float(record["validation_loss"]) for record in self.best_epochs)


@dataclass
class SweepResult:
    """What came of a call of `nsmc.sweeps.run.run_sweep`."""

    outcomes: list[Outcome] = field(default_factory=list)
    """Of the settings that were trained to their end or failed, by this call or an earlier one."""
    lost: list[str] = field(default_factory=list)
    """Names of trials that another call may do: their process was killed, or the device's memory
    was too small."""
    out_of_time: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing went wrong; time that ran out is nothing wrong."""
        return not self.lost and all(one.histories for one in self.outcomes)


def read_histories(places: Sequence[OutputDirectory]) -> list[list[dict[str, Any]]]:
    """Of trainings in some directories the records of their epochs."""
    return [
        [json.loads(line) for line in place.history.read_text(encoding="utf-8").splitlines()]
        for place in places
    ]


def is_comparable(field: str, task: str) -> bool:
    """Whether losses of trainings with other values of a field compare."""
    units = field.startswith("text.") or field in OTHER_UNITS
    return field not in OTHER_REVIEWS and not (units and task == "language-model")


def best_of(outcomes: Sequence[Outcome], task: str) -> Outcome | None:
    """The one with the lowest loss; None where there is none, or losses don't compare."""
    if not all(is_comparable(field, task) for one in outcomes for field in one.setting):
        return None
    whole = [one for one in outcomes if one.histories]
    return min(whole, key=lambda one: one.loss, default=None)
