"""Label columns as a table gives them, and tasks of recipes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from nsmc.config.schema import load_config
from nsmc.data.label_columns import LabelColumn
from nsmc.tasks.registry import make_task

Column = Callable[..., dict[str, LabelColumn]]


@pytest.fixture(scope="session")
def columns() -> Column:
    """Make columns from their cells, name by name; an empty cell is ``""``."""

    def make(**cells: Sequence[str]) -> dict[str, LabelColumn]:
        result = {}
        for name, texts in cells.items():
            names = list(dict.fromkeys(text for text in texts if text))
            result[name] = LabelColumn(
                name,
                np.array([names.index(text) if text else -1 for text in texts], np.int32),
                tuple(names),
                tuple(texts.index(text) + 1 for text in names),
                texts.index("") + 1 if "" in texts else 0,
            )
        return result

    return make


@pytest.fixture(scope="session")
def task_of() -> Callable[..., Any]:
    """Make the task of a recipe: (name, *overrides, state=…)."""

    def make(name: str, *overrides: str, state: dict[str, Any] | None = None) -> Any:
        return make_task(load_config(None, [f"task={name}", *overrides]), state)

    return make
