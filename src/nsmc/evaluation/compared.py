"""The answers of two models to the same reviews: what is told of each kind.

Shapes: R reviews.
"""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.paired import (
    difference_interval,
    mcnemar,
    mean_difference,
    reviews_needed,
    reviews_needed_of_means,
)
from nsmc.evaluation.slices import mean_interval
from nsmc.tasks.metrics import accuracy_interval, star_metrics
from nsmc.tasks.predictions import ClassPredictions, RegressionPredictions

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

SIGNIFICANT = 0.05
APART = 1.0
"""Stars from which on two models disagree on a comment."""


class Pair(ABC):
    """Two models' answers of one kind."""

    name: ClassVar[str]
    columns: dict[str, str]
    """What is told of a comment on which the models disagree, with its type in a table."""

    @property
    @abstractmethod
    def examples(self) -> int:
        """Reviews that have a label of this kind."""

    @abstractmethod
    def metrics(self) -> dict[str, Any]:
        """``a``, ``b``, ``examples``, ``difference``, ``difference_interval``, ``p_value``,
        ``better``, ``reviews_needed`` and what is particular to this kind.
        """

    @abstractmethod
    def disagreements(self, reviews: "Reviews") -> list[dict[str, Any]]:
        """A dict of `columns` for each comment on which they disagree, farthest apart first."""


class ClassPredictionsPair(Pair):
    """Two models that call comments one of the same classes.

    ``a`` and ``b`` have ``threshold`` (of those that have one), ``accuracy`` and
    ``accuracy_interval``; ``labels`` is how many 0 and 1 there are, or how many of each class;
    ``table`` is [[both right, only A], [only B, both wrong]].
    """

    name = "labels"

    def __init__(self, a: ClassPredictions, b: ClassPredictions) -> None:
        place = {value: index for index, value in enumerate(b.values)}
        order = np.array([place[value] for value in a.values])  # [C]
        back = np.append(np.argsort(order), -1)  # [C + 1], the last one for no label
        self.names, self.values = a.names, a.values
        self.labels = np.where(a.labels >= 0, a.labels, back[b.labels])  # [R]
        self.thresholds = (a.threshold, b.threshold)
        self.probabilities = (a.probabilities, b.probabilities[:, order])  # [R, C] each
        self.called = np.stack([a.called, back[b.called]])  # [2, R]
        sure = "confidence" if a.threshold is None else "score"
        kind = "str" if isinstance(a.values[0], str) else "int8"
        self.columns = {
            "row": "int64",
            "document": "str",
            "label": kind,
            "label_a": kind,
            f"{sure}_a": "float64",
            "label_b": kind,
            f"{sure}_b": "float64",
            "right": "str",
        }
        self._sure = sure

    @property
    def examples(self) -> int:
        """See `Pair.examples`."""
        return int((self.labels >= 0).sum())

    def metrics(self) -> dict[str, Any]:
        """See `Pair.metrics`."""
        given = self.labels >= 0  # [R]
        right = (self.called == self.labels)[:, given]  # [2, labelled ones of R]
        counts = np.bincount(self.labels[given], minlength=len(self.values)).tolist()
        labels: Any = counts
        if not isinstance(self.values[0], int):
            labels = dict(zip(self.values, counts, strict=True))
        return {
            **{
                name: {
                    **({} if threshold is None else {"threshold": threshold}),
                    "accuracy": float(correct.mean()),
                    "accuracy_interval": accuracy_interval(int(correct.sum()), len(correct)),
                }
                for name, threshold, correct in zip("ab", self.thresholds, right, strict=True)
            },
            "examples": int(given.sum()),
            "labels": labels,
            **_difference_of_shares(right),
        }

    def disagreements(self, reviews: "Reviews") -> list[dict[str, Any]]:
        """The probabilities of positive where there is a threshold, else those of what was called;
        farthest apart are those whose probabilities of what either called differ most.
        """
        a, b = self.called
        everyone = np.arange(len(a))
        # [2, 2, R]: of model, of what A and what B called.
        p = np.array([[of[everyone, called] for called in (a, b)] for of in self.probabilities])
        apart = np.where((a != b) & (self.labels >= 0), np.abs(p[0] - p[1]).max(axis=0), -1)  # [R]
        told = [of[:, 1] for of in self.probabilities]  # [R] each
        if self._sure == "confidence":
            told = [p[0, 0], p[1, 1]]
        return [
            {
                "row": int(reviews.rows[i]),
                "document": reviews.texts[i],
                "label": self.values[self.labels[i]],
                "label_a": self.values[a[i]],
                f"{self._sure}_a": round(float(told[0][i]), 6),
                "label_b": self.values[b[i]],
                f"{self._sure}_b": round(float(told[1][i]), 6),
                "right": "A" if a[i] == self.labels[i] else "B" if b[i] == self.labels[i] else "",
            }
            for i in np.argsort(-apart, kind="stable")[: int((apart >= 0).sum())].tolist()
        ]


class RegressionPair(Pair):
    """Two models that give stars.

    ``a`` and ``b`` have ``mean_absolute_error`` with ``mean_absolute_error_interval`` and
    ``rank_correlation``; the ``difference`` is that of the mean absolute errors, so below 0 B is
    nearer.
    """

    name = "stars"

    def __init__(self, a: RegressionPredictions, b: RegressionPredictions) -> None:
        self.a, self.b = a, b
        self.given = np.where(np.isnan(a.given), b.given, a.given)  # [R]
        self.columns = {
            "row": "int64",
            "document": "str",
            "given": "float64",
            "stars_a": "float64",
            "stars_b": "float64",
            "nearer": "str",
        }

    @property
    def examples(self) -> int:
        """See `Pair.examples`."""
        return int((~np.isnan(self.given)).sum())

    def metrics(self) -> dict[str, Any]:
        """See `Pair.metrics`."""
        there = ~np.isnan(self.given)  # [R]
        given = self.given[there]  # [starred ones of R]
        found = [one.found[there] for one in (self.a, self.b)]
        off = [np.abs(stars - given) for stars in found]
        difference, low, high, p_value = mean_difference(off[1] - off[0])
        told = p_value < SIGNIFICANT
        kept = ("mean_absolute_error", "rank_correlation")
        return {
            **{
                name: {
                    **{k: v for k, v in star_metrics(given, stars).items() if k in kept},
                    "mean_absolute_error_interval": mean_interval(errors),
                }
                for name, stars, errors in zip("ab", found, off, strict=True)
            },
            "examples": len(given),
            "difference": difference,
            "difference_interval": [low, high],
            "p_value": p_value,
            "better": ("b" if difference < 0 else "a") if told else None,
            "reviews_needed": None if told else reviews_needed_of_means(off[1] - off[0]),
        }

    def disagreements(self, reviews: "Reviews") -> list[dict[str, Any]]:
        """Those that the models see more than `APART` stars apart."""
        apart = np.abs(self.a.found - self.b.found)  # [R]
        apart = np.where((apart > APART) & ~np.isnan(self.given), apart, -1)  # [R]
        return [
            {
                "row": int(reviews.rows[i]),
                "document": reviews.texts[i],
                "given": float(self.given[i]),
                "stars_a": round(float(self.a.found[i]), 6),
                "stars_b": round(float(self.b.found[i]), 6),
                "nearer": _nearer(*(abs(x.found[i] - self.given[i]) for x in (self.a, self.b))),
            }
            for i in np.argsort(-apart, kind="stable")[: int((apart >= 0).sum())].tolist()
        ]


def _nearer(a: float, b: float) -> str:
    return "" if a == b else "A" if a < b else "B"


def _difference_of_shares(right: NDArray[np.bool_]) -> dict[str, Any]:
    """What follows from who was right [2, R] where."""
    a, b = right
    counts = [int(n.sum()) for n in (a & b, a & ~b, ~a & b, ~a & ~b)]
    both_right, only_a, only_b, both_wrong = counts
    reviews = sum(counts)
    low, high = difference_interval(*counts)
    p_value = mcnemar(only_a, only_b)
    # The interval and the test are of different making and may differ at the very edge.
    told = p_value < SIGNIFICANT and not low <= 0 <= high
    return {
        "table": [[both_right, only_a], [only_b, both_wrong]],
        "difference": (only_b - only_a) / reviews,
        "difference_interval": [low, high],
        "p_value": p_value,
        "better": ("b" if only_b > only_a else "a") if told else None,
        "reviews_needed": None if told else reviews_needed(only_a, only_b, reviews),
    }
