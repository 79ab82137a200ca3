"""What a classifier adds to a table, whatever holds the table: a file, Arrow, Ray or Spark."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from nsmc.errors import UsageError
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.classify import map_outputs
from nsmc.tables.columns import DEFAULT_COLUMN

Kind = Literal["text", "number", "count"]
"""What a new column holds."""
Cells = list[list[Any]]
"""The cells of each new column, one a row of a chunk; None for an empty one."""


class Scorer:
    """Makes new columns of comments.

    Args:
        classifier: as `nsmc.load` gives it.
        probabilities: also each class's, in columns ``probability_<class>``.

    Attributes:
        kinds: the new columns, which are the task's ``results`` first.

    Raises:
        UsageError: ``probabilities`` of a model without classes.
    """

    def __init__(self, classifier: Classifier[Any], *, probabilities: bool = False) -> None:
        task = classifier.task
        if probabilities and not task.classes:
            raise UsageError(
                f"probabilities of each class are for models of classes; the task of "
                f"{classifier.model.path} is {task.name!r}"
            )
        self.classifier = classifier
        self.kinds: dict[str, Kind] = dict(task.results)
        if probabilities:
            self.kinds |= {f"probability_{name}": "number" for name in task.classes}

    def __call__(
        self, chunks: Iterable[list[str]], *, workers: int | None = None
    ) -> Iterator[Cells]:
        """The new cells of each chunk of comments, in order; errors are those of `map_outputs`."""
        classifier, task = self.classifier, self.classifier.task
        for outputs in map_outputs(chunks, classifier, workers=workers):
            columns = list(task.columns_of(outputs, classifier.threshold).values())
            if len(columns) < len(self.kinds):
                columns += task.probabilities(outputs).values()
            yield columns


def text_columns(classifier: Classifier[Any]) -> dict[str, Any]:
    """Which column holds the comments where none is named: arguments of `choose_text_column`."""
    # A table like the one trained on may have labels, too, which are no comments.
    specs = classifier.task.label_columns()
    others = [name for spec in specs for name in (spec.name, *spec.other_names)]
    return {"usual": classifier.model.config.data.column or DEFAULT_COLUMN, "others": others}
