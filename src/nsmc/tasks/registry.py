"""Every task by the name that a config gives it."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nsmc.config.schema import Config
from nsmc.config.tasks import TaskName

if TYPE_CHECKING:
    from nsmc.tasks.task import Task

TASKS: dict[TaskName, str] = {
    "sentiment": "nsmc.tasks.sentiment:Sentiment",
    "classes": "nsmc.tasks.classes:Classes",
    "stars": "nsmc.tasks.stars:Stars",
    "sentiment+stars": "nsmc.tasks.sentiment_stars:SentimentStars",
    "language-model": "nsmc.tasks.language_model:LanguageModelTask",
}
"""Module and class: a task is imported when it is asked for."""


def make_task(config: Config, state: Mapping[str, Any] | None = None) -> "Task":
    """Make a config's task: with a training's `Task.state`, or None for one to be trained."""
    return task_class(config.task)(config, state)


def task_class(name: str) -> "type[Task]":
    """The class of the task of that name, which holds what is the same for every config."""
    module, _, of_module = TASKS[name].partition(":")  # type: ignore[index]
    task: type[Task] = getattr(import_module(module), of_module)
    return task
