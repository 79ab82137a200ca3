"""A trial: the trainings of one setting, and how they are done in whatever process that is.

A `TrialSource` says which trials there are and takes what comes of them; an `Executor` has them
trained: in this process (`nsmc.sweeps.executors`), in several, or on a cluster (`nsmc.ray.tune`).
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from nsmc.config.schema import Config
from nsmc.data.cache import reviews_sha256
from nsmc.data.download import official_data
from nsmc.errors import DeviceError, DivergedError, NsmcError, UsageError
from nsmc.messages.translate import tr
from nsmc.tables.options import ReadOptions
from nsmc.training.output import ClaimedError, OutputDirectory

if TYPE_CHECKING:
    from nsmc.training.loggers import LoggerName
    from nsmc.training.run import Event
    from nsmc.training.state import TrainingState

TRIES = 2
"""How often a trial is begun in one call whose process dies."""
Record = dict[str, Any]
"""Of an epoch, as in ``history.jsonl``."""


@dataclass(frozen=True)
class Trial:
    """Trainings that one process does one after another. It can be sent to another process."""

    name: str
    """Of the directory that holds them."""
    title: str
    """Which of all it is, for a person: ``2 of 30``."""
    configs: dict[str, Config]
    """Directories below the sweep's to what is trained there."""
    note: str = ""
    """What a person is told of its setting."""

    def begun_again(self, how: str) -> str:
        """What a person is told where its process died, and how, and it goes on in another."""
        return tr(
            "{title}: its process ended before it was done ({how}); it goes on in another",
            title=f"{self.title}, {self.name}",
            how=how,
        )


@dataclass(frozen=True)
class Ended:
    """How a trial ended. It can be sent to another process."""

    how: Literal["trained", "pruned", "failed", "lost", "out of time", "broken"]
    """``failed`` by its own setting, ``lost`` by its process or its directory; ``broken`` by what
    would end the others as well."""
    error: Exception | None = None
    """Of the last three but the time."""
    place: str = ""
    """The directory of the training that was pruned or failed."""

    @classmethod
    def died(cls, how: str) -> "Ended":
        """The end of one whose process died, and how, `TRIES` times."""
        error = NsmcError(
            "its process ended {tries} times before it was done ({how}). If memory ran out, "
            "use fewer --jobs; the same command goes on with it",
            tries=TRIES,
            how=how,
        )
        return cls("lost", error)


class TrialSource(Protocol):
    """Which trials there are; called in the process that leads the sweep."""

    deadline: float | None
    """The time (`time.time`) at which all trainings stop; None is never."""

    def next(self) -> Trial | None:
        """The next to be trained; None if there is no further one."""

    def epoch_done(self, trial: Trial, place: str, record: Record) -> bool:
        """Take the record of an epoch; False ends the trial as pruned."""

    def end(self, trial: Trial, ended: Ended) -> None:
        """Take what came of a trial.

        Raises:
            Exception: what ends all others.
        """


class Watch(Protocol):
    """Sees every step of one training."""

    def hear(self, event: "Event", state: "TrainingState") -> None:
        """Take the start, a step or an epoch's end."""

    def tokenized(self, done: int, total: int) -> None:
        """Take that ``done`` more reviews of ``total`` are tokenized."""

    def close(self) -> None:
        """Take the end."""


class Observer(Protocol):
    """Shows a person what happens; called in the process that leads the sweep."""

    def say(self, text: str) -> None:
        """Take a message."""

    def epoch(self, place: str, config: Config, record: Record) -> None:
        """Take the record of an epoch of a training that no `Watch` sees."""

    def watch(self) -> Watch:
        """Begin to watch a training of this process."""


class Link(Protocol):
    """The way from the process that trains to the one that leads."""

    def say(self, text: str) -> None:
        """Send a message for a person."""

    def epoch(self, place: str, record: Record) -> bool:
        """Send the record of an epoch; False if the trial is to end."""

    def watch(self) -> Watch | None:
        """What sees every step of the next training, if anything does."""


@dataclass(frozen=True)
class Training:
    """What all trainings of a sweep share. It can be sent to another process."""

    parent: Path
    """The sweep's directory, absolute."""
    data: Path | None = None
    """The reviews; None are the official ones."""
    reading: ReadOptions = field(default_factory=ReadOptions)
    device: str = "auto"
    log_to: "Sequence[LoggerName]" = ()

    def check_reviews(self, output: OutputDirectory) -> None:
        """Refuse a directory whose training is on other reviews: it would pass for one on these.

        Raises:
            NsmcError: it is.
        """
        data = official_data() if self.data is None else self.data
        output.check_reviews(data, self._sha256)

    @cached_property
    def _sha256(self) -> str:
        return reviews_sha256(official_data() if self.data is None else self.data)


Executor = Callable[[TrialSource, Training, Observer], None]
"""Has all trials of a source trained, and raises what its `TrialSource.end` raises."""


class BudgetSpent(Exception):
    """The time is over; the training that ran has a checkpoint of its last step."""


class _Pruned(Exception):
    """The trial isn't worth another epoch."""


def train_trial(
    trial: Trial,
    training: Training,
    deadline: float | None,
    link: Link,
    clock: Callable[[], float] = time.time,
) -> Ended:
    """Do the trainings of a trial that aren't done yet; what was interrupted goes on.

    At the ``deadline``, in seconds of the ``clock``, it stops, in the middle of a training as well.
    """
    for place, config in trial.configs.items():
        title = f"{trial.title}, {place}"
        try:
            output = OutputDirectory(training.parent / place)
            if is_trained(output, config, training):
                link.say(tr("{title}: trained already", title=title))
                continue
            if deadline is not None and clock() >= deadline:
                return Ended("out of time")
            link.say(tr("{where}: {what}", where=title, what=trial.note) if trial.note else title)
            _train(output, place, config, training, deadline, link, clock)
        except _Pruned:
            return Ended("pruned", place=place)
        except BudgetSpent:
            return Ended("out of time")
        except (DivergedError, DeviceError) as error:
            return Ended("failed", error, place)
        except ClaimedError as error:
            return Ended("lost", error, place)
        except NsmcError as error:
            return Ended("broken", error, place)
    return Ended("trained")


def is_trained(output: OutputDirectory, config: Config, training: Training) -> bool:
    """Whether the training of a config in a directory has ended.

    Raises:
        UsageError: the directory has a training of another config, or of a table read otherwise.
        NsmcError: it has one on other reviews.
    """
    if not output.recipe.is_file():
        return False
    started, _, started_reading = output.started_with()
    if (started, started_reading) != (config, training.reading):
        raise UsageError(
            "{path} was trained with another config or other options of tables; name another "
            "--output",
            path=output.path,
        )
    training.check_reviews(output)
    return output.has_ended()


def _train(
    output: OutputDirectory,
    place: str,
    config: Config,
    training: Training,
    deadline: float | None,
    link: Link,
    clock: Callable[[], float],
) -> None:
    """Train a config in a directory, or go on with it there.

    Raises:
        BudgetSpent, _Pruned: it was ended.
        NsmcError: as `nsmc.train`.
    """
    from nsmc.training.api import train
    from nsmc.training.loop import EpochDone
    from nsmc.training.run import Started
    from nsmc.training.state import save_checkpoint

    begun, watch = output.recipe.is_file(), link.watch()

    def warn(text: str) -> None:
        link.say(text if watch else tr("{where}: {what}", where=place, what=text))

    def listen(event: "Event", state: "TrainingState") -> None:
        if watch:
            watch.hear(event, state)
        if isinstance(event, Started):
            return  # or a short time would be over before a step, again and again
        if isinstance(event, EpochDone) and not link.epoch(place, state.counters.history[-1]):
            raise _Pruned
        if deadline is not None and clock() >= deadline:
            save_checkpoint(state, output.checkpoints)
            raise BudgetSpent

    with closing(watch) if watch else nullcontext():
        train(
            config,
            data=training.data,
            reading=None if begun else training.reading,
            output=output.path,
            device=training.device,
            resume=begun,
            listen=listen,
            tokenized=watch.tokenized if watch else lambda done, total: None,
            warn=warn,
            log_to=training.log_to,
        )
