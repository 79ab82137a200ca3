"""The curves of a training as it goes, made to fit a terminal."""

from collections.abc import Mapping
from typing import Any

from nsmc.cli.chart import Curve, Point, draw
from nsmc.tasks.metrics import Metric

POINTS = 400
"""Points of a training curve at most; what falls together is averaged."""
WIDEST = 120
NARROWEST = 30
SIDE_BY_SIDE = 76
"""Columns from which the two charts stand beside one another."""


class _Mean:
    """The mean of the values at one place of the x axis."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.values = (0.0, 0.0, 0.0)
        self._count = 0

    def add(self, values: tuple[float, float, float]) -> None:
        self._count += 1
        x, loss, metric = (
            old + (new - old) / self._count for old, new in zip(self.values, values, strict=True)
        )
        self.values = (x, loss, metric)


class TrainingChart:
    """Charts of the loss and the metric: training between updates, validation after each epoch.

    Args:
        epochs: epochs at most: the end of the x axis.
        metric: the task's.
    """

    def __init__(self, epochs: int, metric: Metric) -> None:
        self._epochs, self._metric = epochs, metric
        self._training: list[_Mean] = []
        self._validation: list[tuple[float, float, float]] = []

    def add_training(self, epochs: float, loss: float, metric: float) -> None:
        """Add a point of the training curves, after a number of epochs that need not be whole."""
        place = int(POINTS * epochs / self._epochs)
        if not self._training or self._training[-1].place != place:
            self._training.append(_Mean(place))
        self._training[-1].add((epochs, loss, metric))

    def add_epoch(self, record: Mapping[str, Any]) -> None:
        """Add the record of an epoch."""
        epoch, name = record["epoch"], self._metric.name
        # Of an epoch before a resume, or shorter than an update, only the mean is known.
        if not self._training or self._training[-1].values[0] <= epoch - 1:
            self.add_training(epoch - 0.5, record["train_loss"], record[f"train_{name}"])
        self._validation.append((epoch, record["validation_loss"], record[f"validation_{name}"]))

    def lines(self, columns: int, rows: int) -> list[str]:
        """Draw the charts for a terminal of this size; none where there is no room.

        The last column stays free, since some terminals begin a new line after it, and so do
        enough lines for the bar below and a few of what was said above.
        """
        width = min(columns - 1, WIDEST)
        if width < NARROWEST or rows < 14 or len(self._training) + len(self._validation) < 2:
            return []
        if width >= SIDE_BY_SIDE:
            part = (width - 2) // 2
            charts = (self._draw(which, part, min(10, rows - 6)) for which in (1, 2))
            return ["  ".join(pair) for pair in zip(*charts, strict=True)]
        lines = self._draw(1, width, 8)
        if rows >= 24:
            lines += self._draw(2, width, 8)
        return lines

    def _draw(self, which: int, width: int, height: int) -> list[str]:
        """Draw the loss (1) or the metric (2)."""
        training: list[Point] = [(m.values[0], m.values[which]) for m in self._training]
        validation: list[Point] = [(values[0], values[which]) for values in self._validation]
        name = ("loss", self._metric.words)[which - 1]
        return draw(
            f"{name}: line training, o validation",
            [Curve(training), Curve(validation, "o")],
            width=width,
            height=height,
            ends=(0, self._epochs),
            label=(lambda y: f"{y:.3f}") if which == 1 else self._metric.brief,
        )
