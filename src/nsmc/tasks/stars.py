"""Stars: one number, learnt by squared error.

Shapes: R reviews, B reviews of a batch, N subsets of a comment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.config.tasks import StarsConfig
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.tasks.metrics import star_metrics
from nsmc.tasks.predictions import RegressionPredictions
from nsmc.tasks.task import (
    DisplayText,
    ExplanationLabels,
    Floats,
    LabelTask,
    Metric,
    Prediction,
    Value,
    rounded,
)

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class StarsPrediction(Prediction):
    """The stars of one comment."""

    stars: float
    """From the fewest to the most that the recipe knows; NaN if there is nothing legible."""

    @property
    def legible(self) -> bool:
        """Whether there was anything in the comment to score."""
        return not np.isnan(self.stars)

    def shown(self) -> DisplayText:
        """``★9.3``."""
        return DisplayText(shown_stars(self.stars))

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there are no stars."""
        return {"text": self.text, "stars": round(self.stars, 6) if self.legible else None}


class Stars(LabelTask):
    """Stars as a number, mean squared error of their scale from -1 to 1, mean absolute error."""

    name = "stars"
    metric = Metric(
        "absolute_error", "mean absolute error (stars)", unit=" stars", higher_is_better=False
    )
    label_setting = "stars.column"
    outputs = 1
    results: ClassVar = {"stars": "number"}
    terms = ExplanationLabels("stars", "stars", "fewer stars", "more stars", signed=False)

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, state)
        self.scale = StarScale.of(config.stars)

    def purpose(self, threshold: float) -> str:
        """See `Task.purpose`."""
        return self.scale.purpose

    def label_columns(self) -> list[LabelColumnSpec]:
        """The column of stars."""
        return [LabelColumnSpec(self.config.stars.column)]

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """[R, 1] stars."""
        return self.scale.read(columns[self.label_columns()[0].name], source)[:, None]

    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Mean squared error, of half the scale's length as the unit."""
        return (outputs - (targets - self.scale.middle) / self.scale.half).square().mean()

    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The absolute error of each, in stars."""
        scale = self.scale
        stars = (outputs * scale.half + scale.middle).clamp(scale.low, scale.high)  # [B, 1]
        return (stars - targets).abs()[:, 0]

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """``stars``."""
        return {"stars": rounded(self.scale.stars(outputs[:, 0]))}

    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        """A `StarsPrediction` each."""
        stars = self.scale.stars(outputs[:, 0]).tolist()
        return [StarsPrediction(text, found) for text, found in zip(texts, stars, strict=True)]

    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """The stars, before they are cut to their scale."""
        scale = self.scale
        return "★", lambda found: found[:, 0].astype(np.float64) * scale.half + scale.middle

    def numbers(self, outputs: Floats, targets: Floats) -> RegressionPredictions:
        """The stars."""
        return self.scale.numbers(outputs[:, 0], targets[:, 0])

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """See `nsmc.tasks.metrics.star_metrics`."""
        return star_metrics(targets[:, 0], self.scale.stars(outputs[:, 0]))

    def metric_lines(self, metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
        """`metrics` for a person."""
        return star_lines(metrics)


@dataclass(frozen=True)
class StarScale:
    """The fewest and the most stars, and the way between them and what the network gives."""

    low: float
    high: float

    @classmethod
    def of(cls, config: StarsConfig) -> "StarScale":
        """The scale of a config."""
        return cls(config.low, config.high)

    @property
    def purpose(self) -> str:
        """What a model does that gives some."""
        return f"gives a Korean comment stars, from {self.low:g} to {self.high:g}"

    @property
    def middle(self) -> float:
        """What an output of 0 stands for."""
        return (self.low + self.high) / 2

    @property
    def half(self) -> float:
        """Stars from the middle to an end."""
        return (self.high - self.low) / 2

    def stars(self, outputs: NDArray[Any]) -> NDArray[np.float64]:
        """Outputs [R] in stars [R], none beyond the ends of the scale."""
        found: NDArray[np.float64] = outputs.astype(np.float64) * self.half + self.middle
        return found.clip(self.low, self.high)

    def numbers(self, outputs: NDArray[Any], given: Floats) -> RegressionPredictions:
        """Outputs [R] beside the stars given [R], to be judged."""
        return RegressionPredictions(
            given.astype(np.float64), self.stars(outputs), self.low, self.high
        )

    def read(self, column: LabelColumn, source: str, *, empty_too: bool = True) -> Floats:
        """Stars [R] of a column; NaN for an empty cell.

        Raises:
            DataError: a cell isn't a number between the ends of the scale.
        """
        numbers = column.numbers()  # [names]
        wrong = np.flatnonzero(~((numbers >= self.low) & (numbers <= self.high))).tolist()
        column.refuse(
            wrong,
            source,
            f"a number from {self.low:g} to {self.high:g}",
            empty_too=empty_too,
        )
        with_empty = np.append(numbers, np.nan)  # the last one for the code -1
        return with_empty[column.codes].astype(np.float32)


def shown_stars(stars: float) -> str:
    """``★9.3``; where there are none, a dash of that width."""
    return "   —" if np.isnan(stars) else f"★{stars:.1f}"


def star_lines(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What `nsmc.tasks.metrics.star_metrics` found, for a person."""
    rank = metrics["rank_correlation"]
    return [
        (
            "mean absolute error",
            f"{metrics['mean_absolute_error']:.3f} stars  (always {metrics['median']:g}: "
            f"{metrics['mean_absolute_error_of_median']:.3f})",
        ),
        ("root mean square", f"{metrics['root_mean_square_error']:.3f} stars"),
        (
            "rank correlation",
            "undefined: all have the same stars" if rank is None else f"{rank:.4f}  (Spearman)",
        ),
        ("within one star", f"{metrics['within_one']:.2%}"),
    ]
