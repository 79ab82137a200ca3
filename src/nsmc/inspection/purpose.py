"""What a model of each task does with a comment, in a clause: ``gives …``."""

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
        clause = (
            "gives the probability that a Korean comment is positive (긍정); it predicts so from "
            f"{threshold:g} on"
        )
        return f"{clause}. Besides, it {_stars(task.star_scale)}" if task.star_scale else clause
    if isinstance(task, Classes):
        names = ", ".join(task.classes[:NAMED]) + (", …" if task.outputs > NAMED else "")
        return (
            f"gives the probability of each of {task.outputs} classes ({names}), and "
            "predicts the likeliest"
        )
    if isinstance(task, LanguageModelTask):
        return "tells how likely a Korean text is, unit by unit, and how it may go on"
    if isinstance(task, LabelTask) and task.star_scale:
        return _stars(task.star_scale)
    return f"answers as its task {task.name!r} has it"


def _stars(scale: StarScale) -> str:
    return f"gives a Korean comment stars, from {scale.low:g} to {scale.high:g}"
