"""What a recipe does about classes of unequal size reaches the rare one."""

from pathlib import Path

import numpy as np
import pytest
import torch

import nsmc
from nsmc.data.label_columns import LabelColumn
from nsmc.data.reviews import read_reviews
from nsmc.tasks.classes import Classes
from nsmc.tasks.registry import make_task
from nsmc.training.optimizers import learning_rate
from tests.training.conftest import interrupted

WORD, RARE, FREQUENT = "영화", "드묾", "흔함"


def of_class(texts: list[str]) -> list[str]:
    """A class that nobody can be sure of: one in three reviews with the word is of the rare one."""
    labels, seen = [], 0
    for text in texts:
        seen += WORD in text
        labels.append(RARE if WORD in text and seen % 3 == 0 else FREQUENT)
    return labels


def skewed(sample: Path, place: Path, count: int = 600) -> Path:
    """Write a table of the first reviews of the sample with their classes."""
    texts = read_reviews(sample / "ratings_train.txt").texts[:count]
    lines = [f"{text}\t{label}\n" for text, label in zip(texts, of_class(texts), strict=True)]
    data = place / "skewed.tsv"
    data.write_text("text\tkind\n" + "".join(lines), encoding="utf-8")
    return data


def recipe(balance: str, *fields: str) -> nsmc.Config:
    return nsmc.load_config(
        None,
        [
            *("task=classes", "data.label_column=kind", f"classes.balance={balance}"),
            *("model.subword_buckets=0", "data.validation=0.2", *fields),
        ],
    )


def recall(sample: Path, place: Path, balance: str) -> float:
    """The share of the rare class's reviews, of others than it was trained on, called by it."""
    config = recipe(
        balance,
        *("model.embedding_size=16", "model.hidden_size=16", "model.embedding_dropout=0.0"),
        *("model.dropout=0.0", "training.learning_rate=0.02", "training.batch_size=32"),
        *("training.epochs=6", "training.schedule=constant", "training.adversarial_norm=0"),
        "training.seed=2",
    )
    data = skewed(sample, place)
    trained = nsmc.train(config, data=data, output=place / balance, device="cpu")
    others = read_reviews(sample / "ratings_test.txt").texts
    rare = [text for text, kind in zip(others, of_class(others), strict=True) if kind == RARE]
    assert len(rare) == 13
    result = nsmc.load(trained.model).predict(rare)
    return float(np.mean([one.label == RARE for one in result]))


@pytest.mark.parametrize(
    ("balance", "low", "high"), [("none", 0, 0.35), ("weights", 0.6, 1), ("sampling", 0.6, 1)]
)
@pytest.mark.slow
def test_balance_finds_the_rare_class(
    balance: str, low: float, high: float, sample: Path, tmp_path: Path
) -> None:
    # Among reviews with the word the frequent class is twice as frequent; among as many of either
    # class, the word is a sure sign of the rare one.
    assert low <= recall(sample, tmp_path, balance) <= high


@pytest.mark.slow
def test_an_interrupted_training_draws_what_it_would_have(sample: Path, tmp_path: Path) -> None:
    """Of a table that is named nowhere but in the directory to be resumed."""
    data = skewed(sample, tmp_path, 150)
    config = recipe(
        "sampling",
        *("model.embedding_size=8", "model.hidden_size=8", "training.batch_size=16"),
        *("training.epochs=2", "training.checkpoint_steps=1"),
    )
    whole = nsmc.train(config, data=data, output=tmp_path / "whole", device="cpu")
    # In the second epoch: what is drawn for it must be drawn again.
    interrupted(lambda c: (c.epoch, c.batch) == (1, 3), config, data=data, output=tmp_path / "cut")
    again = nsmc.train(output=tmp_path / "cut", device="cpu", resume=True)
    one, other = (
        (trained.model / "weights.safetensors").read_bytes() for trained in (whole, again)
    )
    assert one == other
    # Epochs that are drawn differ in batches; the step size reaches its end all the same.
    first, last = again.metrics["history"]
    batches = last["step"] - first["step"]
    assert batches != first["step"]
    end = learning_rate(2 * batches - 1, 2 * batches, config.training)
    assert last["learning_rate"] == end
    assert again.metrics["epochs"] == 2


@pytest.mark.parametrize("balance", ["none", "weights", "sampling"])
def test_epochs_are_compared_as_the_classes_are_balanced(balance: str) -> None:
    codes = np.array([0, 0, 0, 1], np.int32)
    columns = {"label": LabelColumn("label", codes, (FREQUENT, RARE), (1, 4))}
    task = make_task(recipe(balance, "data.label_column=label")).learn(columns, "here")
    assert isinstance(task, Classes)
    assert task.classes == [RARE, FREQUENT]  # in the order of their letters
    targets = torch.from_numpy(task.targets(columns, "here"))  # [4, 1]
    outputs = torch.tensor([[0.0, 2.0]] * 4)  # [4, C]
    # The rare class is wrong by ln(1 + e²), the frequent one by ln(1 + e⁻²).
    rare, frequent = np.log1p(np.exp([2.0, -2.0]))
    plain, balanced = (3 * frequent + rare) / 4, (frequent + rare) / 2
    loss = float(task.loss(outputs, targets))
    validation_loss = float(task.validation_loss(outputs, targets))
    assert loss == pytest.approx(balanced if balance == "weights" else plain)
    assert validation_loss == pytest.approx(plain if balance == "none" else balanced)
