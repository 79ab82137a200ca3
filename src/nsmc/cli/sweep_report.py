"""What came of a sweep: the best of it, and the command that trains that again."""

import argparse
import shlex
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import say

if TYPE_CHECKING:
    from nsmc.tasks.task import Task
    from nsmc.training.several import Outcome

NOT_REPEATED = ("help", "output", "resume", "seeds", "sweep", "fields", "debug")
"""Options of `nsmc train` that aren't those of one training of a sweep."""


def say_best(
    outcomes: "Sequence[Outcome]",
    task: "Task",
    args: argparse.Namespace,
    options: argparse.ArgumentParser,
) -> None:
    """Name the setting with the lowest validation loss, and the command that repeats it.

    ``options`` are those of `nsmc train`, of which ``args`` are the values.
    """
    from nsmc.training.several import best_of

    best, metric = best_of(outcomes, task.name), task.metric
    if best is None:
        return
    values = [record[f"validation_{metric.name}"] for record in best.best_epochs]
    means = " in the mean" if len(values) > 1 else ""
    whole = sum(bool(one.histories) for one in outcomes)
    say(
        f"best of {whole}: {best.name}, validation {metric.words} {metric.show(mean(values))}, "
        f"loss {best.loss:.4f}{means}"
    )
    say(f"train it again with: {command(args, options, best.setting)}")


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
