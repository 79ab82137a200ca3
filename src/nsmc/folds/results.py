"""What a cross-validation returns."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any

from nsmc.config.schema import Config
from nsmc.evaluation.results import DataFile
from nsmc.evaluation.scored_reviews import ScoredReviews


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class CrossValidation:
    """How good a config is on a table: each comment scored by a network that hasn't seen it."""

    folds: list[dict[str, Any]]
    """The metrics of each fold, as `nsmc.evaluate` gives them, with its ``examples``."""
    config: Config
    """Of the networks."""
    data: DataFile
    skipped: int
    """Rows left out because nothing in their comment is legible."""
    seconds: float
    reviews: list[ScoredReviews] = field(default_factory=list)
    """Of each fold the comments with their rows in the file, and what the network gave them."""
    notes: tuple[str, ...] = ()
    """How the table was read, where a person should know: in sentences."""

    def __repr__(self) -> str:
        """A line with the first few metrics."""
        numbers = list(self.mean.items())[:3]
        shown = ", ".join(f"{name} {value:.4g} ± {self.std[name]:.2g}" for name, value in numbers)
        return f"<nsmc.CrossValidation of {self.data.path}: {len(self.folds)} folds, {shown}>"

    @property
    def examples(self) -> int:
        """Comments that were scored, each once."""
        return sum(fold["examples"] for fold in self.folds)

    @property
    def mean(self) -> dict[str, float]:
        """The mean of each metric over the folds; of a star task within ``stars``, ``stars.…``."""
        return {name: mean(values) for name, values in self._values()}

    @property
    def std(self) -> dict[str, float]:
        """The standard deviation (n - 1) of each metric over the folds."""
        return {name: stdev(values) for name, values in self._values()}

    def _values(self) -> Iterator[tuple[str, list[float]]]:
        """The metrics that are a number in every fold."""
        for name in _numbers(self.folds[0]):
            values = [_numbers(fold).get(name) for fold in self.folds]
            known = [value for value in values if value is not None]
            if len(known) == len(values):
                yield name, known

    def to_dict(self) -> dict[str, Any]:
        """The object that ``nsmc evaluate --folds --json`` prints."""
        return {
            "examples": self.examples,
            "mean": self.mean,
            "std": self.std,
            "folds": self.folds,
            "skipped": self.skipped,
            "config": self.config.to_dict(),
            "data": self.data.to_dict(),
            "seconds": self.seconds,
        }


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    """The metrics that are real numbers, by name; those of stars beside labels as well."""
    numbers = {name: value for name, value in metrics.items() if isinstance(value, float)}
    stars = metrics.get("stars", {})
    return numbers | {f"stars.{n}": v for n, v in stars.items() if isinstance(v, float)}
