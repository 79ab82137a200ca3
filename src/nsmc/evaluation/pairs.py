"""Two models' predictions of one kind for the same reviews.

Shapes: R reviews, L of them with a label of the kind, C classes.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation.results import PairedMetrics
from nsmc.evaluation.significance import (
    difference_interval,
    mcnemar,
    mean_difference,
    mean_interval,
    reviews_needed,
    reviews_needed_of_means,
)
from nsmc.tasks.metrics import accuracy_interval, star_metrics
from nsmc.tasks.predictions import ClassPredictions, RegressionPredictions

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

SIGNIFICANT = 0.05
APART = 1.0
"""Stars from which on two models disagree on a comment."""


class Pair(ABC):
    """Two models' predictions of one kind."""

    label_names: Mapping[Any, str]
    """For a person, by label; empty of stars."""
    columns: Mapping[str, str]
    """The keys of a disagreement, with their types in a table."""
    labelled: NDArray[np.bool_]
    """[R] whether a review has a label of this kind."""

    @abstractmethod
    def metrics(self) -> PairedMetrics:
        """The metrics of both and how far they are apart."""

    @abstractmethod
    def distances(self) -> NDArray[np.float64]:
        """[R] how far the predictions are apart where the models disagree; -1 elsewhere."""

    @abstractmethod
    def cells(self, place: int) -> list[Any]:
        """The values of `columns` of a disagreement, but for the row and the comment."""

    def disagreements(self, reviews: "Reviews") -> list[dict[str, Any]]:
        """A dict of `columns` for each comment on which they disagree, farthest apart first."""
        distances = self.distances()  # [R]
        order = np.argsort(-distances, kind="stable")[: int((distances >= 0).sum())].tolist()
        return [
            dict(
                zip(
                    self.columns,
                    [int(reviews.rows[place]), reviews.texts[place], *self.cells(place)],
                    strict=True,
                )
            )
            for place in order
        ]


class ClassPair(Pair):
    """Two models that predict the same classes; the classes are in A's order."""

    def __init__(self, a: ClassPredictions, b: ClassPredictions) -> None:
        column = {value: index for index, value in enumerate(b.values)}
        order = np.array([column[value] for value in a.values])  # [C]
        back = np.append(np.argsort(order), -1)  # [C + 1], the last one for no label
        self.values = a.values
        self.label_names = dict(zip(a.values, a.names, strict=True))
        self.labels = np.where(a.labels >= 0, a.labels, back[b.labels])  # [R]
        self.labelled = self.labels >= 0  # [R]
        self.thresholds = (a.threshold, b.threshold)
        self.probabilities = np.stack([a.probabilities, b.probabilities[:, order]])  # [2, R, C]
        self.predicted = np.stack([a.predicted, back[b.predicted]])  # [2, R]
        shares = np.take_along_axis(self.probabilities, self.predicted.T[None], axis=2)
        self.shares = shares  # [2, R, 2]: by each model, of what A and what B predicted
        number = "confidence" if a.threshold is None else "score"
        kind = "str" if isinstance(a.values[0], str) else "int8"
        self.columns = {
            "row": "int64",
            "document": "str",
            "label": kind,
            "label_a": kind,
            f"{number}_a": "float64",
            "label_b": kind,
            f"{number}_b": "float64",
            "right": "str",
        }
        self.numbers = np.stack([shares[0, :, 0], shares[1, :, 1]])  # [2, R]
        if number == "score":
            self.numbers = self.probabilities[:, :, 1]

    def metrics(self) -> PairedMetrics:
        """Accuracies, and McNemar's test."""
        right = (self.predicted == self.labels)[:, self.labelled]  # [2, L]
        a, b = right  # [L], [L]
        counts = [int(n.sum()) for n in (a & b, a & ~b, ~a & b, ~a & ~b)]
        both_right, only_a, only_b, both_wrong = counts
        low, high = difference_interval(*counts)
        p_value = mcnemar(only_a, only_b)
        # The interval and the test are of different making and may differ at the very edge.
        significant = p_value < SIGNIFICANT and not low <= 0 <= high
        of_model = [
            {
                **({} if threshold is None else {"threshold": threshold}),
                "accuracy": float(correct.mean()),
                "accuracy_interval": accuracy_interval(int(correct.sum()), len(correct)),
            }
            for threshold, correct in zip(self.thresholds, right, strict=True)
        ]
        numbers = np.bincount(self.labels[self.labelled], minlength=len(self.values)).tolist()
        binary = isinstance(self.values[0], int)
        return PairedMetrics(
            kind="labels",
            a=of_model[0],
            b=of_model[1],
            examples=len(a),
            difference=(only_b - only_a) / len(a),
            difference_interval=(low, high),
            p_value=p_value,
            better=_better(only_b > only_a, significant),
            reviews_needed=None if significant else reviews_needed(only_a, only_b, len(a)),
            labels=numbers if binary else dict(zip(self.values, numbers, strict=True)),
            table=[[both_right, only_a], [only_b, both_wrong]],
        )

    def distances(self) -> NDArray[np.float64]:
        """The larger of the differences in the probabilities of what either model predicted."""
        distances = np.abs(self.shares[0] - self.shares[1]).max(axis=1)  # [R]
        disagree = (self.predicted[0] != self.predicted[1]) & self.labelled  # [R]
        return np.where(disagree, distances, -1)

    def cells(self, place: int) -> list[Any]:
        """With the probabilities of positive where there is a threshold, else of the predicted."""
        label, (a, b) = self.labels[place], self.predicted[:, place]
        number_a, number_b = (round(float(number), 6) for number in self.numbers[:, place])
        right = "A" if a == label else "B" if b == label else ""
        return [self.values[label], self.values[a], number_a, self.values[b], number_b, right]


class StarPair(Pair):
    """Two models that predict stars of one scale."""

    def __init__(self, a: RegressionPredictions, b: RegressionPredictions) -> None:
        self.label_names = {}
        self.columns = {
            "row": "int64",
            "document": "str",
            "given": "float64",
            "stars_a": "float64",
            "stars_b": "float64",
            "nearer": "str",
        }
        self.given = np.where(np.isnan(a.given), b.given, a.given)  # [R]
        self.labelled = ~np.isnan(self.given)  # [R]
        self.predicted = np.stack([a.predicted, b.predicted])  # [2, R]
        self.errors = np.abs(self.predicted - self.given)  # [2, R]

    def metrics(self) -> PairedMetrics:
        """Mean absolute errors, and the paired t-test."""
        given = self.given[self.labelled]  # [L]
        errors = self.errors[:, self.labelled]  # [2, L]
        difference, low, high, p_value = mean_difference(errors[1] - errors[0])
        significant = p_value < SIGNIFICANT
        of_model = []
        for stars, off in zip(self.predicted[:, self.labelled], errors, strict=True):
            metrics = star_metrics(given, stars)
            of_model.append(
                {
                    "mean_absolute_error": metrics["mean_absolute_error"],
                    "rank_correlation": metrics["rank_correlation"],
                    "mean_absolute_error_interval": mean_interval(off),
                }
            )
        needed = None if significant else reviews_needed_of_means(errors[1] - errors[0])
        return PairedMetrics(
            kind="stars",
            a=of_model[0],
            b=of_model[1],
            examples=len(given),
            difference=difference,
            difference_interval=(low, high),
            p_value=p_value,
            better=_better(difference < 0, significant),
            reviews_needed=needed,
        )

    def distances(self) -> NDArray[np.float64]:
        """Stars between the predictions, where there are more than `APART`."""
        distances = np.abs(self.predicted[0] - self.predicted[1])  # [R]
        return np.where((distances > APART) & self.labelled, distances, -1)

    def cells(self, place: int) -> list[Any]:
        """See `Pair.cells`."""
        stars = [round(float(number), 6) for number in self.predicted[:, place]]
        a, b = self.errors[:, place]
        return [float(self.given[place]), *stars, "" if a == b else "A" if a < b else "B"]


def _better(b_is_better: bool, significant: bool) -> Literal["a", "b"] | None:
    if not significant:
        return None
    return "b" if b_is_better else "a"
