"""Two models' predictions of one kind for the same reviews.

Shapes: R reviews, L of them with a label of the kind, C classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from nsmc.evaluation import significance
from nsmc.evaluation.results import PairedMetrics
from nsmc.tasks.metrics import accuracy_interval, star_metrics
from nsmc.tasks.predictions import ClassPredictions, RegressionPredictions

if TYPE_CHECKING:
    from nsmc.data.reviews import Reviews

SIGNIFICANT = 0.05
APART = 1.0
"""Stars from which on two models disagree on a comment."""


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models' predictions of one kind."""

    metrics: PairedMetrics
    label_names: Mapping[Any, str]
    """For a person, by label; empty of stars."""
    distances: NDArray[np.float64]
    """[R] how far the predictions are apart where the models disagree; -1 elsewhere."""
    columns: Mapping[str, NDArray[Any]]
    """[R] each: what is said of a disagreement besides its row and comment."""

    @property
    def types(self) -> dict[str, Any]:
        """The keys of a disagreement, with their types in a table."""
        columns = {
            name: "str" if c.dtype == object else c.dtype for name, c in self.columns.items()
        }
        return {"row": "int64", "document": "str", **columns}

    def disagreements(self, reviews: "Reviews") -> list[dict[str, Any]]:
        """A dict of `types` for each comment on which they disagree, farthest apart first."""
        count = int((self.distances >= 0).sum())
        order = np.argsort(-self.distances, kind="stable")[:count]  # [count]
        texts = [reviews.texts[place] for place in order.tolist()]
        cells = [column[order].tolist() for column in self.columns.values()]
        rows = zip(reviews.rows[order].tolist(), texts, *cells, strict=True)
        return [dict(zip(self.types, row, strict=True)) for row in rows]


def pair_classes(a: ClassPredictions, b: ClassPredictions) -> Pair | None:
    """Compare two models that predict the same classes, by McNemar's test of their accuracies.

    They disagree where they predict different classes; the distance is the larger of the
    differences in the probabilities of these. None without a label.
    """
    column = {value: index for index, value in enumerate(b.values)}
    order = np.array([column[value] for value in a.values])  # [C]: A's order of the classes
    back = np.append(np.argsort(order), -1)  # [C + 1], the last one for no label
    labels = np.where(a.labels >= 0, a.labels, back[b.labels])  # [R]
    labelled = labels >= 0  # [R]
    if not labelled.any():
        return None
    predicted = np.stack([a.predicted, back[b.predicted]])  # [2, R]
    probabilities = np.stack([a.probabilities, b.probabilities[:, order]])  # [2, R, C]
    # [2, R, 2]: by each model, of what A and what B predicted
    shares = np.take_along_axis(probabilities, predicted.T[None], axis=2)
    binary = a.threshold is not None
    number = "score" if binary else "confidence"
    of_a, of_b = np.round(
        probabilities[:, :, 1] if binary else [shares[0, :, 0], shares[1, :, 1]], 6
    )  # [R], [R]
    values = np.array(a.values, dtype=object if isinstance(a.values[0], str) else np.int8)  # [C]
    right = predicted == labels  # [2, R]
    return Pair(
        _class_metrics(a, b, labels[labelled], right[:, labelled]),
        dict(zip(a.values, a.names, strict=True)),
        np.where(
            (predicted[0] != predicted[1]) & labelled,
            np.abs(shares[0] - shares[1]).max(axis=1),
            -1,
        ),
        {
            "label": values[labels],
            "label_a": values[predicted[0]],
            f"{number}_a": of_a,
            "label_b": values[predicted[1]],
            f"{number}_b": of_b,
            "right": np.where(right[0], "A", np.where(right[1], "B", "")).astype(object),
        },
    )


def _class_metrics(
    a: ClassPredictions, b: ClassPredictions, labels: NDArray[np.int64], right: NDArray[np.bool_]
) -> PairedMetrics:
    """From labels [L], and which of them each model predicted [2, L]."""
    counts = [int(((right[0] == x) & (right[1] == y)).sum()) for x in (1, 0) for y in (1, 0)]
    both_right, only_a, only_b, both_wrong = counts
    low, high = significance.difference_interval(*counts)
    p_value = significance.mcnemar(only_a, only_b)
    # The interval and the test are of different making and may differ at the very edge.
    significant = p_value < SIGNIFICANT and not low <= 0 <= high
    of_model = [
        {
            **({} if one.threshold is None else {"threshold": one.threshold}),
            "accuracy": float(correct.mean()),
            "accuracy_interval": accuracy_interval(int(correct.sum()), len(correct)),
        }
        for one, correct in zip((a, b), right, strict=True)
    ]
    numbers = np.bincount(labels, minlength=len(a.values)).tolist()
    named = isinstance(a.values[0], str)
    return PairedMetrics(
        kind="labels",
        a=of_model[0],
        b=of_model[1],
        examples=len(labels),
        labels=dict(zip(a.values, numbers, strict=True)) if named else numbers,
        table=[[both_right, only_a], [only_b, both_wrong]],
        difference=(only_b - only_a) / len(labels),
        difference_interval=(low, high),
        p_value=p_value,
        better=_better(only_b > only_a, significant),
        reviews_needed=None
        if significant
        else significance.reviews_needed(only_a, only_b, len(labels)),
    )


def pair_stars(a: RegressionPredictions, b: RegressionPredictions) -> Pair | None:
    """Compare two models that predict stars of one scale, by a paired t-test of their errors.

    They disagree where their predictions are more than `APART` stars apart. None without a label.
    """
    given = np.where(np.isnan(a.given), b.given, a.given)  # [R]
    labelled = ~np.isnan(given)  # [R]
    if not labelled.any():
        return None
    predicted = np.stack([a.predicted, b.predicted])  # [2, R]
    errors = np.abs(predicted - given)  # [2, R]
    more = errors[1, labelled] - errors[0, labelled]  # [L]
    difference, low, high, p_value = significance.mean_difference(more)
    significant = p_value < SIGNIFICANT
    of_model = []
    for stars, off in zip(predicted[:, labelled], errors[:, labelled], strict=True):
        metrics = star_metrics(given[labelled], stars)
        of_model.append(
            {
                "mean_absolute_error": metrics["mean_absolute_error"],
                "rank_correlation": metrics["rank_correlation"],
                "mean_absolute_error_interval": significance.mean_interval(off),
            }
        )
    distances = np.abs(predicted[0] - predicted[1])  # [R]
    stars_a, stars_b = np.round(predicted, 6)  # [R], [R]
    nearer = np.where(errors[0] < errors[1], "A", np.where(errors[0] > errors[1], "B", ""))
    return Pair(
        PairedMetrics(
            kind="stars",
            a=of_model[0],
            b=of_model[1],
            examples=len(more),
            difference=difference,
            difference_interval=(low, high),
            p_value=p_value,
            better=_better(difference < 0, significant),
            reviews_needed=None if significant else significance.reviews_needed_of_means(more),
        ),
        {},
        np.where((distances > APART) & labelled, distances, -1),
        {"given": given, "stars_a": stars_a, "stars_b": stars_b, "nearer": nearer.astype(object)},
    )


def _better(b_is_better: bool, significant: bool) -> Literal["a", "b"] | None:
    if not significant:
        return None
    return "b" if b_is_better else "a"
