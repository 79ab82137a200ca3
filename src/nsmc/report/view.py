"""The base of the report's views: a view shows one kind of prediction, and nothing else in the
report depends on the task.

Shapes: R reviews.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nsmc.config.text import UNIT_NAMES
from nsmc.evaluation.curves import Table
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.report.charts import Chart
from nsmc.report.display import DisplayText
from nsmc.report.examples import Example
from nsmc.report.sentence_space import sentence_space


class View(ABC):
    """The reviews that have one kind of label, with the metrics, tables and charts about them.

    Only the ``leading`` view, the report's first one, has the picture of the space.
    """

    template: ClassVar[str]
    """The file of ``templates/`` with this view's sections of the page."""
    space_columns: ClassVar[tuple[str, ...]]
    """The columns of the picture's table besides rows, places and comments."""

    def __init__(self, scored: ScoredReviews, *, leading: bool) -> None:
        self.scored = scored
        self.leading = leading

    @property
    def units(self) -> str:
        """What comments are cut into, in the plural."""
        return UNIT_NAMES[self.scored.classifier.text_config.unit]

    @abstractmethod
    def metrics(self) -> dict[str, Any]:
        """What a report has beyond the metrics of `nsmc.evaluate`; None for what is undefined."""

    @abstractmethod
    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """All tables by the names of their files; the same files for any data."""

    @abstractmethod
    def charts(self, metrics: Mapping[str, Any]) -> dict[str, Chart]:
        """The charts by their ``id`` in the template, without its ``chart-``."""

    @abstractmethod
    def chosen(self) -> dict[str, list[int]]:
        """Places of the comments to explain, by the names of their lists, most telling first."""

    @abstractmethod
    def label(self, place: int) -> tuple[Any, DisplayText]:
        """The label of a comment: as it stands in JSON, and for a person."""

    @abstractmethod
    def predicted(self, place: int) -> tuple[DisplayText, str]:
        """The prediction of a comment, and a remark on it."""

    def explain(
        self, chosen: Mapping[str, Sequence[int]], progress: Callable[[], None] | None = None
    ) -> dict[str, list[Example]]:
        """Explain the comments at some places, by the names of their lists.

        ``progress`` is called after each comment.
        """
        scored = self.scored
        texts = {scored.texts[place] for places in chosen.values() for place in places}
        copies = Counter(
            (text, self.label(place)[0]) for place, text in enumerate(scored.texts) if text in texts
        )

        def example(place: int) -> Example:
            text = scored.texts[place]
            given, label = self.label(place)
            explanation = scored.classifier.explain(text)
            if progress:
                progress()
            row, shown = int(scored.rows[place]), self.predicted(place)
            return Example(row, given, label, *shown, copies[text, given], explanation)

        return {name: [example(place) for place in places] for name, places in chosen.items()}

    def space_metrics(
        self, toward: NDArray[np.float64] | None, **columns: NDArray[Any]
    ) -> dict[str, Any] | None:
        """What `sentence_space` gives for the `space_columns`; None where there is no picture."""
        return sentence_space(self.scored, toward, **columns) if self.leading else None

    def space_table(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """The picture's table, without rows where there is no picture."""
        if not self.leading:
            return {}
        names = ("row", "x", "y", *self.space_columns, "document")
        space = metrics["space"]
        return {"space": space["points"] if space else {name: [] for name in names}}


def stacked(name: str, tables: Mapping[str, Table]) -> Table:
    """Tables of the same columns below one another, with their names as the first column."""
    names = [key for key, table in tables.items() for _ in next(iter(table.values()))]
    columns = next(iter(tables.values()))
    return {
        name: names,
        **{c: [value for table in tables.values() for value in table[c]] for c in columns},
    }
