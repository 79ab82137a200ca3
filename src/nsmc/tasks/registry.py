"""Every task by the name that a recipe gives it."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

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


def make_task(recipe: Mapping[str, Any], state: Mapping[str, Any] | None = None) -> "Task":
    """The task of a recipe.

    Args:
        recipe: as plain values; one without ``task``, of an older model, is of the sentiment.
        state: what `Task.state` gave when it was trained; None for one to be trained.
    """
    module, _, name = TASKS[recipe.get("task", "sentiment")].partition(":")
    made: Task = getattr(import_module(module), name)(recipe, state)
    return made
