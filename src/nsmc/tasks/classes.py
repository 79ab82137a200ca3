"""Own labels: two classes to hundreds, one logit each.

Shapes: R reviews, B reviews of a batch, C classes, N subsets of a comment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.label_columns import LabelColumn, LabelColumnSpec
from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tasks.calibration import fit_temperature
from nsmc.tasks.metrics import ACCURACY, class_metrics, log_softmax
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

MOST = 1000
"""Classes at most: more are texts or numbers in the wrong column."""
NAMED = 12
"""Classes that an error names."""


@dataclass(frozen=True)
class ClassPrediction(Prediction):
    """The class of one comment."""

    label: str
    """The likeliest class; empty if nothing in the comment is legible."""
    probabilities: dict[str, float | None]
    """Of each class by its name, in the model's order; None without a label."""

    @property
    def legible(self) -> bool:
        """Whether there is a label."""
        return bool(self.label)

    @property
    def confidence(self) -> float | None:
        """The probability of the label given; None without one."""
        return self.probabilities.get(self.label)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is no label."""
        shares = {name: rounded_number(share) for name, share in self.probabilities.items()}
        return {
            "text": self.text,
            "label": self.label or None,
            "confidence": rounded_number(self.confidence),
            "probabilities": shares if self.label else None,
            **self.notes(),
        }


class Classes(LabelTask):
    """Labels by name, cross-entropy, accuracy."""

    name = "classes"
    metric = ACCURACY
    label_setting = "data.label_column"
    prediction = ClassPrediction
    results: ClassVar = {"label": "text", "confidence": "number"}

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, state)
        self.classes: list[str] = list((state or {}).get("classes", []))
        """[C] names; none before `learn`."""
        self.reviews: list[int] = list((state or {}).get("reviews", []))
        """[C] reviews of each in the training file."""
        counts_fit = len(self.reviews) in (0, len(self.classes))
        if not all(isinstance(name, str) for name in self.classes) or not counts_fit:
            raise ValueError("classes: expected texts, and as many numbers of reviews, if any")
        if not all(type(count) is int and count >= 0 for count in self.reviews):
            raise ValueError("classes: expected whole numbers of reviews")
        if len({*self.classes}) < len(self.classes):
            raise ValueError("classes: expected different ones")
        self._weights: list[float] | None = None
        """[C] of each class, where all shall count the same; None where all reviews do."""

    @property
    def outputs(self) -> int:  # type: ignore[override]
        """C."""
        return len(self.classes)

    @property
    def class_answer(self) -> ClassAnswer:  # type: ignore[override]
        """The classes, none before `learn`."""
        return ClassAnswer(tuple(self.classes), tuple(self.classes))

    def label_columns(self) -> list[LabelColumnSpec]:
        """The label column."""
        return [LabelColumnSpec(self.config.data.label_column or "label")]

    def learn(self, columns: Mapping[str, LabelColumn], source: str) -> Self:
        """Take the names in the training file as the classes, numbers in their order."""
        column = columns[self.label_columns()[0].name]
        column.refuse([], source, tr("the name of a class"))
        counts = column.counts()
        names = [name for name, count in zip(column.names, counts, strict=True) if count]
        if not 2 <= len(names) <= MOST:
            shown = ", ".join(map(repr, names[:3])) + (", …" if len(names) > 3 else "")
            raise DataError(
                "{source}, column {column!r}: expected 2 to {most:,} classes, found {count:,} "
                "({shown}); name another column with --label-column",
                source=source,
                column=column.name,
                most=MOST,
                count=len(names),
                shown=shown,
            )
        numbers = dict(zip(column.names, column.numbers().tolist(), strict=True))
        numeric = not np.isnan([numbers[name] for name in names]).any()
        names.sort(key=(lambda n: (numbers[n], n)) if numeric else str)
        size = dict(zip(column.names, counts.tolist(), strict=True))
        reviews = [size[name] for name in names]
        learnt = type(self)(self.config, {"classes": names, "reviews": reviews})
        if self.config.classes.balance != "none":
            # n / (C · n_c), after King and Zeng, "Logistic regression in rare events data", 2001.
            learnt._weights = [sum(reviews) / (len(names) * count) for count in reviews]
        return learnt

    def state(self) -> dict[str, Any]:
        """The names, and how many reviews had each."""
        return {"classes": self.classes, "reviews": self.reviews}

    def targets(self, columns: Mapping[str, LabelColumn], source: str) -> Floats:
        """[R, 1]: the number of each review's class."""
        column = columns[self.label_columns()[0].name]
        place = {name: float(index) for index, name in enumerate(self.classes)}
        known = ", ".join(self.classes[:NAMED]) + (", …" if self.outputs > NAMED else "")
        column.refuse(
            [i for i, name in enumerate(column.names) if name not in place],
            source,
            tr("one of the model's {count} classes ({names})", count=self.outputs, names=known),
        )
        numbers = [place.get(name, np.nan) for name in column.names]
        return np.array(numbers, np.float32)[column.codes, None]

    def strata(self, targets: Floats) -> NDArray[np.int64]:
        """The classes: a rare one shall be in both parts."""
        return self.class_labels(targets)

    def sampling(self, targets: Floats) -> NDArray[np.float64] | None:
        """With ``balance = "sampling"``, every class as likely as any other."""
        if self.config.classes.balance != "sampling":
            return None
        numbers = targets[:, 0].astype(np.int64)  # [R]
        weights: NDArray[np.float64] = 1 / np.bincount(numbers, minlength=self.outputs)[numbers]
        return weights

    def loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Cross-entropy (nats), by the classes' weights if the config asks for them."""
        weighted = self.config.classes.balance == "weights"
        return self._cross_entropy(outputs, targets, weighted=weighted)

    def validation_loss(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """The same, with weights too where the training reviews are sampled by class."""
        return self._cross_entropy(outputs, targets, weighted=True)

    def _cross_entropy(self, outputs: "Tensor", targets: "Tensor", *, weighted: bool) -> "Tensor":
        import torch
        from torch.nn.functional import cross_entropy

        numbers = targets[:, 0].long()  # [B]
        losses = cross_entropy(outputs, numbers, reduction="none")  # [B]
        if weighted and self._weights is not None:
            # Not torch's own weighted mean, in which a batch of one class would have weight 1.
            weights = torch.tensor(self._weights, device=outputs.device)  # [C]
            losses = losses * weights[numbers]
        return losses.mean()

    def metric_values(self, outputs: "Tensor", targets: "Tensor") -> "Tensor":
        """Whether each is right."""
        return (outputs.argmax(dim=1) == targets[:, 0].long()).float()

    def calibration(self, outputs: Floats, targets: Floats) -> tuple[dict[str, Any], Floats]:
        """One temperature for all classes, which changes no label, by `validation_loss`."""
        numbers = targets[:, 0].astype(np.int64)  # [R]
        weights = np.array(self._weights or np.ones(self.outputs))[numbers]  # [R]

        def loss(temperature: float) -> float:
            logs = log_softmax(outputs / temperature)  # [R, C]
            return -float((logs[np.arange(len(numbers)), numbers] * weights).mean())

        temperature = fit_temperature(loss)
        scales = np.full(self.outputs, 1 / temperature, np.float32)
        return {"temperature": temperature}, scales

    def columns_of(self, outputs: Floats, threshold: float) -> dict[str, list[Any]]:
        """``label`` and ``confidence``, the probability of it."""
        legible = ~np.isnan(outputs[:, 0])  # [R]
        best = np.where(legible, np.nan_to_num(outputs).argmax(axis=1), -1)  # [R]
        confidence = np.exp(log_softmax(outputs).max(axis=1))  # [R]
        return {
            "label": [self.classes[i] if i >= 0 else None for i in best.tolist()],
            "confidence": rounded(confidence),
        }

    def predictions(
        self, texts: Sequence[str], outputs: Floats, threshold: float
    ) -> list[Prediction]:
        """A `ClassPrediction` each."""
        labels = self.columns_of(outputs, threshold)["label"]
        shares = map(optional, np.exp(log_softmax(outputs)))  # R × [C]
        return [
            ClassPrediction(text, label or "", dict(zip(self.classes, share, strict=True)))
            for text, label, share in zip(texts, labels, shares, strict=True)
        ]

    def probabilities(self, outputs: Floats) -> dict[str, list[float | None]]:
        """See `LabelTask.probabilities`."""
        shares = np.exp(log_softmax(outputs)).T  # [C, R]
        return dict(zip(self.classes, map(rounded, shares), strict=True))

    def explained(self, outputs: Floats) -> tuple[str, Value]:
        """The log odds of the likeliest class against all others together."""
        best = int(outputs.argmax())

        def odds(outputs: Floats) -> NDArray[np.float64]:
            others = np.delete(outputs, best, axis=1).astype(np.float64)  # [N, C - 1]
            rest: NDArray[np.float64] = np.logaddexp.reduce(others, axis=1)  # [N]
            return outputs[:, best] - rest

        return self.classes[best], odds

    def class_labels(self, targets: Floats) -> NDArray[np.int64]:
        """See `LabelTask.class_labels`."""
        return targets[:, 0].astype(np.int64)

    def class_predictions(
        self, outputs: Floats, targets: Floats, threshold: float
    ) -> ClassPredictions:
        """The likeliest class of each."""
        probabilities = np.exp(log_softmax(outputs))  # [R, C]
        return ClassPredictions(self.class_answer, self.class_labels(targets), probabilities)

    def metrics(self, outputs: Floats, targets: Floats, threshold: float) -> dict[str, Any]:
        """See `nsmc.tasks.metrics.class_metrics`."""
        return class_metrics(self.class_labels(targets), np.exp(log_softmax(outputs)), self.classes)
