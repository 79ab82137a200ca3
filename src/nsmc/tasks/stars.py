"""Stars: one number, learnt by squared error.

Shapes: R reviews, B reviews of a batch, N subsets of a comment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError
from nsmc.messages.translate import mark, tr
from nsmc.tasks.metrics import Metric, star_metrics
from nsmc.tasks.predictions import Prediction, StarScale, optional, rounded_number
from nsmc.tasks.task import Floats, LabelTask, Value, rounded

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class StarsPrediction(Prediction):
    """The stars of one comment."""

    stars: float | None
    """On the scale of the config; None if there is nothing legible."""

    @property
    def legible(self) -> bool:
        """Whether there are stars."""
        return self.stars is not None

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there are no stars."""
        stars = rounded_number(self.stars)
        return {"text": self.text, "stars": stars, **self.notes()}


class Stars(LabelTask):
    """A number of stars, squared error of their scale from -1 to 1, mean absolute error."""

    name = "stars"
    metric = Metric(
        "absolute_error", "mean absolute error (stars)", unit=mark(" stars"), higher_is_better=False
    )
    label_setting = "stars.column"
    outputs = 1
    prediction = StarsPrediction
    results: ClassVar = {"stars": "number"}
    explains = "stars"
    star_scale: StarScale

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, state)
        self.star_scale = StarScale(config.stars.low, config.stars.high)

    def label_columns(self) -> list[LabelColumnSpec]:
        """The column of stars."""
        return [LabelColumnSpec(self.config.stars.column, other_names=("stars",))]

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """Check that there is something to learn.

        Raises:
            DataError: a cell is no star, or all are the same.
        """
        stars = self.targets(columns, source)  # [R, 1]
        if stars.min() == stars.max():
            raise DataError(
                "{source}, column {column!r}: expected different numbers of stars, found "
                "{count:,} that are all {value:g}; from one alone nothing can be learnt",
                source=source,
                column=self.label_columns()[0].name,
                count=len(stars),
                value=stars.min(),
            )
        return self

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """[R, 1] stars."""
        column = columns[self.label_columns()[0].name]
        return read_stars(self.star_scale, column, source)[:, None]

    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Mean squared error, of half the scale's length as the unit."""
        errors: Tensor = outputs - self.star_scale.to_outputs(targets)  # [B, 1]
        return errors.square().mean()

    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The absolute error of each, in stars."""
        scale = self.star_scale
        stars = (outputs * scale.half + scale.middle).clamp(scale.low, scale.high)  # [B, 1]
        return (stars - targets).abs()[:, 0]

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """``stars``."""
        return {"stars": rounded(self.star_scale.stars(outputs[:, 0]))}

    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        """A `StarsPrediction` each."""
        stars = optional(self.star_scale.stars(outputs[:, 0]))
        return list(map(StarsPrediction, texts, stars))

    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """The stars, before they are cut to their scale."""
        return "★", lambda of: self.star_scale.unclipped(of[:, 0])

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """See `nsmc.tasks.metrics.star_metrics`."""
        return star_metrics(targets[:, 0], self.star_scale.stars(outputs[:, 0]))


def read_stars(
    scale: StarScale, column: LabelColumn, source: str, *, empty_too: bool = True
) -> Floats:
    """Stars [R] of a column; NaN for an empty cell, which ``empty_too`` refuses.

    Raises:
        DataError: a cell isn't a number between the ends of the scale.
    """
    numbers = column.numbers()  # [names]
    wrong = np.flatnonzero(~((numbers >= scale.low) & (numbers <= scale.high))).tolist()
    expected = tr("a number from {low:g} to {high:g}", low=scale.low, high=scale.high)
    column.refuse(wrong, source, expected, empty_too=empty_too)
    with_empty = np.append(numbers, np.nan)  # the last one for the code -1
    return with_empty[column.codes].astype(np.float32)
