"""긍정 or 부정: one logit, the log odds of positive.

Letters: R reviews, B reviews of a batch, N subsets of a comment.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nsmc.tasks.answers import Choices
from nsmc.tasks.columns import LabelColumn
from nsmc.tasks.task import (
    ACCURACY,
    Floats,
    LabelTask,
    Prediction,
    Shown,
    Terms,
    Value,
    Wanted,
    rounded,
)

if TYPE_CHECKING:
    from torch import Tensor

KOREAN = {"positive": "긍정", "negative": "부정", "": ""}
LABEL = "label"


@dataclass(frozen=True)
class SentimentPrediction(Prediction):
    """The sentiment of one comment."""

    score: float
    """The probability of positive; NaN if there is nothing legible in the comment."""
    label: str
    """``positive`` or ``negative``; empty if there is nothing legible in the comment."""

    @property
    def legible(self) -> bool:
        """Whether there was anything in the comment to score."""
        return bool(self.label)

    @property
    def label_ko(self) -> str:
        """``긍정`` or ``부정``; empty if there is nothing legible in the comment."""
        return KOREAN[self.label]

    @property
    def confidence(self) -> float:
        """The probability of the label given."""
        return 1 - self.score if self.label == "negative" else self.score

    def shown(self) -> Shown:
        """``긍정  98.7%``."""
        if not self.legible:
            return Shown("  —       —")
        tone: Literal["positive", "negative"] = (
            "positive" if self.label == "positive" else "negative"
        )
        return Shown(f"{self.label_ko} {self.confidence:6.1%}", tone)

    def explained(self) -> str:
        """``긍정 98.7%``, for 부정 too: the explanation is of 긍정 in either case."""
        return f"긍정 {self.score:.1%}"

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is no label."""
        scored = bool(self.label)
        return {
            "text": self.text,
            "label": self.label or None,
            "label_ko": self.label_ko or None,
            "score": round(self.score, 6) if scored else None,
            "confidence": round(self.confidence, 6) if scored else None,
        }


class Sentiment(LabelTask):
    """Labels 0 (negative) and 1 (positive), binary cross-entropy, accuracy."""

    name = "sentiment"
    figure = ACCURACY
    label_setting = "data.label_column"
    has_threshold = True
    outputs = 1
    results: ClassVar = {"label": "text", "label_ko": "text", "score": "number"}
    terms = Terms(
        meaning="log odds, ln(p / (1 − p)), of 긍정",
        below="부정",
        above="긍정",
    )

    def purpose(self, threshold: float) -> str:
        """See `Task.purpose`."""
        return (
            "gives the probability that a Korean comment is positive (긍정); it is called so from "
            f"{threshold:g} on"
        )

    def wanted(self) -> list[Wanted]:
        """The label column."""
        return [Wanted(self.recipe["data"].get("label_column") or LABEL)]

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """[R, 1]: 0 or 1."""
        column = columns[self.wanted()[0].name]
        wrong = [i for i, number in enumerate(column.numbers()) if number not in (0, 1)]
        column.refuse(wrong, source, "0 (negative) or 1 (positive)")
        return column.numbers()[column.codes, None].astype(np.float32)

    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Binary cross-entropy (nats)."""
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(outputs, targets)

    def figures(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Whether each is right at even odds."""
        return ((outputs[:, 0] > 0) == (targets[:, 0] > 0.5)).float()

    def calibration(self, outputs: Floats, targets: Floats) -> tuple[dict[str, Any], Floats]:
        """One temperature: see `nsmc.tasks.calibration`. No decision at even odds changes."""
        from nsmc.tasks.calibration import fit_temperature

        temperature = fit_temperature(
            lambda t: binary_cross_entropy(outputs[:, 0] / t, targets[:, 0])
        )
        return {"temperature": temperature}, np.array([1 / temperature], np.float32)

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """``label``, ``label_ko`` and ``score``, the probability of positive."""
        scores = probabilities(outputs[:, 0])  # [R]
        labels = labels_of(scores, threshold)
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
        return [
            SentimentPrediction(text, score, label)
            for text, score, label in zip(
                texts, scores.tolist(), labels_of(scores, threshold), strict=True
            )
        ]

    def positive(self, outputs: Floats) -> NDArray[np.float64]:
        """The probability of positive [R]."""
        return probabilities(outputs[:, 0])

    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """The log odds of positive, whatever was called."""
        return "긍정", lambda found: found[:, 0].astype(np.float64)

    def choices(self, outputs: Floats, targets: Floats, threshold: float) -> Choices:
        """부정 and 긍정, cut at the threshold."""
        positive = probabilities(outputs[:, 0])  # [R]
        return Choices(
            names=(KOREAN["negative"], KOREAN["positive"]),
            values=(0, 1),
            labels=np.nan_to_num(targets[:, 0], nan=-1).astype(np.int64),
            probabilities=np.stack([1 - positive, positive], axis=1),
            threshold=threshold,
        )

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """See `nsmc.tasks.metrics.binary_metrics`."""
        # Here, because a typed comment passes this file and is neither calibrated nor measured.
        from nsmc.tasks.metrics import binary_metrics

        scores = probabilities(outputs[:, 0])
        return binary_metrics(targets[:, 0].astype(np.int8), scores, threshold)

    def metric_lines(self, metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
        """`metrics` for a person."""
        low, high = metrics["accuracy_interval"]
        (tn, fp), (fn, tp) = metrics["confusion"]
        auc = metrics["roc_auc"]
        width = max(len(f"{n:,}") for n in (tn, fp, fn, tp))
        return [
            ("accuracy", f"{metrics['accuracy']:.2%}  (95% interval {low:.2%} – {high:.2%})"),
            ("precision", f"{metrics['precision']:.2%}  of those called 긍정 are"),
            ("recall", f"{metrics['recall']:.2%}  of the 긍정 are called so"),
            ("F1", f"{metrics['f1']:.2%}"),
            ("ROC AUC", "undefined: only one class is there" if auc is None else f"{auc:.4f}"),
            ("log loss", f"{metrics['log_loss']:.4f} nats"),
            ("calibration error", f"{metrics['ece']:.2%}"),
            ("confusion", f"부정: {tn:>{width},} right, {fp:>{width},} called 긍정"),
            ("", f"긍정: {tp:>{width},} right, {fn:>{width},} called 부정"),
        ]


def probabilities(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Log odds [R] to probabilities [R]."""
    with np.errstate(over="ignore"):
        found: NDArray[np.float64] = 1 / (1 + np.exp(-logits.astype(np.float64)))  # [R]
    return found


def labels_of(scores: NDArray[np.float64], threshold: float) -> list[str]:
    """``positive`` at or above the threshold, ``negative`` below, empty for NaN; of scores [R]."""
    return [
        "" if math.isnan(score) else "positive" if score >= threshold else "negative"
        for score in scores.tolist()
    ]


def binary_cross_entropy(logits: NDArray[Any], labels: NDArray[Any]) -> float:
    """Mean of log(1 + exp(-logit)) of the positive and log(1 + exp(logit)) of the negative [R]."""
    signed = np.where(labels > 0.5, -logits, logits).astype(np.float64)  # [R]
    return float(np.logaddexp(0, signed).mean())
