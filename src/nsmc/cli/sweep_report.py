"""The progress of a sweep, and what came of it: the best, and the command that trains it again."""

import argparse
import shlex
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import format_duration, say
from nsmc.cli.training_report import Reporter
from nsmc.messages.translate import tr

if TYPE_CHECKING:
    from nsmc.config.schema import Config
    from nsmc.sweeps.outcomes import Outcome
    from nsmc.tasks.task import Task

NOT_REPEATED = ("help", "output", "resume", "seeds", "sweep", "jobs", "engine", "fields", "debug")
"""Options of `nsmc train` that aren't those of one training of a sweep."""


class SweepReporter:
    """Shows the trainings of a sweep: an `nsmc.sweeps.trials.Observer`."""

    def say(self, text: str) -> None:
        """Print a message."""
        say(text)

    def epoch(self, place: str, config: "Config", record: Mapping[str, Any]) -> None:
        """Print a line on an epoch of one of several trainings that go on at a time."""
        from nsmc.tasks.registry import task_class

        metric = task_class(config.task).metric
        say(
            "{place}  epoch {epoch}/{epochs}  validation loss {loss:.4f}  {metric} {value}  {time}",
            place=place,
            epoch=record["epoch"],
            epochs=config.training.epochs,
            loss=record["validation_loss"],
            metric=tr(metric.words),
            value=metric.show(record[f"validation_{metric.name}"]),
            time=format_duration(record["seconds"]),
        )

    def watch(self) -> Reporter:
        """Show every step of a training of this process."""
        return Reporter()


def say_best(
    outcomes: "Sequence[Outcome]",
    task: "Task",
    args: argparse.Namespace,
    options: argparse.ArgumentParser,
) -> None:
    """Name the setting with the lowest validation loss, and the command that repeats it.

    ``options`` are those of `nsmc train`, of which ``args`` are the values.
    """
    from nsmc.sweeps.outcomes import best_of

    best, metric = best_of(outcomes, task.name), task.metric
    if best is None:
        return
    values = [record[f"validation_{metric.name}"] for record in best.best_epochs]
    means = tr(" in the mean") if len(values) > 1 else ""
    say(
        "best of {count}: {name}, validation {metric} {value}, loss {loss:.4f}{means}",
        count=sum(bool(one.histories) for one in outcomes),
        name=best.name,
        metric=tr(metric.words),
        value=metric.show(mean(values)),
        loss=best.loss,
        means=means,
    )
    say("train it again with: {command}", command=command(args, options, best.setting))


def command(
    args: argparse.Namespace, options: argparse.ArgumentParser, setting: Mapping[str, Any]
) -> str:
    """`nsmc train` with the options of a sweep, and the fields that it set."""
    words = ["nsmc", "train"]
    for action in options._actions:
        value = getattr(args, action.dest, action.default)
        if action.dest in NOT_REPEATED or value == action.default:
            continue
        if action.dest == "epochs" and "training.epochs" in setting:
            continue  # it would win over what the sweep set
        option = action.option_strings[-1]
        if action.nargs == 0:
            words.append(option)
        else:
            for one in value if isinstance(value, list) else [value]:
                words += [option, str(one)]
    for name, value in setting.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        words += ["--set", f"{name}={text}"]
    if args.seeds:
        words += ["--seeds", *map(str, args.seeds)]
    return shlex.join(words)
