"""긍정 or 부정, and the stars beside it: two heads on one network.

Shapes: R reviews, B reviews of a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError
from nsmc.tasks.metrics import star_metrics
from nsmc.tasks.predictions import Prediction, StarScale, optional, rounded_number
from nsmc.tasks.sentiment import Sentiment, SentimentPrediction
from nsmc.tasks.stars import read_stars
from nsmc.tasks.task import Floats, rounded

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class SentimentStarsPrediction(SentimentPrediction):
    """The sentiment and the stars of one comment."""

    stars: float | None
    """None if there is nothing legible in the comment."""

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is no label."""
        return {**super().to_dict(), "stars": rounded_number(self.stars)}


class SentimentStars(Sentiment):
    """Two outputs: the log odds of positive, and the stars on a scale from -1 to 1.

    A review may have either without the other: the loss of what it lacks is left out.
    """

    name = "sentiment+stars"
    stars_setting = "stars"
    _needs_both = False
    outputs = 2
    prediction = SentimentStarsPrediction
    results: ClassVar = {**Sentiment.results, "stars": "number"}
    star_scale: StarScale

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, state)
        self.star_scale = StarScale(config.stars.low, config.stars.high)

    def label_columns(self) -> list[LabelColumnSpec]:
        """The column of stars and that of labels, of which either is enough."""
        return [
            LabelColumnSpec(self.config.stars.column, required=False, other_names=("stars",)),
            LabelColumnSpec(super().label_columns()[0].name, required=False, sentiment=True),
        ]

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """Check that both heads have something to learn from."""
        targets = self.targets(columns, source)
        for place, task in enumerate(("stars", "sentiment")):
            if np.isnan(targets[:, place]).all():
                raise DataError(
                    "{source}: expected reviews with a label, found none; train with the task "
                    "{task!r}, or name the columns with data.label_column and stars.column"
                    if task == "stars"
                    else "{source}: expected reviews with a number of stars, found none; train "
                    "with the task {task!r}, or name the columns with data.label_column and "
                    "stars.column",
                    source=source,
                    task=task,
                )
        return super().learn(columns, source)

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """[R, 2]: 0 or 1, and stars; NaN where unknown.

        A review without a label takes it from its stars, as in NSMC: few are negative, many
        positive.
        """
        stars_name, label_name = (spec.name for spec in self.label_columns())
        if not columns:
            raise DataError(
                "{source}: expected a column {stars_name!r} or {label_name!r}, found neither; "
                "name them with stars.column and data.label_column",
                source=source,
                stars_name=stars_name,
                label_name=label_name,
            )
        reviews = len(next(iter(columns.values())).codes)
        targets = np.full((reviews, 2), np.nan, np.float32)  # [R, 2]
        if stars_name in columns:
            column = columns[stars_name]
            targets[:, 1] = read_stars(self.star_scale, column, source, empty_too=False)
            options = self.config.stars
            targets[targets[:, 1] <= options.negative_to, 0] = 0
            targets[targets[:, 1] >= options.positive_from, 0] = 1
        if label_name in columns:
            column = columns[label_name]
            numbers = self._read(column, source, empty_too=False)  # [names]
            labelled = column.codes >= 0  # [R]
            targets[labelled, 0] = numbers[column.codes[labelled]]
        if (empty := np.isnan(targets).all(axis=1)).any():
            raise DataError(
                "{source}: expected a label or a number of stars for each review, found "
                "{rows:,} with neither; remove these rows",
                source=source,
                rows=int(empty.sum()),
            )
        return targets

    def _loss(self, outputs: "Tensor", targets: "Tensor", prior: float) -> "Tensor":
        """Binary cross-entropy of the labels, and ``stars.weight`` of the stars' squared error."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        known = ~targets.isnan()  # [B, 2]
        values = targets.nan_to_num()  # [B, 2]
        odds = outputs[:, 0] + prior  # [B]
        labels = binary_cross_entropy_with_logits(odds, values[:, 0], reduction="none")  # [B]
        stars: Tensor = outputs[:, 1] - self.star_scale.to_outputs(values[:, 1])  # [B]
        # Over all reviews, so that a batch of few labels doesn't make much of each.
        weight = self.config.stars.weight
        return (labels * known[:, 0] + weight * stars.square() * known[:, 1]).mean()

    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Whether each that has a label is right."""
        right = super().metric_values(outputs, targets)  # [B]
        return right.masked_fill(targets[:, 0].isnan(), float("nan"))

    def calibration(self, outputs: Floats, targets: Floats) -> tuple[dict[str, Any], Floats]:
        """A temperature for the log odds; the stars stay."""
        labelled = ~np.isnan(targets[:, 0])  # [R]
        record, scales = super().calibration(outputs[labelled], targets[labelled])
        return record, np.append(scales, np.float32(1))

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """Those of the sentiment, and ``stars``."""
        stars = self.star_scale.stars(outputs[:, 1])
        return {**super().columns_of(outputs, threshold), "stars": rounded(stars)}

    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        """A `SentimentStarsPrediction` each."""
        stars = optional(self.star_scale.stars(outputs[:, 1]))
        sentiments = super().predictions(texts, outputs, threshold)
        return [
            SentimentStarsPrediction(**vars(sentiment), stars=number)
            for sentiment, number in zip(sentiments, stars, strict=True)
        ]

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """The sentiment's, of reviews with a label; ``stars``, of those that have some."""
        labelled, starred = ~np.isnan(targets).T  # [R], [R]
        metrics: dict[str, Any] = {}
        if labelled.any():
            metrics = super().metrics(outputs[labelled], targets[labelled], threshold)
        if starred.any():
            stars = self.star_scale.stars(outputs[starred, 1])
            metrics["stars"] = star_metrics(targets[starred, 1], stars)
        return metrics
