"""The curves of a training as it goes, made to fit a terminal."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.cli.chart import Curve, draw
from nsmc.messages.translate import tr
from nsmc.tasks.metrics import Metric

POINTS = 400
"""Points of a training curve at most; what falls together is averaged."""
WIDEST = 120
NARROWEST = 30
SIDE_BY_SIDE = 76
"""Columns from which the two charts are beside one another."""


class TrainingChart:
    """Charts of the loss and the metric: training between updates, validation after each epoch.

    The x axis ends at ``epochs``.
    """

    def __init__(self, epochs: int, metric: Metric) -> None:
        self._epochs, self._metric = epochs, metric
        # Of each place on the x axis: how many, and the sums of their epochs, losses and metrics.
        self._sums: dict[int, NDArray[np.float64]] = {}
        self._validation: list[tuple[float, float, float]] = []

    @property
    def training(self) -> list[tuple[float, float, float]]:
        """The points of the training curves: epochs, loss, metric."""
        return [tuple((sums[1:] / sums[0]).tolist()) for sums in self._sums.values()]

    def add_training(self, epochs: float, loss: float, metric: float) -> None:
        """Add a point of the training curves, after a number of epochs that need not be whole."""
        place = int(POINTS * epochs / self._epochs)
        self._sums[place] = self._sums.get(place, 0.0) + np.array([1, epochs, loss, metric])

    def add_epoch(self, record: Mapping[str, Any]) -> None:
        """Add the record of an epoch."""
        epoch, name = record["epoch"], self._metric.name
        # Of an epoch before a resume, or shorter than an update, only the mean is known.
        if not self._sums or self.training[-1][0] <= epoch - 1:
            self.add_training(epoch - 0.5, record["train_loss"], record[f"train_{name}"])
        self._validation.append((epoch, record["validation_loss"], record[f"validation_{name}"]))

    def lines(self, columns: int, rows: int) -> list[str]:
        """Draw the charts for a terminal of this size; none where there is no room.

        The last column stays free, since some terminals begin a new line after it, and so do
        enough lines for the bar below and a few of what was said above.
        """
        width = min(columns - 1, WIDEST)
        if width < NARROWEST or rows < 14 or len(self._sums) + len(self._validation) < 2:
            return []
        if width >= SIDE_BY_SIDE:
            half, height = (width - 2) // 2, min(10, rows - 6)
            pairs = zip(self._draw(1, half, height), self._draw(2, half, height), strict=True)
            return ["  ".join(pair) for pair in pairs]
        return self._draw(1, width, 8) + (self._draw(2, width, 8) if rows >= 24 else [])

    def _draw(self, which: int, width: int, height: int) -> list[str]:
        """Draw the loss (1) or the metric (2)."""
        return draw(
            tr(
                "{name}: line training, o validation",
                name=tr("loss") if which == 1 else tr(self._metric.words),
            ),
            [
                Curve([(point[0], point[which]) for point in self.training]),
                Curve([(point[0], point[which]) for point in self._validation], "o"),
            ],
            width=width,
            height=height,
            ends=(0, self._epochs),
            label="{:.3f}".format if which == 1 else self._metric.brief,
        )
