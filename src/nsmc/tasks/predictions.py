"""What a model answered beside what was right: the two kinds of answer that can be judged.

A task gives the kinds that it has (`nsmc.tasks.task.LabelTask.choices` and ``numbers``), and the
report, the comparison and the audit know nothing else of it.

Shapes: R reviews, C classes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ClassPredictions:
    """One of several classes for each review."""

    names: tuple[str, ...]
    """[C] as a person reads them."""
    values: tuple[Any, ...]
    """[C] as they stand in files and in JSON."""
    labels: NDArray[np.int64]
    """[R] the class that was given, -1 where none was."""
    probabilities: NDArray[np.float64]
    """[R, C]; NaN where there is nothing legible."""
    threshold: float | None = None
    """Of two classes: the second is called at or above this probability, the first below. None
    calls the likeliest."""

    @property
    def called(self) -> NDArray[np.int64]:
        """[R] the class that each is called."""
        if self.threshold is not None:
            positive: NDArray[np.bool_] = self.probabilities[:, 1] >= self.threshold  # [R]
            return positive.astype(np.int64)
        likeliest: NDArray[np.int64] = self.probabilities.argmax(axis=1)  # [R]
        return likeliest

    @property
    def confidence(self) -> NDArray[np.float64]:
        """[R] the probability of what each is called."""
        found: NDArray[np.float64] = self.probabilities[np.arange(len(self.labels)), self.called]
        return found

    @property
    def right(self) -> NDArray[np.bool_]:
        """[R] whether each is called what was given."""
        found: NDArray[np.bool_] = self.called == self.labels
        return found

    def __str__(self) -> str:
        """What is told: ``부정 or 긍정``, ``10 classes (1, 2, 3, …)``."""
        if self.threshold is not None:
            return " or ".join(self.names)
        shown = ", ".join(self.names[:3]) + (", …" if len(self.names) > 3 else "")
        return f"{len(self.names)} classes ({shown})"


@dataclass(frozen=True, eq=False)
class RegressionPredictions:
    """A number of stars for each review."""

    given: NDArray[np.float64]
    """[R] what people gave, NaN where none did."""
    found: NDArray[np.float64]
    """[R] what the model gives; NaN where there is nothing legible."""
    low: float
    """The fewest that one can give."""
    high: float
    """The most that one can give."""

    @property
    def errors(self) -> NDArray[np.float64]:
        """[R] found - given."""
        return self.found - self.given

    @property
    def scale(self) -> tuple[float, float]:
        """The fewest and the most."""
        return self.low, self.high

    def __str__(self) -> str:
        """What is told: ``stars from 1 to 10``."""
        return f"stars from {self.low:g} to {self.high:g}"
