"""A kind of answer, judged: what it adds to a report.

A report has a view for each kind of answer that a task gives; nothing else in it knows of tasks.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from nsmc.config.text import UNIT_NAMES
from nsmc.evaluation.curves import Table
from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.report.parts import Example, PagePart
from nsmc.report.sentence_space import Space
from nsmc.tasks.task import DisplayText


class View(ABC):
    """The reviews that have this kind of label, and what is told of them.

    Args:
        scored: these reviews alone.
        leading: whether the report has no other view before it; only the first has the picture of
            the space.
    """

    space_columns: ClassVar[tuple[str, ...]]
    """What the picture's table has beside rows, places and comments."""

    def __init__(self, scored: ScoredReviews, *, leading: bool) -> None:
        self.scored = scored
        self.leading = leading

    @property
    def units(self) -> str:
        """What comments are cut into, in the plural."""
        return UNIT_NAMES[self.scored.classifier.text_config.unit]

    @abstractmethod
    def metrics(self) -> dict[str, Any]:
        """What a report tells beyond the figures of `nsmc.evaluate`; None for what is undefined."""

    @abstractmethod
    def tables(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """All tables by the names of their files; they are the same files for any data."""

    @abstractmethod
    def chosen(self) -> dict[str, list[int]]:
        """Places of the comments to explain, by the names of their lists, most telling first."""

    @abstractmethod
    def label(self, place: int) -> tuple[Any, DisplayText]:
        """What a comment was labelled: as it stands in JSON, and for a person."""

    @abstractmethod
    def called(self, place: int) -> tuple[DisplayText, str]:
        """What the model says of a comment, and what stands below that."""

    @abstractmethod
    def page(
        self, metrics: Mapping[str, Any], examples: Mapping[str, Sequence[Example]]
    ) -> PagePart:
        """The sections of the page."""

    def space_figures(self, space: Space | None, **columns: Sequence[Any]) -> dict[str, Any] | None:
        """The picture's points with `space_columns`, each [S]; None where there is no picture."""
        if space is None:
            return None
        points = {
            "row": self.scored.rows[space.chosen].tolist(),
            "x": space.x,
            "y": space.y,
            **columns,
            "document": [self.scored.texts[place] for place in space.chosen.tolist()],
        }
        return {"points": points, "variance": space.variance}

    def space_table(self, metrics: Mapping[str, Any]) -> dict[str, Table]:
        """The picture's table, of no row where there is no picture."""
        if not self.leading:
            return {}
        names = ("row", "x", "y", *self.space_columns, "document")
        space = metrics["space"]
        return {"space": space["points"] if space else {name: [] for name in names}}


def views_of(scored: ScoredReviews) -> list[View]:
    """The views of a task's answers, the leading one first; of reviews that have such labels."""
    from nsmc.report.binary_view import BinaryView
    from nsmc.report.class_view import ClassesView
    from nsmc.report.regression_view import RegressionView

    kinds: list[tuple[type[View], Any]] = []
    if scored.choices is not None:
        binary = scored.choices.threshold is not None
        kinds.append((BinaryView if binary else ClassesView, scored.choices.labels >= 0))
    if scored.numbers is not None:
        kinds.append((RegressionView, scored.numbers.given == scored.numbers.given))  # not NaN
    found: list[View] = []
    for kind, labelled in kinds:
        if labelled.any():
            found.append(kind(scored.take(labelled), leading=not found))
    return found


def stacked(name: str, tables: Mapping[str, Table]) -> Table:
    """Tables of the same columns below one another, with their names as the first column."""
    names = [key for key, table in tables.items() for _ in next(iter(table.values()))]
    columns = next(iter(tables.values()))
    return {
        name: names,
        **{c: [value for table in tables.values() for value in table[c]] for c in columns},
    }
