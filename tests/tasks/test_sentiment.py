"""긍정 or 부정: labels, loss, predictions."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from nsmc.errors import DataError
from nsmc.report.display import DisplayText, display_text
from nsmc.tasks.sentiment import SentimentPrediction, binary_cross_entropy

Make = Callable[..., Any]


@pytest.fixture
def task(task_of: Make) -> Any:
    return task_of("sentiment")


def test_labels_of_any_spelling_become_0_and_1(task: Any, columns: Make) -> None:
    result = task.targets(columns(label=["1", "0", "1.0", "0.0", "1"]), "t.csv")
    assert result.tolist() == [[1], [0], [1], [0], [1]]
    assert result.dtype == np.float32


def test_other_labels_are_refused_with_their_rows(task: Any, columns: Make) -> None:
    words = (
        r"t\.csv, column 'label': expected 0 \(negative\) or 1 \(positive\), found '2' in row 2, "
        r"nothing in row 3, 'nan' in row 5, … \(5 such rows\)"
    )
    with pytest.raises(DataError, match=words):
        task.targets(columns(label=["1", "2", "", "2", "nan", "긍정"]), "t.csv")


@pytest.mark.parametrize(
    ("labels", "advice"),
    [
        (["5", "1", "3", "4", "없음"], "if these are stars, add --positive-from N"),
        (
            ["만족", "불만", "보통", "1"],
            "train a model of these: nsmc train --from shipped --set task",
        ),
        (["0", "1", "1", "네"], r"\(1 such rows\); correct or remove them$"),
    ],
)
def test_a_column_of_another_kind_is_told_from_single_mistakes(
    task: Any, columns: Make, labels: list[str], advice: str
) -> None:
    with pytest.raises(DataError, match=advice):
        task.targets(columns(label=labels), "t.csv")


def test_labels_of_rows_that_were_taken_out_do_not_count(task: Any, columns: Make) -> None:
    column = columns(label=["1", "2", "0"])["label"].take(np.array([2, 0]))
    assert task.targets({"label": column}, "t.csv").tolist() == [[0], [1]]


def test_the_label_column_is_the_recipes_or_another(task_of: Make, columns: Make) -> None:
    assert [one.name for one in task_of("sentiment").label_columns()] == ["label"]
    named = task_of("sentiment", "data.label_column=감정")
    assert [one.name for one in named.label_columns()] == ["감정"]
    other = named.reading("label")
    assert [one.name for one in other.label_columns()] == ["label"]
    assert named.reading(None) is named
    assert other.targets(columns(label=["1"]), "t").tolist() == [[1]]


def test_loss_and_figure_by_hand(task: Any) -> None:
    outputs = torch.tensor([[2.0], [-1.0], [0.5]])  # [B, 1]
    targets = torch.tensor([[1.0], [0.0], [0.0]])  # [B, 1]
    losses = [math.log1p(math.exp(-2)), math.log1p(math.exp(-1)), math.log1p(math.exp(0.5))]
    assert float(task.loss(outputs, targets)) == pytest.approx(sum(losses) / 3)
    assert binary_cross_entropy(outputs[:, 0].numpy(), targets[:, 0].numpy()) == pytest.approx(
        sum(losses) / 3
    )
    assert task.metric_values(outputs, targets).tolist() == [1, 1, 0]
    assert (task.strata(targets.numpy()), task.sampling(targets.numpy())) == (None, None)


def test_predictions_at_a_threshold(task: Any) -> None:
    outputs = np.array([[0.0], [math.log(4)], [np.nan]], np.float32)  # probabilities ½ and ⅘
    half, sure, nothing = task.predictions(["가", "나", ""], outputs, 0.6)
    assert isinstance(half, SentimentPrediction)
    assert (half.label, half.label_ko, half.confidence) == ("negative", "부정", 0.5)
    labels = {"label": "positive", "label_ko": "긍정"}
    assert sure.to_dict() == {"text": "나", **labels, "score": 0.8, "confidence": 0.8}
    assert display_text(sure) == DisplayText("긍정  80.0%", "positive")
    assert not nothing.legible
    assert set(nothing.to_dict().values()) == {"", None}
    assert task.columns_of(outputs, 0.6) == {
        "label": ["negative", "positive", None],
        "label_ko": ["부정", "긍정", None],
        "score": [0.5, 0.8, None],
    }


def test_its_answer_is_two_classes_and_a_threshold(task: Any) -> None:
    outputs = np.array([[-1.0], [math.log(4)]], np.float32)
    choices = task.class_predictions(outputs, np.array([[1], [1]], np.float32), 0.9)
    assert (choices.names, choices.values) == (("부정", "긍정"), (0, 1))
    assert choices.predicted.tolist() == [0, 0]
    assert choices.right.tolist() == [False, False]
    assert choices.confidence.tolist() == pytest.approx([1 / (1 + math.exp(-1)), 0.2])
    assert task.star_scale is None


def test_an_explanation_is_of_긍정_whatever_is_predicted(task: Any) -> None:
    name, value, *_ = task.explained(np.array([-3.0], np.float32))
    assert name == "긍정"
    assert value(np.array([[-3.0], [2.0]], np.float32)).tolist() == [-3, 2]
