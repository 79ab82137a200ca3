"""Soft labels, and labels of which one is far more frequent than it will be in use."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import nsmc
from nsmc.config.schema import load_config
from nsmc.errors import DataError
from nsmc.tasks.sentiment import binary_cross_entropy, probabilities
from nsmc.training.api import train

Make = Callable[..., Any]
NONE = float("nan")
SOFT, PRIOR = "sentiment.soft_labels=true", "sentiment.balance=prior"
TASKS = ("sentiment", "sentiment+stars")


def entropy(logit: float, label: float) -> float:
    """Cross-entropy (nats) of a label with a probability, both written out."""
    positive = 1 / (1 + math.exp(-logit))
    return -label * math.log(positive) - (1 - label) * math.log(1 - positive)


@pytest.mark.parametrize("task", TASKS)
def test_they_are_taken_where_the_recipe_says_so(task: str, task_of: Make, columns: Make) -> None:
    given = columns(label=["0.25", "1", "0", "0.999", "1e-3"])
    result = task_of(task, SOFT).targets(given, "t.csv")
    np.testing.assert_allclose(result[:, 0], [0.25, 1, 0, 0.999, 0.001], rtol=1e-6)
    words = r"t\.csv, column 'label': expected 0 \(negative\) or 1 \(positive\).*, found '0\.25'"
    with pytest.raises(DataError, match=words):
        task_of(task).targets(given, "t.csv")


@pytest.mark.parametrize("task", TASKS)
def test_what_is_no_probability_is_refused(task: str, task_of: Make, columns: Make) -> None:
    words = (
        r"expected a probability of positive from 0 to 1.*, found '1\.01' in row 2, '-0\.1' in "
        r"row 3, 'nan' in row 4, … \(4 such rows\)"
    )
    with pytest.raises(DataError, match=words):
        task_of(task, SOFT).targets(columns(label=["0.5", "1.01", "-0.1", "nan", "inf"]), "t.csv")


def test_an_empty_cell_is_a_label_only_beside_stars(task_of: Make, columns: Make) -> None:
    with pytest.raises(DataError, match=r"from 0 to 1, found nothing in row 2 \(1 such rows\)"):
        task_of("sentiment", SOFT).targets(columns(label=["0.5", ""]), "t.csv")
    both = task_of("sentiment+stars", SOFT)
    result = both.targets(columns(label=["0.5", "", ""], rating=["", "9", "6"]), "t.csv")
    np.testing.assert_array_equal(result, [[0.5, NONE], [1, 9], [NONE, 6]])


def test_the_loss_by_hand(task_of: Make) -> None:
    outputs = torch.tensor([[2.0], [-1.0], [0.5]])  # [B, 1]
    targets = torch.tensor([[0.7], [0.2], [1.0]])  # [B, 1]
    expected = sum(map(entropy, (2, -1, 0.5), (0.7, 0.2, 1))) / 3
    task = task_of("sentiment", SOFT)
    assert float(task.loss(outputs, targets)) == pytest.approx(expected, rel=1e-5)
    assert float(task.validation_loss(outputs, targets)) == pytest.approx(expected, rel=1e-5)
    by_numpy = binary_cross_entropy(outputs[:, 0].numpy(), targets[:, 0].numpy())
    assert by_numpy == pytest.approx(expected, rel=1e-5)
    # The likelier side is what counts as right.
    assert task.metric_values(outputs, torch.tensor([[0.4], [0.4], [0.6]])).tolist() == [0, 1, 1]


def test_they_are_judged_by_their_likelier_side(task_of: Make) -> None:
    outputs = np.array([[2.0], [-1.0], [0.5], [-3]], np.float32)
    soft = np.array([[0.9], [0.6], [0.3], [0.1]], np.float32)
    task, hard = task_of("sentiment", SOFT), (soft > 0.5).astype(np.float32)
    metric_values = task.metrics(outputs, soft, 0.5)
    assert metric_values == task.metrics(outputs, hard, 0.5)
    assert metric_values["confusion"] == [[1, 1], [1, 1]]
    assert task.class_labels(soft).tolist() == [1, 1, 0, 0]
    both = task_of("sentiment+stars", SOFT)
    targets = np.array([[0.9, NONE], [NONE, 8.0]], np.float32)
    assert both.class_labels(targets).tolist() == [1, -1]


@pytest.mark.parametrize("task", TASKS)
def test_balanced_labels_add_their_log_odds_in_training_alone(
    task: str, task_of: Make, columns: Make
) -> None:
    given = columns(label=["1", "0", "0", "0", "0"], rating=["9", "1", "2", "1", "3"])
    balanced = task_of(task, PRIOR, "stars.weight=0").learn(given, "t.csv")
    plain = task_of(task, "stars.weight=0").learn(given, "t.csv")
    outputs = torch.tensor([[1.5, 0.0], [-0.5, 0.0]])[:, : plain.outputs]  # [B, O]
    targets = torch.tensor([[1.0, 9.0], [0.0, 1.0]])[:, : plain.outputs]  # [B, K]
    odds = math.log(0.2 / 0.8)
    by_hand = (entropy(1.5 + odds, 1) + entropy(-0.5 + odds, 0)) / 2
    without = (entropy(1.5, 1) + entropy(-0.5, 0)) / 2
    assert float(balanced.loss(outputs, targets)) == pytest.approx(by_hand, rel=1e-5)
    # Among these both are as frequent; where three in four are negative, that counts.
    assert float(balanced.validation_loss(outputs, targets)) == pytest.approx(without, rel=1e-5)
    skewed = [torch.cat([one, one[[1, 1]]]) for one in (outputs, targets)]
    odds = math.log(0.25 / 0.75)
    validation_loss = (entropy(1.5 + odds, 1) + 3 * entropy(-0.5 + odds, 0)) / 4
    assert float(balanced.validation_loss(*skewed)) == pytest.approx(validation_loss, rel=1e-5)
    # One label alone tells nothing of that.
    alone = float(balanced.validation_loss(outputs[:1], targets[:1]))
    assert alone == pytest.approx(entropy(1.5, 1), rel=1e-5)
    assert float(plain.validation_loss(*skewed)) == pytest.approx(
        (entropy(1.5, 1) + 3 * entropy(-0.5, 0)) / 4, rel=1e-5
    )
    assert float(plain.loss(outputs, targets)) == pytest.approx(without, rel=1e-5)


def test_soft_labels_are_balanced_by_their_mean(task_of: Make, columns: Make) -> None:
    task = task_of("sentiment", SOFT, PRIOR).learn(columns(label=["0.1", "0.3", "0.8"]), "t.csv")
    outputs, targets = torch.tensor([[0.4]]), torch.tensor([[0.3]])
    expected = entropy(0.4 + math.log(0.4 / 0.6), 0.3)
    assert float(task.loss(outputs, targets)) == pytest.approx(expected, rel=1e-5)


def test_reviews_without_a_label_do_not_count(task_of: Make, columns: Make) -> None:
    given = columns(label=["1", "0", "0", "", ""], rating=["", "", "", "6", "7"])
    task = task_of("sentiment+stars", PRIOR, "stars.weight=0").learn(given, "t.csv")
    outputs, targets = torch.tensor([[0.4, 0.0]]), torch.tensor([[1.0, NONE]])
    expected = entropy(0.4 + math.log(1 / 2), 1)
    assert float(task.loss(outputs, targets)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("label", ["0", "1"])
def test_one_label_alone_cannot_be_balanced(
    task: str, label: str, task_of: Make, columns: Make
) -> None:
    given = columns(label=[label] * 3, rating=["9", "1", "5"])
    words = r"t\.csv: expected reviews of both labels to balance them, found one alone; set sentim"
    with pytest.raises(DataError, match=words):
        task_of(task, PRIOR).learn(given, "t.csv")
    if task == "sentiment":
        with pytest.raises(DataError, match=r"found 3 that are all . \(.*nothing can be learnt"):
            task_of(task).learn(given, "t.csv")
    else:  # the stars can be
        assert task_of(task).learn(given, "t.csv")


def test_the_temperature_is_that_of_a_balanced_world(task_of: Make, columns: Make) -> None:
    random = np.random.default_rng(1)
    # Log odds where both are as frequent: a third surely negative, the rest probably positive.
    balanced = random.choice([-3.0, 1.0], 200_000, p=[0.338, 0.662])
    positive = random.random(len(balanced)) < probabilities(balanced)
    assert positive.mean() == pytest.approx(0.5, abs=0.01)
    # One positive in nine is left, as a table that is skewed would have it.
    saved = ~positive | (random.random(len(balanced)) < 1 / 9)
    outputs = (3 * balanced[saved, None]).astype(np.float32)
    labels = positive[saved, None].astype(np.float32)
    given = columns(label=["0", "0", "1"])
    result = [
        task_of("sentiment", *fields).learn(given, "t.csv").calibration(outputs, labels)[0]
        for fields in ((PRIOR,), ())
    ]
    temperatures = [one["temperature"] for one in result]
    assert temperatures[0] == pytest.approx(3, rel=0.05)
    assert abs(temperatures[1] - 3) > 0.5


SMALL = (
    *("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50"),
    *("model.embedding_dropout=0", "model.dropout=0", "training.adversarial_norm=0"),
    *("training.learning_rate=0.02", "training.batch_size=32"),
)
WORDS = ("좋다", "그냥", "싫다")


def scores_after(path: Path, output: Path, *fields: str) -> list[float]:
    """What a model that has learnt from a table says of each of the words."""
    config = load_config(None, [*SMALL, *fields])
    train(config, data=path, output=output, device="cpu")
    return [prediction.score for prediction in nsmc.load(output).predict(list(WORDS))]


@pytest.mark.slow
@pytest.mark.parametrize("marked", [False, True])
def test_it_learns_the_probabilities_of_a_balanced_world(marked: bool, tmp_path: Path) -> None:
    # Of the positive comments seven in ten say the first word, of the negative one in ten.
    often = {1: np.array([7, 2, 1]), 0: np.array([1, 2, 7])}
    rows = [
        (word, label, held)
        for label, times, held in [(1, 10, 0), (0, 80, 0), *([(1, 5, 1), (0, 5, 1)] * marked)]
        for word, share in zip(WORDS, often[label] * times, strict=True)
        for _ in range(share)
    ]
    path = tmp_path / "skewed.csv"
    pd.DataFrame(rows, columns=["document", "label", "held"]).to_csv(path, index=False)
    # A random share is as skewed as the rest; marked are as many of the one as of the other.
    validation = "data.validation_column=held" if marked else "data.validation=0.2"
    fields = (validation, "training.epochs=4")
    plain = scores_after(path, tmp_path / "plain", *fields)
    balanced = scores_after(path, tmp_path / "balanced", *fields, PRIOR)
    assert balanced == pytest.approx([7 / 8, 1 / 2, 1 / 8], abs=0.12)
    assert plain[0] < balanced[0] - 0.15
    if not marked:
        assert plain[:2] == pytest.approx([7 / 15, 1 / 9], abs=0.12)


def test_a_training_learns_soft_labels(tmp_path: Path) -> None:
    soft = (0.8, 0.5, 0.3)
    rows = [pair for pair in zip(WORDS, soft, strict=True) for _ in range(100)]
    path = tmp_path / "soft.csv"
    pd.DataFrame(rows, columns=["document", "label"]).to_csv(path, index=False)
    result = scores_after(path, tmp_path / "run", SOFT, "training.epochs=4", "data.validation=0.2")
    assert result == pytest.approx(soft, abs=0.06)
