"""Stars, alone and beside the sentiment."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from nsmc.errors import DataError
from nsmc.report.display import display_text
from nsmc.report.metric_lines import metric_lines
from nsmc.tasks.metrics import star_metrics
from nsmc.tasks.predictions import StarScale

Make = Callable[..., Any]
NONE = float("nan")


@pytest.fixture
def stars(task_of: Make) -> Any:
    return task_of("stars")


@pytest.fixture
def both(task_of: Make) -> Any:
    return task_of("sentiment+stars")


def test_stars_are_read_and_others_refused(stars: Any, columns: Make) -> None:
    assert stars.targets(columns(rating=["10", "1", "5.5"]), "t").tolist() == [[10], [1], [5.5]]
    words = (
        r"t\.csv, column 'rating': expected a number from 1 to 10, found '0' in row 2, nothing in "
        r"row 3, 'inf' in row 4, … \(4 such rows\)"
    )
    with pytest.raises(DataError, match=words):
        stars.targets(columns(rating=["10", "0", "", "inf", "열"]), "t.csv")


def test_another_scale_and_column(task_of: Make, columns: Make) -> None:
    task = task_of("stars", "stars.low=0", "stars.high=5", "stars.column=별점")
    assert task.targets(columns(별점=["0", "5"]), "t").tolist() == [[0], [5]]
    assert [one.name for one in task.reading("별").label_columns()] == ["별"]
    result = task.columns_of(np.array([[-1], [0], [0.5], [3]], np.float32), 0.5)
    assert result == {"stars": [0, 2.5, 3.75, 5]}


def test_loss_and_figure_by_hand(stars: Any) -> None:
    outputs = torch.tensor([[0.0], [1.5]])  # [B, 1]: 5.5 stars, and 12.25, cut to 10
    targets = torch.tensor([[10.0], [8.0]])  # [B, 1]: 1 and 2.5 / 4.5 on the scale
    expected = (1 + (1.5 - 2.5 / 4.5) ** 2) / 2
    assert float(stars.loss(outputs, targets)) == pytest.approx(expected)
    assert stars.metric_values(outputs, targets).tolist() == pytest.approx([4.5, 2.0])


def test_predictions_of_stars(stars: Any) -> None:
    result, nothing = stars.predictions(["가", ""], np.array([[0.8], [np.nan]], np.float32), 0.5)
    assert result.stars == pytest.approx(9.1)
    assert display_text(result).words.strip() == "★9.1"
    assert result.to_dict() == {"text": "가", "stars": 9.1}
    assert nothing.to_dict() == {"text": "", "stars": None}
    numbers = stars.star_predictions(np.array([[0.8]], np.float32), np.array([[10]], np.float32))
    assert numbers.errors.tolist() == pytest.approx([-0.9])
    assert numbers.scale == StarScale(1, 10)
    name, value, *_ = stars.explained(np.array([0.8], np.float32))
    assert name == "★"
    # Not cut, so that what each part adds still adds up.
    assert value(np.array([[2.0]], np.float32)).tolist() == [14.5]


def test_metrics_are_scipys() -> None:
    from scipy.stats import spearmanr

    random = np.random.default_rng(0)
    given = random.integers(1, 11, 200).astype(np.float32)
    result = (given + random.normal(0, 2, 200)).clip(1, 10)
    metric_values = star_metrics(given, result)
    assert metric_values["mean_absolute_error"] == pytest.approx(np.abs(given - result).mean())
    assert metric_values["root_mean_square_error"] == pytest.approx(
        math.sqrt(((given - result) ** 2).mean())
    )
    assert metric_values["rank_correlation"] == pytest.approx(spearmanr(given, result).statistic)
    assert metric_values["median"] == np.median(given)
    assert metric_values["within_one"] == (np.abs(given - result) <= 1).mean()
    # No number is nearer to all than the median.
    median = metric_values["mean_absolute_error_of_median"]
    assert median <= min(np.abs(given - other).mean() for other in range(1, 11))
    same = star_metrics(np.full(3, 5, np.float32), np.array([4.0, 5.0, 6.0]))
    assert same["rank_correlation"] is None


def test_labels_follow_from_stars_as_in_nsmc_unless_they_are_given(
    both: Any, columns: Make
) -> None:
    result = both.targets(columns(rating=["1", "4", "5", "8", "9", "10"]), "t")
    assert result[:, 1].tolist() == [1, 4, 5, 8, 9, 10]
    np.testing.assert_array_equal(result[:, 0], [0, 0, NONE, NONE, 1, 1])
    # A label that is given counts, an empty cell is none.
    mixed = both.targets(columns(rating=["1", "", "5", ""], label=["1", "0", "", "1"]), "t")
    np.testing.assert_array_equal(mixed, [[1, 1], [0, NONE], [NONE, 5], [1, NONE]])


def test_what_both_heads_cannot_learn_from(both: Any, columns: Make) -> None:
    with pytest.raises(DataError, match="expected a column 'rating' or 'label', found neither"):
        both.targets({}, "t.csv")
    with pytest.raises(DataError, match="found 1 with neither; remove these rows"):
        both.targets(columns(rating=["1", ""], label=["", ""]), "t.csv")
    with pytest.raises(DataError, match=r"expected reviews with a label, found none; .*'stars'"):
        both.learn(columns(rating=["5", "6"]), "t.csv")
    words = "expected reviews with a number of stars, found none; train with the task 'sentiment'"
    with pytest.raises(DataError, match=words):
        both.learn(columns(label=["0", "1"]), "t.csv")
    with pytest.raises(DataError, match=r"expected 0 \(negative\) or 1 \(positive\), or nothing"):
        both.targets(columns(label=["0", "3"]), "t.csv")


def test_what_a_review_lacks_costs_nothing(task_of: Make) -> None:
    task = task_of("sentiment+stars", "stars.weight=0.25")
    outputs = torch.tensor([[1.0, 0.5], [3.0, -1.0]], requires_grad=True)  # [B, 2]
    targets = torch.tensor([[1.0, NONE], [NONE, 5.5]])  # [B, 2]
    loss = task.loss(outputs, targets)
    assert float(loss.detach()) == pytest.approx((math.log1p(math.exp(-1)) + 0.25 * 1) / 2)
    loss.backward()
    assert outputs.grad is not None
    assert torch.isfinite(outputs.grad).all()
    assert (outputs.grad == 0).tolist() == [[False, True], [True, False]]
    metric_values = task.metric_values(outputs.detach(), targets).tolist()
    assert metric_values[0] == 1
    assert math.isnan(metric_values[1])


def test_both_are_shown_and_judged(both: Any) -> None:
    outputs = np.array([[math.log(4), 0.8], [-2, -1], [np.nan, np.nan]], np.float32)
    result = both.predictions(["가", "나", ""], outputs, 0.5)
    assert display_text(result[0]).words.split() == ["긍정", "80.0%", "★9.1"]
    assert result[0].to_dict()["stars"] == 9.1
    assert result[2].to_dict()["stars"] is None
    assert list(both.columns_of(outputs, 0.5)) == ["label", "label_ko", "score", "stars"]
    targets = np.array([[1, 10], [NONE, 1]], np.float32)
    metric_values = both.metrics(outputs[:2], targets, 0.5)
    assert (metric_values["examples"], metric_values["accuracy"]) == (1, 1)
    assert metric_values["stars"]["examples"] == 2
    assert metric_values["stars"]["mean_absolute_error"] == pytest.approx(0.45)
    names = [name for name, _ in metric_lines(metric_values)]
    assert {"accuracy", "mean absolute error"} <= set(names)
    only_stars = both.metrics(outputs[:2], np.array([[NONE, 10], [NONE, 1]], np.float32), 0.5)
    assert list(only_stars) == ["stars"]
    assert "accuracy" not in dict(metric_lines(only_stars))
    choices = both.class_predictions(outputs[:2], targets, 0.5)
    numbers = both.star_predictions(outputs[:2], targets)
    assert choices.labels.tolist() == [1, -1]
    assert numbers.given.tolist() == [10, 1]
