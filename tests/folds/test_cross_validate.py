"""K folds: each comment is scored once, by a network that hasn't seen it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

import nsmc
from nsmc.config.schema import load_config
from nsmc.data.corpus import Corpus
from nsmc.errors import DataError, NsmcError, UsageError
from nsmc.folds.networks import without
from nsmc.folds.workdir import claimed_workdir

FIELDS = (
    *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "training.epochs=10"),
    *("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=64"),
    *("training.adversarial_norm=0", "training.batch_size=8", "training.learning_rate=0.03"),
    "training.patience=0",
)
TINY = load_config(None, FIELDS)
NOUNS = ("배우", "연기", "대사", "음악", "결말", "각본", "연출", "화면")
WORDS = (("최악이다", "지루하다", "아깝다"), ("최고다", "멋지다", "재밌다"))


def rows() -> list[tuple[str, int]]:
    """48 comments; then six of them again, two with the other label, and one without a letter."""
    found = [
        (f"{noun} {word}", label) for noun in NOUNS for label in (0, 1) for word in WORDS[label]
    ]
    again = [*found[:4], *((text, 1 - label) for text, label in found[:2])]
    return [*found, *again, ("\u200b", 1)]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("folds") / "table.jsonl"
    lines = [json.dumps({"document": text, "label": label}) for text, label in rows()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def work(table: Path) -> Path:
    return table.parent / "work"


@pytest.fixture(scope="module")
def result(table: Path, work: Path) -> nsmc.CrossValidation:
    """Three folds of the table."""
    return nsmc.cross_validate(table, TINY, folds=3, work=work, device="cpu")


@pytest.mark.slow
def test_each_comment_is_scored_once_by_a_network_that_has_not_seen_it(
    result: nsmc.CrossValidation, work: Path
) -> None:
    numbers = np.concatenate([fold.rows for fold in result.reviews])
    assert sorted(numbers.tolist()) == list(range(1, 55))
    assert (result.examples, result.skipped) == (54, 1)
    fold_of = {text: k for k, fold in enumerate(result.reviews) for text in fold.texts}
    for number, fold in enumerate(result.reviews):
        # By the model's own record of what it was trained on; the others' comments are in it.
        assert not fold.seen.any()
        others = result.reviews[number - 1]
        assert dataclasses.replace(others, classifier=fold.classifier).seen.all()
        assert {fold_of[text] for text in fold.texts} == {number}
        labels = fold.targets[:, 0]
        assert abs(len(labels) - 18) <= 2
        assert abs(labels.mean() - 0.5) < 0.12


@pytest.mark.slow
def test_a_fold_has_the_metrics_of_an_evaluation(
    result: nsmc.CrossValidation, table: Path, work: Path
) -> None:
    fold = result.reviews[0]
    labels = [int(label) for label in fold.targets[:, 0]]
    alone = nsmc.evaluate((fold.texts, labels), work / "fold-1")
    assert alone.metrics == result.folds[0]
    accuracies = [fold["accuracy"] for fold in result.folds]
    assert result.mean["accuracy"] == pytest.approx(np.mean(accuracies))
    assert result.std["accuracy"] == pytest.approx(np.std(accuracies, ddof=1))
    assert result.mean["accuracy"] > 0.7
    assert repr(result).startswith(f"<nsmc.CrossValidation of {table}: 3 folds, accuracy 0.")


@pytest.mark.slow
def test_a_network_is_trained_once(
    result: nsmc.CrossValidation, table: Path, work: Path, tmp_path: Path
) -> None:
    names = [work / f"fold-{fold}" / "model" / "weights.safetensors" for fold in (1, 2, 3)]
    before = [(name.stat().st_mtime_ns, name.read_bytes()) for name in names]
    stages: list[str] = []
    again = nsmc.cross_validate(
        table,
        TINY,
        folds=3,
        work=work,
        device="cpu",
        progress=lambda stage, done, total: stages.append(stage),
    )
    assert again.folds == result.folds
    assert [(name.stat().st_mtime_ns, name.read_bytes()) for name in names] == before
    assert set(stages) == {"tokenizing"}
    with pytest.raises(NsmcError, match=r"another evaluation \(differing in: folds\)"):
        nsmc.cross_validate(table, TINY, folds=2, work=work)
    whole = nsmc.cross_validate(table, TINY, folds=3, work=tmp_path / "w", device="cpu")
    assert whole.folds == result.folds


@pytest.mark.slow
def test_stars_have_folds_of_the_same_stars(tmp_path: Path) -> None:
    data = {
        "document": [f"{noun} {word}" for noun in NOUNS for word in ("최악", "그냥", "최고")],
        "rating": [1, 5, 10] * len(NOUNS),
    }
    config = load_config(None, [*FIELDS, "task=stars"])
    result = nsmc.cross_validate(data, config, folds=2, work=tmp_path / "w", device="cpu")
    assert result.mean.keys() >= {"mean_absolute_error", "within_one"}
    for fold in result.reviews:
        stars, counts = np.unique(fold.targets[:, 0], return_counts=True)
        assert (len(stars), counts.tolist()) == (3, [4, 4, 4])


@pytest.mark.parametrize(
    ("overrides", "arguments", "words"),
    [
        ((), {"folds": 1}, "expected --folds from 2 to 20, found 1"),
        ((), {"folds": 21}, "expected --folds from 2 to 20, found 21"),
        (
            ("task=language-model", "training.adversarial_norm=0"),
            {},
            "learns from text without labels",
        ),
        ((), {"start": "shipped"}, "start makes the config"),
    ],
)
def test_arguments_that_make_no_sense(
    overrides: tuple[str, ...], arguments: dict[str, int], words: str
) -> None:
    config = load_config(None, overrides)
    with pytest.raises(UsageError, match=words):
        nsmc.cross_validate(([], []), config, **arguments)  # type: ignore[arg-type]


def test_too_few_comments_of_a_label(tmp_path: Path) -> None:
    few = ["좋다", "최고다", "멋지다", "재밌다", "훌륭하다", "별로다", "별로다"]
    with pytest.raises(DataError, match=r"3 different comments labelled 부정, .*, found 1; give"):
        nsmc.cross_validate((few, [1] * 5 + [0] * 2), TINY, folds=3, work=tmp_path / "w")
    with pytest.raises(DataError, match="at least 8 different comments for 4 folds, found 2"):
        nsmc.cross_validate((["좋다", "별로다"] * 9, [1, 0] * 9), TINY, folds=4, work=tmp_path)


def test_noisy_copies_go_with_their_originals() -> None:
    corpus = Corpus(
        tokens=np.arange(7, dtype=np.int32),
        offsets=np.arange(8),
        labels={},
        morphemes=[str(number) for number in range(7)],
        identity={},
        source={"reviews": 4},
        copies=np.array([3, 1, 0]),
    )
    part = without(corpus, np.array([False, True, False, False]))
    assert part.tokens.tolist() == [0, 2, 3, 4, 6]
    assert part.copies is not None
    assert (part.originals, part.copies.tolist()) == (3, [2, 0])


@pytest.mark.parametrize("content", ["", "null", "[1]", "[" * 100_000])
def test_a_damaged_record_of_a_work_directory_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "audit.json").write_text(content, encoding="utf-8")
    words = r"audit\.json is damaged \(.*; delete .*, or give another --work"
    with pytest.raises(NsmcError, match=words), claimed_workdir(tmp_path, {}):
        pytest.fail("the block must not be entered")
