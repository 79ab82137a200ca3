"""긍정 or 부정: one logit, the log odds of positive.

Shapes: R reviews, B reviews of a batch, N subsets of a comment.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError
from nsmc.messages.translate import mark, tr
from nsmc.tasks.calibration import fit_temperature
from nsmc.tasks.metrics import ACCURACY, binary_metrics
from nsmc.tasks.predictions import (
    ClassAnswer,
    ClassPredictions,
    Prediction,
    optional,
    rounded_number,
)
from nsmc.tasks.task import Floats, LabelTask, Value, rounded

if TYPE_CHECKING:
    from torch import Tensor

KOREAN = {"positive": "긍정", "negative": "부정", "undecided": "보류", "": ""}
LABEL = "label"
LABELS = ("negative", "positive")
HARD = mark("0 (negative) or 1 (positive)")
STARS = mark(
    "correct them, or, if these are stars, add --positive-from N and --negative-to N to read them "
    "as labels"
)
OWN_CLASSES = mark(
    "correct them, or, if these are classes of your own, train a model of these: nsmc train "
    "--from shipped --set task=classes"
)


@dataclass(frozen=True)
class SentimentPrediction(Prediction):
    """The sentiment of one comment."""

    score: float | None
    """The probability of positive; None if nothing in the comment is legible."""
    label: str
    """``positive``, ``negative`` or ``undecided``; empty if nothing in the comment is legible."""

    @property
    def legible(self) -> bool:
        """Whether there is a label."""
        return bool(self.label)

    @property
    def label_ko(self) -> str:
        """``긍정``, ``부정`` or ``보류``; empty without a label."""
        return KOREAN[self.label]

    @property
    def confidence(self) -> float | None:
        """The probability of the label given, of an undecided one that of the likelier label; None
        without one."""
        if self.score is None or self.label == "positive":
            return self.score
        negative = 1 - self.score
        return max(self.score, negative) if self.label == "undecided" else negative

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is no label."""
        return {
            "text": self.text,
            "label": self.label or None,
            "label_ko": self.label_ko or None,
            "score": rounded_number(self.score),
            "confidence": rounded_number(self.confidence),
            **self.notes(),
        }


class Sentiment(LabelTask):
    """Labels 0 (negative) and 1 (positive), binary cross-entropy, accuracy."""

    name = "sentiment"
    metric = ACCURACY
    label_setting = "data.label_column"
    stars_setting = "data"
    _needs_both: ClassVar[bool] = True
    """Whether there is nothing to learn from reviews of one label."""
    has_threshold = True
    outputs = 1
    prediction: ClassVar[type[SentimentPrediction]] = SentimentPrediction
    results: ClassVar = {"label": "text", "label_ko": "text", "score": "number"}
    explains = "positive"
    class_answer = ClassAnswer((KOREAN["negative"], KOREAN["positive"]), (0, 1), has_threshold=True)

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, state)
        # A trained model, which has a state, is evaluated on hard labels like any other.
        self._soft = state is None and config.sentiment.soft_labels
        self._balanced = config.sentiment.balance == "prior"
        self._prior = 0.0
        """Log odds of positive among the training labels, where these are to be balanced."""

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """Measure how far apart the frequencies of both labels are.

        Raises:
            DataError: a label is none, or one of both is missing.
        """
        labels = self.targets(columns, source)[:, 0]  # [R]
        if self._balanced:
            if (prior := log_odds(labels)) is None:
                raise DataError(
                    "{source}: expected reviews of both labels to balance them, found one alone; "
                    "set sentiment.balance = 'none'",
                    source=source,
                )
            self._prior = prior
        known = labels[~np.isnan(labels)]
        if self._needs_both and not self._soft and known.min() == known.max():
            name = self.label_columns()[-1].name
            raise DataError(
                "{source}, column {name!r}: expected reviews of both labels, found {count:,} "
                "that are all {value:g} ({label}); from one alone nothing can be learnt",
                source=source,
                name=name,
                count=len(known),
                value=known[0],
                label=LABELS[int(known[0])],
            )
        return self

    def label_columns(self) -> list[LabelColumnSpec]:
        """The label column."""
        data = self.config.data
        return [
            LabelColumnSpec(
                data.label_column or LABEL,
                sentiment=True,
                positive_from=data.positive_from,
                negative_to=data.negative_to,
            )
        ]

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """[R, 1]: 0 or 1, or anything between where labels are soft."""
        column = columns[self.label_columns()[0].name]
        numbers = self._read(column, source, empty_too=True)  # [names]
        return numbers[column.codes, None].astype(np.float32)

    def _read(self, column: LabelColumn, source: str, *, empty_too: bool) -> NDArray[np.float64]:
        """The number of each name of a label column; ``empty_too``: each cell must have one."""
        numbers = column.numbers()  # [names]
        right = (numbers >= 0) & (numbers <= 1) if self._soft else np.isin(numbers, (0, 1))
        wrong = np.flatnonzero(~right).tolist()
        soft, hard = tr("a probability of positive from 0 to 1"), tr(HARD)
        expected = (soft if self._soft else hard) + ("" if empty_too else tr(", or nothing"))
        advice = tr(OWN_CLASSES if 2 * np.isnan(numbers).sum() > len(numbers) else STARS)
        column.refuse(wrong, source, expected, empty_too=empty_too, advice=advice)
        return numbers

    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Binary cross-entropy (nats); of soft labels, with the probability itself.

        Balanced labels: their log odds are added to the network's, which has only to learn what a
        review changes (Menon et al., "Long-tail learning via logit adjustment", ICLR 2021, section
        4). Soft labels: Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network",
        2015.
        """
        return self._loss(outputs, targets, self._prior)

    def validation_loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Balanced labels: with the log odds of validation's own labels.

        Validation may have both labels as frequent as they will be in use. And a random share of
        the training reviews, without any log odds, would choose the epoch that says the frequent
        label most.
        """
        return self._loss(outputs, targets, self._shift(targets[:, 0].cpu().numpy()))

    def _shift(self, labels: Floats) -> float:
        """Log odds of positive among validation's labels [R], where labels are balanced."""
        return (log_odds(labels) or 0.0) if self._balanced else 0.0

    def _loss(self, outputs: "Tensor", targets: "Tensor", prior: float) -> "Tensor":
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(outputs + prior, targets)

    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Whether each is right at even odds."""
        return ((outputs[:, 0] > 0) == (targets[:, 0] > 0.5)).float()

    def calibration(self, outputs: Floats, targets: Floats) -> tuple[dict[str, Any], Floats]:
        """One temperature: see `nsmc.tasks.calibration`. No decision at even odds changes."""
        shift = self._shift(targets[:, 0])
        temperature = fit_temperature(
            lambda t: binary_cross_entropy(outputs[:, 0] / t + shift, targets[:, 0])
        )
        return {"temperature": temperature}, np.array([1 / temperature], np.float32)

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """``label``, ``label_ko`` and ``score``, the probability of positive."""
        scores = probabilities(outputs[:, 0])  # [R]
        labels = labels_of(scores, threshold, self.undecided_below)
        return {
            "label": [label or None for label in labels],
            "label_ko": [KOREAN[label] or None for label in labels],
            "score": rounded(scores),
        }

    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        """A `SentimentPrediction` each."""
        scores = probabilities(outputs[:, 0])  # [R]
        labels = labels_of(scores, threshold, self.undecided_below)
        return list(map(SentimentPrediction, texts, optional(scores), labels))

    def positive(self, outputs: Floats) -> NDArray[np.float64]:
        """The probability of positive [R]."""
        return probabilities(outputs[:, 0])

    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """The log odds of positive, whatever is predicted."""
        return KOREAN["positive"], lambda of: of[:, 0].astype(np.float64)

    def class_labels(self, targets: Floats) -> NDArray[np.int64]:
        """See `LabelTask.class_labels`; a soft label is that of the likelier side."""
        labels = targets[:, 0]  # [R]
        return np.where(np.isnan(labels), -1, labels > 0.5).astype(np.int64)

    def class_predictions(
        self, outputs: Floats, targets: Floats, threshold: float
    ) -> ClassPredictions:
        """부정 and 긍정, cut at the threshold."""
        positive = probabilities(outputs[:, 0])  # [R]
        both = np.stack([1 - positive, positive], axis=1)  # [R, 2]
        return ClassPredictions(self.class_answer, self.class_labels(targets), both, threshold)

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """See `nsmc.tasks.metrics.binary_metrics`."""
        labels = self.class_labels(targets).astype(np.int8)
        return binary_metrics(labels, probabilities(outputs[:, 0]), threshold)


def probabilities(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Log odds [R] to probabilities [R]."""
    with np.errstate(over="ignore"):
        shares: NDArray[np.float64] = 1 / (1 + np.exp(-logits.astype(np.float64)))  # [R]
    return shares


def labels_of(
    scores: NDArray[np.float64], threshold: float, undecided_below: float = 0.0
) -> list[str]:
    """``positive`` at or above the threshold, ``negative`` below, empty for NaN; of scores [R].

    ``undecided`` where neither label is as probable as ``undecided_below``.
    """
    labels = [
        "" if math.isnan(score) else "positive" if score >= threshold else "negative"
        for score in scores.tolist()
    ]
    if undecided_below > 0.5:  # one of the two always has that much
        for place in np.flatnonzero(np.maximum(scores, 1 - scores) < undecided_below).tolist():
            labels[place] = "undecided"
    return labels


def log_odds(labels: Floats) -> float | None:
    """ln(p / (1 - p)) of the mean p of labels [R], NaN left out; None where it isn't finite."""
    known = labels[~np.isnan(labels)].astype(np.float64)
    share = float(known.mean()) if len(known) else 0.0
    return math.log(share / (1 - share)) if 0 < share < 1 else None


def binary_cross_entropy(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """Mean cross-entropy (nats) of logits [R] with labels [R] from 0 to 1."""
    exact, positive = logits.astype(np.float64), labels.astype(np.float64)  # [R], [R]
    losses = positive * np.logaddexp(0, -exact) + (1 - positive) * np.logaddexp(0, exact)  # [R]
    return float(losses.mean())
