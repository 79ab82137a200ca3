"""What every task is: labels, a head, a loss, a metric and a way to show a result.

The network, the loop, the model directory, scoring and the report know tasks by this class alone:
a further task is a file of its own, its options in `nsmc.config.tasks` and a line in
`nsmc.tasks.registry`. Methods that take tensors import torch themselves, because scoring reads
these files without it.

Shapes: R reviews, B reviews of a batch, T units of each, E embedding size, O outputs of the head,
K numbers of a target.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.tasks.predictions import ClassPredictions, RegressionPredictions

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float32]
Value = Callable[[Floats], NDArray[np.float64]]
"""From outputs [N, O] to one number each [N]."""


@dataclass(frozen=True)
class Metric:
    """The one figure, besides the loss, by which a training is followed."""

    name: str
    """Its key in records: ``train_<name>`` and ``validation_<name>``."""
    title: str
    """For an axis, with its unit."""
    scale: float = 1.0
    """What it is times in that unit."""
    decimals: int = 2
    unit: str = ""
    higher_is_better: bool = True

    @property
    def words(self) -> str:
        """Its name for a person."""
        return self.name.replace("_", " ")

    def show(self, value: float) -> str:
        """The figure to be read by a person: ``88.17%``."""
        return f"{value * self.scale:.{self.decimals}f}{self.unit}"

    def brief(self, value: float) -> str:
        """The figure at an axis: ``88.2%``."""
        return f"{value * self.scale:.1f}{self.unit.strip()[:1]}"


ACCURACY = Metric("accuracy", "accuracy (%)", scale=100, unit="%")


@dataclass(frozen=True, eq=False)
class StepLoss:
    """What a batch gave."""

    loss: "Tensor"
    """[] mean over the examples, with its graph."""
    examples: int
    """What the mean is over: reviews, or units of a language model."""
    tally: "Tensor"
    """[2] the figure summed, without a graph, and the number of examples that have one."""


@dataclass(frozen=True)
class Validated:
    """What the validation part gave."""

    loss: float
    metric: float
    examples: int


@dataclass(frozen=True)
class DisplayText:
    """A result for a person: ``긍정  98.7%``."""

    words: str
    tone: Literal["positive", "negative", "neutral"] = "neutral"
    """Which colour it may have."""


@dataclass(frozen=True)
class ExplanationLabels:
    """In what words the numbers of an explanation are told."""

    unit: str = "log odds"
    meaning: str = "log odds, ln(p / (1 − p)), of the class that the comment gets"
    """The number explained, in full."""
    below: str = "another class"
    """What contributions below 0 speak for."""
    above: str = "its class"
    """What contributions above 0 speak for."""
    signed: bool = True
    """Whether the number itself, as its contributions, is at 0 where it speaks for neither."""


@dataclass(frozen=True)
class Prediction(ABC):
    """What a model says of one comment."""

    text: str
    """The comment as it was given."""

    if TYPE_CHECKING:
        # What else there is, the model decides and not the program that loads it: a type checker
        # lets `classifier.predict("…").score` pass.
        def __getattr__(self, name: str) -> Any: ...

    @property
    @abstractmethod
    def legible(self) -> bool:
        """Whether there was anything in the comment to score."""

    @abstractmethod
    def shown(self) -> DisplayText:
        """The result for a person, without the comment: a dash, as wide, for an illegible one."""

    def shown_best(self, count: int) -> DisplayText:
        """`shown` with the likeliest ``count`` classes, where there are any."""
        return self.shown()

    def explained(self) -> str:
        """What the numbers of the explanation come to, for a person: ``긍정 98.7%``."""
        return " ".join(self.shown().words.split())

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is nothing legible."""


class Task(ABC):
    """A task, ready to train or to score.

    Args of each task's constructor: the config, and the ``state`` that `state` gave when it was
    trained, None before `learn`.
    """

    name: ClassVar[str]
    """As in the recipe."""
    metric: ClassVar[Metric]
    head: ClassVar[Literal["pooled", "next-unit"]] = "pooled"
    """Which head the network gets: one of `nsmc.model.heads` or of `nsmc.model.next_unit`."""
    label_setting: ClassVar[str] = ""
    """The recipe's field that names the label column, for ``--label-column``; empty without one."""
    has_threshold: ClassVar[bool] = False
    """Whether a probability is cut at a threshold."""
    instead: ClassVar[str] = "doesn't label comments"
    """What is said, after its path, to somebody who took such a model for one of another kind."""
    trial: ClassVar[str] = 'nsmc predict --model {model} "재밌다"'
    """The command that shows a model just trained at work."""
    adds_eos: ClassVar[bool] = False
    """Whether the network reads `EOS` before and after each text."""

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        self.config = config

    def purpose(self, threshold: float) -> str:
        """What a model of it does with a comment, for its card: ``gives …``."""
        return f"answers as its task {self.name!r} has it"

    # Labels

    @abstractmethod
    def label_columns(self) -> list[LabelColumnSpec]:
        """The label columns to read; the first is the one that a message names."""

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """The task with what the training labels decide, such as the names of the classes.

        Args:
            columns: of the training file, those of `wanted` that it has.
            source: the file, for messages.

        Raises:
            DataError: the labels can't be learnt from.
        """
        self.targets(columns, source)
        return self

    def state(self) -> dict[str, Any]:
        """What `learn` decided, as plain values that a model directory keeps."""
        return {}

    def reading(self, label_column: str | None) -> Self:
        """The task with its labels in another column; None leaves it as it is."""
        if label_column is None:
            return self
        section, _, field = self.label_setting.partition(".")
        changed = replace(getattr(self.config, section), **{field: label_column})
        return type(self)(replace(self.config, **{section: changed}), self.state())

    @abstractmethod
    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """The labels as numbers [R, K]; NaN where a review lacks one of several.

        Raises:
            DataError: a cell isn't what it should be.
        """

    def strata(self, targets: Floats) -> NDArray[np.int64] | None:
        """[R] groups that training and validation shall hold in equal shares; None for any."""
        return None

    def sampling(self, targets: Floats) -> NDArray[np.float64] | None:
        """[R] how likely each training review is drawn, relatively; None takes each once."""
        return None

    # Training

    @abstractmethod
    def step_loss(self, network: Any, vectors: "Tensor", batch: Any) -> StepLoss:
        """The loss of a batch.

        Args:
            network: a `nsmc.model.network.RecurrentNetwork`, in training mode.
            vectors: [T, B, E] of the batch's units.
            batch: ``text`` (a `nsmc.data.fields.MorphemeBatch`) and ``label`` [B, K].
        """

    @abstractmethod
    def validate(self, network: Any, batches: Iterable[Any]) -> Validated:
        """Loss and figure over batches, by a network in evaluation mode and without gradients."""

    def metric_value(self, total: float, count: float) -> float:
        """The figure of ``count`` examples whose tallies sum to ``total``; NaN of none."""
        return total / count if count else float("nan")

    def finish(self, network: Any, batches: Iterable[Any]) -> dict[str, Any]:
        """Calibrate the best network in place, on validation batches; what to record of that."""
        return {}


class LabelTask(Task):
    """A task of one answer a comment: many units to O numbers."""

    outputs: int
    """O, rows of the linear head."""
    results: ClassVar[Mapping[str, Literal["text", "number"]]]
    """The columns that scoring a table adds."""
    classes: Sequence[str] = ()
    """Where a result is one of several classes, their names, by output."""
    terms: ClassVar[ExplanationLabels] = ExplanationLabels()
    """Of what `explained` gives."""
    instead = "labels comments; use nsmc predict or nsmc evaluate"

    # Training

    @abstractmethod
    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The mean loss [] of outputs [B, O] for targets [B, K]."""

    def validation_loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The loss [] by which epochs are compared: that of training, if no task says otherwise."""
        return self.loss(outputs, targets)

    @abstractmethod
    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The figure of each review [B], of outputs [B, O] for targets [B, K]; NaN without one."""

    def calibration(self, outputs: Floats, targets: Floats) -> tuple[dict[str, Any], Floats]:
        """What to record, and what each row of the head is to be multiplied by [O]."""
        return {}, np.ones(self.outputs, np.float32)

    def step_loss(self, network: Any, vectors: "Tensor", batch: Any) -> StepLoss:
        """See `Task.step_loss`."""
        outputs = network.classify(vectors, batch.text).float()  # [B, O]
        return StepLoss(
            self.loss(outputs, batch.label),
            len(outputs),
            _tally(self.metric_values(outputs.detach(), batch.label)),
        )

    def validate(self, network: Any, batches: Iterable[Any]) -> Validated:
        """See `Task.validate`."""
        outputs, targets = scored_batches(network, batches)  # [R, O], [R, K]
        total, count = _tally(self.metric_values(outputs, targets)).tolist()
        metric = self.metric_value(total, count)
        return Validated(float(self.validation_loss(outputs, targets)), metric, len(outputs))

    def finish(self, network: Any, batches: Iterable[Any]) -> dict[str, Any]:
        """See `Task.finish`."""
        import torch

        outputs, targets = scored_batches(network, batches)  # [R, O], [R, K]
        record, scales = self.calibration(outputs.numpy(), targets.numpy())
        device = next(network.parameters()).device
        # In the weights of the layers that make them: scoring then needs to know nothing of it.
        network.scale_outputs(torch.from_numpy(scales).to(device))
        return record

    # Scoring, in numpy

    @abstractmethod
    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """The cells of the columns `results` of outputs [R, O]; None where these are NaN."""

    @abstractmethod
    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        """A result for each of R comments, by their outputs [R, O]; NaN for an illegible one."""

    def positive(self, outputs: Floats) -> NDArray[np.float64]:
        """Of a task that `has_threshold`, the probability [R] that is cut; NaN where these are."""
        raise NotImplementedError

    def probabilities(self, outputs: Floats) -> dict[str, list[float | None]]:
        """Of a task of `classes`, each one's probability [R] by its name; None for NaN."""
        raise NotImplementedError

    @abstractmethod
    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """What an explanation of a comment with the outputs [O] is of: its name, and its number."""

    # Judging, in numpy; a task without either kind of answer has figures, but no report

    def choices(
        self, outputs: Floats, targets: Floats, threshold: float
    ) -> ClassPredictions | None:
        """The classes called and given, by outputs [R, O] and targets [R, K]; None without any."""
        return None

    def numbers(self, outputs: Floats, targets: Floats) -> RegressionPredictions | None:
        """The stars found and given, by outputs [R, O] and targets [R, K]; None without any."""
        return None

    @abstractmethod
    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """What ``nsmc evaluate`` reports of outputs [R, O] for targets [R, K]."""

    @abstractmethod
    def metric_lines(self, metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
        """`metrics` for a person: names and values."""


def scored_batches(network: Any, batches: Iterable[Any]) -> "tuple[Tensor, Tensor]":
    """Outputs [R, O] and targets [R, K] of batches, on the CPU, in the order of the batches."""
    import torch

    network.eval()
    with torch.inference_mode():
        scored = [(network(b.text).float().cpu(), b.label.cpu()) for b in batches]
    return torch.cat([o for o, _ in scored]), torch.cat([t for _, t in scored])


def _tally(metric_values: "Tensor") -> "Tensor":
    """Figures [B], of which some may be NaN, to their sum and number [2]."""
    import torch

    return torch.stack([metric_values.nansum(), (~metric_values.isnan()).sum().float()])


def rounded(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers to six decimals, None for NaN."""
    # A NaN is the one number that isn't itself; to ask numpy of each takes ten times as long.
    return [value if value == value else None for value in np.round(values, 6).tolist()]
