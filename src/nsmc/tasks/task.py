"""What every task is: labels, a head, a loss, a metric and predictions.

The network, the loop, the model directory, scoring and the report know tasks by these classes
alone. A further task is a file of its own, its options in `nsmc.config.tasks` and a line in
`nsmc.tasks.registry`. Methods that take tensors import torch themselves: scoring needs none.

Shapes: R reviews, B reviews of a batch, T units of each, E embedding size, O outputs of the head,
K numbers of a target, N any number of comments.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import UsageError
from nsmc.tasks.metrics import Metric
from nsmc.tasks.predictions import (
    ClassAnswer,
    ClassPredictions,
    Prediction,
    RegressionPredictions,
    StarScale,
    optional,
)

if TYPE_CHECKING:
    from torch import Tensor

    from nsmc.data.corpus import Corpus
    from nsmc.tables.options import ReadOptions

Floats = NDArray[np.float32]
Value = Callable[[Floats], NDArray[np.float64]]
"""From outputs [N, O] to one number each [N]."""
ExplainedNumber = Literal["positive", "class", "stars"]
"""What an explanation's numbers are: log odds of 긍정, of the class predicted, or stars."""


@dataclass(frozen=True, eq=False)
class StepLoss:
    """The result of a training step's forward pass."""

    loss: "Tensor"
    """[] mean over the examples, with its graph."""
    examples: int
    """What the mean is over: reviews, or units of a language model."""
    tally: "Tensor"
    """[2] sum of the metric, without a graph, and the number of examples that have one."""


@dataclass(frozen=True)
class Validated:
    """The result of a validation."""

    loss: float
    metric: float
    examples: int


class Task(ABC):
    """A task of a config, ready to train, or with the ``state`` of a training to score."""

    name: ClassVar[str]
    """As in the config."""
    metric: ClassVar[Metric]
    """By which a training is followed."""
    head: ClassVar[Literal["pooled", "next-unit"]] = "pooled"
    """Which head the network gets: one of `nsmc.model.pooling` or of `nsmc.model.next_unit`."""
    label_setting: ClassVar[str] = ""
    """The config's field that names the label column; empty without one."""
    stars_setting: ClassVar[str] = ""
    """The config's section that says how many stars are positive; empty without such."""
    has_threshold: ClassVar[bool] = False
    """Whether a probability is cut at a threshold."""
    undecided_below: float = 0.0
    """Of a task that `has_threshold`: ``undecided`` where neither label is as probable."""
    adds_eos: ClassVar[bool] = False
    """Whether the network reads `EOS` before and after each text."""

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        self.config = config

    @abstractmethod
    def label_columns(self) -> list[LabelColumnSpec]:
        """The label columns to read; the first is the one that a message names."""

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """The task with what the training labels decide, such as the names of the classes.

        Args:
            columns: those of `label_columns` that the training file has.
            source: the file, for messages.

        Raises:
            DataError: the labels can't be learnt from.
        """
        return self

    def state(self) -> dict[str, Any]:
        """What `learn` decided, as plain values for a model directory."""
        return {}

    def reading(self, label_column: str | None, options: "ReadOptions | None" = None) -> Self:
        """The task with its labels in another column, or made of stars; None leaves it as it is.

        Raises:
            UsageError: the options ask for stars as positive and negative, which the task hasn't.
        """
        config = self.config
        if label_column is not None:
            section, _, field = self.label_setting.partition(".")
            changed = replace(getattr(config, section), **{field: label_column})
            config = replace(config, **{section: changed})
        if options and options.positive_from is not None:
            if not self.stars_setting:
                raise UsageError(
                    "--positive-from and --negative-to make stars positive and negative, and "
                    "the task {task!r} has neither; leave them out",
                    task=self.name,
                )
            limits = {"positive_from": options.positive_from, "negative_to": options.negative_to}
            changed = replace(getattr(config, self.stars_setting), **limits)
            config = replace(config, **{self.stars_setting: changed})
        return self if config is self.config else type(self)(config, self.state())

    def corpus_targets(self, corpus: "Corpus") -> Floats:
        """The targets [R, K] of a corpus; K is 0 for a task without labels.

        Raises:
            DataError: a label isn't what it should be.
        """
        return np.empty((len(corpus), 0), np.float32)

    def strata(self, targets: Floats) -> NDArray[np.int64] | None:
        """[R] groups that training and validation get in equal shares; None for any."""
        return None

    def sampling(self, targets: Floats) -> NDArray[np.float64] | None:
        """[R] how likely each training review is drawn, relatively; None takes each once."""
        return None

    @abstractmethod
    def step_loss(self, network: Any, vectors: "Tensor", batch: Any) -> StepLoss:
        """The loss of a batch: ``text`` (`nsmc.data.fields.MorphemeBatch`) and ``label`` [B, K].

        Args:
            network: a `nsmc.model.network.RecurrentNetwork`, in training mode.
            vectors: [T, B, E] of the batch's units.
        """

    @abstractmethod
    def scored(self, network: Any, batches: Iterable[Any]) -> "tuple[Tensor, ...]":
        """What `validated` takes, some rows for each of the batches, on the CPU.

        Without gradients; sets the network to evaluation mode.
        """

    @abstractmethod
    def validated(self, *scored: "Tensor") -> Validated:
        """Loss and metric by the rows of `scored`, of any batches in any order."""

    def validate(self, network: Any, batches: Iterable[Any]) -> Validated:
        """Loss and metric over batches, without gradients; sets the network to evaluation mode."""
        return self.validated(*self.scored(network, batches))

    def metric_value(self, total: float, count: float) -> float:
        """The metric of ``count`` examples whose tallies sum to ``total``; NaN of none."""
        return total / count if count else float("nan")

    def finish(self, network: Any, batches: Iterable[Any]) -> dict[str, Any]:
        """Calibrate the best network in place, on validation batches; returns what to record."""
        return {}


class LabelTask(Task):
    """A task of one answer a comment: many units to O numbers.

    It declares its kinds of answer: `class_answer` with `class_predictions`, `star_scale` with
    `star_predictions`, or both, the classes then leading. One without either has metrics, but no
    report, comparison or audit. A task defines the class attributes without a default here and the
    abstract methods.
    """

    outputs: int
    """O, rows of the linear head."""
    prediction: ClassVar[type[Prediction]]
    """What `predictions` gives."""
    results: ClassVar[Mapping[str, Literal["text", "number"]]]
    """The columns that scoring a table adds."""
    explains: ClassVar[ExplainedNumber] = "class"
    """What `explained` gives numbers of."""
    classes: Sequence[str] = ()
    """The classes' names where each has an output of its own, for a probability of each."""
    class_answer: ClassAnswer | None = None
    """The classes that it predicts; None if it predicts none."""
    star_scale: StarScale | None = None
    """The scale of the stars that it predicts; None if it predicts none."""

    # Training

    @abstractmethod
    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """The labels as numbers [R, K]; NaN where a review lacks one of several.

        Raises:
            DataError: a cell isn't what it should be.
        """

    def corpus_targets(self, corpus: "Corpus") -> Floats:
        """The `targets` of a corpus."""
        return self.targets(corpus.labels, corpus.source["name"])

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """The task itself, whose labels are checked."""
        self.targets(columns, source)  # refuses wrong labels
        return self

    @abstractmethod
    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The mean loss [] of outputs [B, O] for targets [B, K]."""

    def validation_loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The loss [] by which epochs are compared: by default that of training."""
        return self.loss(outputs, targets)

    @abstractmethod
    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The metric of each review [B], of outputs [B, O] for targets [B, K]; NaN without one."""

    def calibration(self, outputs: Floats, targets: Floats) -> tuple[dict[str, Any], Floats]:
        """What to record, and what each row of the head is to be multiplied by [O]."""
        return {}, np.ones(self.outputs, np.float32)

    def step_loss(self, network: Any, vectors: "Tensor", batch: Any) -> StepLoss:
        """The `loss` of a batch."""
        outputs = network.classify(vectors, batch.text).float()  # [B, O]
        tally = _tally(self.metric_values(outputs.detach(), batch.label))
        return StepLoss(self.loss(outputs, batch.label), len(outputs), tally)

    def scored(self, network: Any, batches: Iterable[Any]) -> "tuple[Tensor, ...]":
        """Outputs [R, O] and targets [R, K], in the order of the batches."""
        import torch

        network.eval()
        with torch.inference_mode():
            scored = [(network(b.text).float().cpu(), b.label.cpu()) for b in batches]
        # An empty tensor first, for no batches at all.
        none = torch.empty(0)
        return torch.cat([none, *(o for o, _ in scored)]), torch.cat(
            [none, *(t for _, t in scored)]
        )

    def validated(self, *scored: "Tensor") -> Validated:
        """The `validation_loss` and metric of outputs [R, O] and targets [R, K]."""
        outputs, targets = scored
        total, count = _tally(self.metric_values(outputs, targets)).tolist()
        metric = self.metric_value(total, count)
        return Validated(float(self.validation_loss(outputs, targets)), metric, len(outputs))

    def finish(self, network: Any, batches: Iterable[Any]) -> dict[str, Any]:
        """The `calibration`, put into the network's weights."""
        import torch

        outputs, targets = self.scored(network, batches)  # [R, O], [R, K]
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
        """Of each of R comments, by outputs [R, O] that are NaN for an illegible one."""

    def positive(self, outputs: Floats) -> NDArray[np.float64]:
        """Of a task that `has_threshold`, the probability [R] that is cut; NaN where these are."""
        raise NotImplementedError

    def probabilities(self, outputs: Floats) -> dict[str, list[float | None]]:
        """Of a task of `classes`, each one's probability [R] by its name; None for NaN."""
        raise NotImplementedError

    @abstractmethod
    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """What an explanation of a comment with the outputs [O] is of: its name, and its number."""

    # Evaluation, in numpy

    def class_labels(self, targets: Floats) -> NDArray[np.int64]:
        """With a `class_answer`, the class of each label [R], -1 for none, of targets [R, K]."""
        raise NotImplementedError

    def class_predictions(
        self, outputs: Floats, targets: Floats, threshold: float
    ) -> ClassPredictions:
        """With a `class_answer`, classes by outputs [R, O] and labels by targets [R, K]."""
        raise NotImplementedError

    def star_predictions(self, outputs: Floats, targets: Floats) -> RegressionPredictions:
        """With a `star_scale`, stars by the last of outputs [R, O] and of targets [R, K]."""
        scale = self.star_scale
        assert scale is not None
        given = targets[:, -1].astype(np.float64)
        return RegressionPredictions(scale, given, scale.stars(outputs[:, -1]))

    @abstractmethod
    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """What ``nsmc evaluate`` reports of outputs [R, O] for targets [R, K]."""


def _tally(metric_values: "Tensor") -> "Tensor":
    """Values [B], of which some may be NaN, to their sum and number [2]."""
    import torch

    return torch.stack([metric_values.nansum(), (~metric_values.isnan()).sum().float()])


def rounded(values: NDArray[np.float64]) -> list[float | None]:
    """Numbers to six decimals, None for NaN."""
    return optional(np.round(values, 6))
