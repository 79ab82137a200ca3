"""Several trainings below one directory: each once, however often they are asked for."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING, Any

from nsmc.config.schema import Config
from nsmc.errors import DivergedError, UsageError
from nsmc.training.output import OutputDirectory
from nsmc.training.variants import Variant

if TYPE_CHECKING:
    from nsmc.training.run import Event, Listener
    from nsmc.training.state import TrainingState

Train = Callable[[Config, Path, bool, "Listener"], object]
"""Trains a config into a directory; the third says whether to resume there."""
Say = Callable[[str], None]
"""Called with a message for a person."""
OTHER_REVIEWS = (
    *("task", "sentiment.soft_labels", "stars.column", "stars.low", "stars.high", "stars.weight"),
    *("stars.negative_to", "stars.positive_from", "data.column", "data.label_column"),
    *("data.positive_from", "data.negative_to", "data.validation", "data.validation_column"),
    "data.split_seed",
)
"""Fields that decide what is validated: losses of other values of these don't compare."""


class BudgetSpent(Exception):
    """The time is over; the training that ran has a checkpoint of its last step."""


@dataclass
class Budget:
    """How long trainings may take together, from now on."""

    minutes: float = 0.0
    """0 is for ever."""
    clock: Callable[[], float] = time.monotonic
    """In seconds."""

    def __post_init__(self) -> None:
        self._began = self.clock()

    def check(self) -> None:
        """Raise `BudgetSpent` where the time is over."""
        if self.minutes and self.clock() - self._began >= 60 * self.minutes:
            raise BudgetSpent

    def listener(self, place: OutputDirectory) -> "Listener":
        """What ends the training in a directory when the time is over; it goes on from there."""

        def listen(event: "Event", state: "TrainingState") -> None:
            from nsmc.training.state import save_checkpoint

            try:
                self.check()
            except BudgetSpent:
                if state.counters.step:
                    save_checkpoint(state, place.checkpoints)
                raise

        return listen


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


def train_all(
    variants: Sequence[Variant], parent: Path, budget: Budget, train: Train, say: Say
) -> Iterator[Outcome]:
    """Train what isn't trained yet below a directory; yields what came of each setting.

    Raises:
        BudgetSpent: the time is over.
        UsageError: one was trained there with another config.
        NsmcError: as `nsmc.train`, but for a training that diverges: the others are trained.
    """
    count, number = sum(len(one.configs) for one in variants), 0
    for one in variants:
        histories: list[list[dict[str, Any]]] = []
        for name, config in one.configs.items():
            number += 1
            title, place = f"{number} of {count}, {name}", OutputDirectory(parent / name)
            if place.stopped() == "failed":
                say(f"{title}: failed before")
                continue
            try:
                histories.append(train_one(config, place, budget, train, say, title))
            except DivergedError as error:
                place.record_stop("failed")
                say(f"{name} failed: {error}")
        whole = len(histories) == len(one.configs)
        yield Outcome(one.name, one.setting, histories if whole else [])


def train_one(
    config: Config,
    place: OutputDirectory,
    budget: Budget,
    train: Train,
    say: Say,
    title: str,
    *,
    also: "Listener | None" = None,
) -> list[dict[str, Any]]:
    """Train a config in a directory unless that is done; returns the records of its epochs.

    Args:
        config: what to train.
        place: where; an interrupted training goes on there.
        budget: of the time.
        train: does it.
        say: hears the ``title``.
        title: which of the trainings it is, for a person.
        also: called with each event, after the budget.

    Raises:
        BudgetSpent: the time is over.
        UsageError: the directory has a training of another config.
        NsmcError: as `nsmc.train`.
    """
    begun = place.recipe.is_file()
    if begun and place.has_ended():
        if place.started_with()[0] != config:
            raise UsageError(f"{place.path} was trained with another config; name another --output")
        say(f"{title}: trained already")
        return read_history(place)
    budget.check()
    say(title)
    ends = budget.listener(place)

    def listen(event: "Event", state: "TrainingState") -> None:
        ends(event, state)
        if also:
            also(event, state)

    train(config, place.path, begun, listen)
    return read_history(place)


def read_history(place: OutputDirectory) -> list[dict[str, Any]]:
    """The records of the epochs that a training has ended."""
    return [json.loads(line) for line in place.history.read_text(encoding="utf-8").splitlines()]


def best_of(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The one with the lowest loss; None where there is none, or losses don't compare."""
    if any(field in OTHER_REVIEWS for one in outcomes for field in one.setting):
        return None
    whole = [one for one in outcomes if one.histories]
    return min(whole, key=lambda one: one.loss, default=None)
