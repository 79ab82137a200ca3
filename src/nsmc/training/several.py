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
from nsmc.training.output import ClaimedError, OutputDirectory
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
OTHER_UNITS = ("data.min_freq", "data.max_size")
"""Fields that decide what a unit is, besides those of ``text``: of a language model, whose loss is
that of a unit, nor do losses of other values of these."""


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
            from nsmc.training.run import Started
            from nsmc.training.state import save_checkpoint

            if isinstance(event, Started):
                return  # or a short time would be over before a step, again and again
            try:
                self.check()
            except BudgetSpent:
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

    Several processes may do so at a time: what another one trains at the moment is left to it, and
    its setting isn't yielded unless that has ended when all others are trained.

    Raises:
        BudgetSpent: the time is over.
        UsageError: one was trained there with another config.
        NsmcError: as `nsmc.train`, but for a training that diverges: the others are trained.
    """
    jobs = [(name, config) for one in variants for name, config in one.configs.items()]
    left = [
        (f"{number} of {len(jobs)}, {name}", OutputDirectory(parent / name), config)
        for number, (name, config) in enumerate(jobs, 1)
    ]
    spent: BudgetSpent | None = None
    try:
        # Once more where another process has only looked whether one is trained.
        while any(not place.is_claimed() for _, place, _ in left):
            left = [job for job in left if not _attempt(*job, budget, train, say)]
    except BudgetSpent as over:
        spent = over
    for one in variants:
        places = [OutputDirectory(parent / name) for name in one.configs]
        if all(place.has_ended() for place in places):
            yield Outcome(one.name, one.setting, [read_history(place) for place in places])
        elif any(place.stopped() == "failed" for place in places):
            yield Outcome(one.name, one.setting, [])
    if spent:
        raise spent


def _attempt(
    title: str, place: OutputDirectory, config: Config, budget: Budget, train: Train, say: Say
) -> bool:
    """Train one of several; False if another process does."""
    if place.stopped() == "failed":
        say(f"{title}: failed before")
        return True
    try:
        if place.is_claimed():
            raise ClaimedError
        train_one(config, place, budget, train, say, title)
    except DivergedError as error:
        place.record_stop("failed")
        say(f"{title} failed: {error}")
    except ClaimedError:
        say(f"{title}: another process trains it")
        return False
    return True


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
