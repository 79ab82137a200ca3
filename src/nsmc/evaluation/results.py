"""What an evaluation and a comparison return."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nsmc.evaluation.scored_reviews import ScoredReviews
from nsmc.inference.directory import ModelDirectory


@dataclass(frozen=True)
class DataFile:
    """The reviews that were scored."""

    path: Path
    sha256: str

    def to_dict(self) -> dict[str, str]:
        """As ``--json`` prints it."""
        return {"path": str(self.path), "sha256": self.sha256}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Evaluation:
    """How good a model is: of a language model, how well it expects texts."""

    metrics: dict[str, Any]
    """``examples`` and the metrics of the model's task: `nsmc.tasks.metrics.binary_metrics`,
    ``class_metrics`` or ``star_metrics`` (the last under ``stars`` where a model has both), or
    `nsmc.evaluation.language.text_metrics`."""
    seen: dict[str, Any] | None
    """How many of the reviews the model has seen in training, and its metrics on the others:
    `nsmc.evaluation.overlap.overlap_metrics`. None where that isn't known."""
    skipped: int
    """Rows left out because nothing in their comment is legible."""
    model: ModelDirectory
    data: DataFile
    seconds: float
    """To read, score and measure."""
    threshold: float | None = None
    """Positive at or above this probability; None of a task without a threshold."""
    report: Path | None = None
    """The page, if a report was written."""
    notes: tuple[str, ...] = ()
    """How the table was read, where a person should know: in sentences."""
    truncated: int = 0
    """Comments that are too long to be read to their ends."""
    unfamiliar: int | None = None
    """Comments that say nothing which the model knows; None of a language model."""

    def __repr__(self) -> str:
        """A line with the first few metrics."""
        numbers = [(name, n) for name, n in self.metrics.items() if isinstance(n, float)]
        shown = ", ".join(f"{name} {number:.4g}" for name, number in numbers[:3])
        kind = type(self).__name__
        return f"<nsmc.{kind} of {self.data.path}: {self.examples:,} examples, {shown}>"

    @property
    def examples(self) -> int:
        """Reviews, or texts, that were scored."""
        count: int = self.metrics["examples"]
        return count

    def to_dict(self) -> dict[str, Any]:
        """The object that ``nsmc evaluate --json`` prints."""
        return {
            **self.metrics,
            **({} if self.threshold is None else {"threshold": self.threshold}),
            "seen": self.seen,
            "skipped": self.skipped,
            "truncated": self.truncated,
            **({} if self.unfamiliar is None else {"unfamiliar": self.unfamiliar}),
            "model": str(self.model.path),
            "data": self.data.to_dict(),
            "seconds": self.seconds,
            **({} if self.report is None else {"report": str(self.report)}),
        }


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class ClassifierEvaluation(Evaluation):
    """How good a classifier is on labelled reviews."""

    reviews: ScoredReviews
    """The reviews one by one."""


@dataclass(frozen=True, kw_only=True)
class PairedMetrics:
    """Two models' predictions of one kind, on the same reviews."""

    kind: Literal["labels", "stars"]
    a: Mapping[str, Any]
    """Of classes ``threshold`` (of a model that has one), ``accuracy`` and ``accuracy_interval``
    (95%); of stars ``mean_absolute_error`` with ``mean_absolute_error_interval`` and
    ``rank_correlation``."""
    b: Mapping[str, Any]
    examples: int
    """Reviews that have a label of this kind."""
    labels: list[int] | dict[str, int] | None = None
    """Of classes, how many reviews are labelled 0 and 1, or each class."""
    table: list[list[int]] | None = None
    """Of classes, [[both right, only A], [only B, both wrong]]."""
    difference: float
    """B - A: of accuracies, or of mean absolute errors, so that below 0 B is nearer."""
    difference_interval: tuple[float | None, float | None]
    """95%; see `nsmc.evaluation.significance` for this and the next."""
    p_value: float
    better: Literal["a", "b"] | None
    """None where chance may explain the difference."""
    reviews_needed: int | None
    """Reviews that would show a difference of this size with a probability of 80%; None if these
    do, or if there is none."""

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        without = {"kind"} if self.table else {"kind", "labels", "table"}
        fields = dataclasses.asdict(self)
        return {name: value for name, value in fields.items() if name not in without}


@dataclass(frozen=True, eq=False)
class Comparison:
    """Whether one of two models is better, on the same reviews."""

    models: tuple[ModelDirectory, ModelDirectory]
    trained_on_it: tuple[bool, bool]
    """Whether this very file was what each was trained on."""
    metrics: PairedMetrics
    """Of the kind that both models predict; of classes if they predict stars besides."""
    stars: PairedMetrics | None
    """Of the stars, where ``metrics`` are of classes and both predict stars besides."""
    label_names: Mapping[Any, str]
    """For a person, by label; empty of stars."""
    disagreements: list[dict[str, Any]] = field(repr=False)
    """A dict for each comment on which they disagree, farthest apart first."""
    skipped: int
    """Rows left out because their comment isn't legible to both."""
    data: DataFile
    seconds: float
    notes: tuple[str, ...] = ()
    """How the table was read, where a person should know: in sentences."""

    def to_dict(self) -> dict[str, Any]:
        """The object that ``nsmc compare --json`` prints."""
        result = self.metrics.to_dict()
        for name, model, trained in zip("ab", self.models, self.trained_on_it, strict=True):
            result[name] = {"model": str(model.path), **result[name], "trained_on_it": trained}
        return {
            **result,
            **({} if self.stars is None else {"stars": self.stars.to_dict()}),
            "disagreements": self.disagreements,
            "skipped": self.skipped,
            "data": self.data.to_dict(),
            "seconds": self.seconds,
        }
