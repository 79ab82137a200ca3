"""What a model of each task does with a comment, in a clause: ``gives …``."""

from nsmc.messages.translate import tr
from nsmc.tasks.classes import Classes
from nsmc.tasks.language_model import LanguageModelTask
from nsmc.tasks.predictions import StarScale
from nsmc.tasks.sentiment import Sentiment
from nsmc.tasks.task import LabelTask, Task

NAMED = 12
"""Classes that are named at most."""


def purpose(task: Task, threshold: float) -> str:
    """What a model of a task does, with its threshold if the task has one."""
    if isinstance(task, Sentiment):
        clause = tr(
            "gives the probability that a Korean comment is positive (긍정); it predicts so from "
            "{threshold:g} on",
            threshold=threshold,
        )
        return (
            clause + tr(". Besides, it {does}", does=_stars(task.star_scale))
            if task.star_scale
            else clause
        )
    if isinstance(task, Classes):
        names = ", ".join(task.classes[:NAMED]) + (", …" if task.outputs > NAMED else "")
        return tr(
            "gives the probability of each of {count} classes ({names}), and predicts the "
            "likeliest",
            count=task.outputs,
            names=names,
        )
    if isinstance(task, LanguageModelTask):
        return tr("tells how likely a Korean text is, unit by unit, and how it may go on")
    if isinstance(task, LabelTask) and task.star_scale:
        return _stars(task.star_scale)
    return tr("answers as its task {name!r} has it", name=task.name)


def _stars(scale: StarScale) -> str:
    return tr(
        "gives a Korean comment stars, from {low:g} to {high:g}", low=scale.low, high=scale.high
    )
