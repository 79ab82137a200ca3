"""What validates: a random share, or the rows that a column marks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.cli.main import run
from nsmc.config.data import DataConfig
from nsmc.config.schema import load_config
from nsmc.config.text import TextConfig
from nsmc.data.cache import training_corpus
from nsmc.data.corpus import Corpus, Encoding, read_corpus
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.splits import split_corpus, split_rows
from nsmc.errors import DataError
from nsmc.tasks.registry import TASKS, make_task
from nsmc.training.api import train
from nsmc.training.run import Event, Started

MARKED = DataConfig(validation_column="held")
TINY = (
    *("data.min_freq=1", "data.validation_column=held", "model.embedding_size=6"),
    *("model.hidden_size=5", "model.subword_buckets=50", "training.batch_size=8"),
    *("training.epochs=1", "training.adversarial_norm=0"),
)
TEXTS = ["정말 재밌다", "돈 아깝다", "다시 본다", "지루하다", "웃기다", "\u200b", "최고다", "별로"]


def written(path: Path, marks: Sequence[str]) -> Path:
    lines = [
        f"{text},{row % 2},{1 + 8 * (row % 2)},{mark}\n"
        for row, (text, mark) in enumerate(zip(TEXTS, marks, strict=True))
    ]
    path.write_text("document,label,rating,held\n" + "".join(lines), encoding="utf-8")
    return path


def corpus_of(path: Path, noise: float = 0) -> Corpus:
    columns = [LabelColumnSpec("label"), LabelColumnSpec("held")]
    return read_corpus(path, Encoding(TextConfig(), label_columns=columns, noise=noise))


def test_marked_rows_validate(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", ["1", "0", "", "1.0", "0.0", "1", "", "0"])
    training, validation = split_corpus(corpus_of(path), MARKED, None)
    # The sixth is illegible, so those behind it stand one place further in front.
    assert validation.tolist() == [0, 3]
    assert training.tolist() == [1, 2, 4, 5, 6]
    noisy = corpus_of(path, noise=1)
    assert noisy.copies is not None
    training, validation = split_corpus(noisy, MARKED, np.arange(len(noisy)))
    assert validation.tolist() == [0, 3]
    assert training[:5].tolist() == [1, 2, 4, 5, 6]
    of = noisy.copies[training[5:] - noisy.originals]
    assert of.tolist() == [row for row in noisy.copies.tolist() if row not in (0, 3)]


def test_other_marks_are_refused_with_their_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", ["1", "0", "yes", "", "0.5", "0", "2", "0"])
    words = (
        r"r\.csv, column 'held': expected 0, 1 \(to validate on\) or nothing, found 'yes' in row "
        r"3, '0\.5' in row 5, '2' in row 7 \(3 such rows\)"
    )
    with pytest.raises(DataError, match=words):
        split_corpus(corpus_of(path), MARKED, None)


@pytest.mark.parametrize(("mark", "sizes"), [("1", "0 and 7"), ("0", "7 and 0"), ("", "7 and 0")])
def test_an_empty_part_is_refused(tmp_path: Path, mark: str, sizes: str) -> None:
    # The mark of the illegible review counts for nothing.
    other = "0" if mark == "1" else "1"
    marks = [other if text == "\u200b" else mark for text in TEXTS]
    words = rf"reviews to learn from \(0\) and reviews to validate on \(1\), found {sizes}"
    with pytest.raises(DataError, match=words):
        split_corpus(corpus_of(written(tmp_path / "r.csv", marks)), MARKED, None)


def test_too_few_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("document,label\n정말 재밌다,1\n", encoding="utf-8")
    encoding = Encoding(TextConfig(), label_columns=[LabelColumnSpec("label")], noise=1)
    alone = read_corpus(tmp_path / "r.csv", encoding)
    assert len(alone) == 2  # with its copy
    with pytest.raises(DataError, match=r"expected at least 2 reviews, .*; found 1"):
        split_corpus(alone, DataConfig(), None)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_validates_on_the_marked_rows(tmp_path: Path, task: str) -> None:
    path = written(tmp_path / "r.csv", ["1", "0", "", "1", "0", "1", "", "0"])
    config = load_config(None, [f"task={task}", *TINY])
    columns = make_task(config).label_columns()
    encoding = Encoding.of(config, columns)
    assert encoding.label_columns == [*columns, LabelColumnSpec("held")]
    recipe, prepared = tmp_path / "recipe.toml", tmp_path / "prepared"
    lines = ["[data]", 'validation_column = "held"', "[training]", "adversarial_norm = 0.0"]
    recipe.write_text("\n".join([f'task = "{task}"', *lines]), encoding="utf-8")
    arguments = ["prepare", "--data", str(path), "--output", str(prepared), "--config", str(recipe)]
    assert run(arguments) == 0
    for data in (path, prepared):
        training, validation = split_corpus(training_corpus(data, encoding), config.data, None)
        assert (training.tolist(), validation.tolist()) == ([1, 2, 4, 5, 6], [0, 3])


def test_a_training_validates_on_the_marked_rows(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", ["1", "0", "", "1", "0", "1", "", "0"])
    heard: list[Event] = []
    train(
        load_config(None, TINY),
        data=path,
        output=tmp_path / "run",
        device="cpu",
        listen=lambda event, state: heard.append(event),
    )
    assert isinstance(heard[0], Started)
    assert (heard[0].training, heard[0].validation) == (5, 2)


def test_a_table_without_the_column(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("document,label\n재밌다,1\n별로다,0\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected a column 'held'"):
        train(load_config(None, TINY), data=tmp_path / "r.csv", output=tmp_path / "run")


@pytest.mark.slow
def test_an_audit_deals_its_folds_itself(sample: Path, tmp_path: Path) -> None:
    import nsmc

    lines = (sample / "ratings_train.txt").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "few.txt").write_text("".join(lines[:61]), "utf-8")
    audit = nsmc.audit(
        tmp_path / "few.txt",
        folds=2,
        overrides=[*TINY, "data.noise=0.5"],
        explain=False,
        work=tmp_path / "work",
        device="cpu",
    )
    assert len(audit.labels) == 60


Rows = NDArray[np.int64]


def parts(count: int, share: float, seed: int = 0, strata: Rows | None = None) -> tuple[Rows, Rows]:
    """Training and validation rows: each row once, in file order."""
    training, validation = split_rows(count, share, seed, strata)
    assert sorted([*training, *validation]) == list(range(count))
    assert (np.diff(training) > 0).all()
    assert (np.diff(validation) > 0).all()
    return training, validation


@pytest.mark.parametrize(
    ("count", "share", "expected"), [(100, 0.05, 5), (2, 0.05, 1), (3, 0.99, 2), (10, 0.26, 3)]
)
def test_split_has_every_row_in_one_part(count: int, share: float, expected: int) -> None:
    assert len(parts(count, share)[1]) == expected


def test_split_is_the_seed_s() -> None:
    one, again, other = (split_rows(1000, 0.1, seed)[1].tolist() for seed in (0, 0, 1))
    assert one == again
    assert one != other


STRATA = np.repeat([5, 0, 9, 2, 7], [500, 300, 37, 2, 1])
"""Groups of reviews, of which one has two and one a single one."""


@pytest.mark.parametrize("share", [0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_strata_have_the_same_shares_in_both_parts(share: float, seed: int) -> None:
    strata = np.random.default_rng(8).permutation(STRATA)
    _, validation = parts(len(strata), share, seed, strata)
    assert len(validation) == round(len(strata) * share)
    for group in (5, 0, 9, 2, 7):
        of_group = int((strata == group).sum())
        saved = int((strata[validation] == group).sum())
        assert abs(saved - of_group * share) <= 1, group
        assert of_group - saved >= 1, group
    # As it stands in an unstratified split, the same seed gives the same parts.
    again = split_rows(len(strata), share, seed, strata)[1]
    assert np.array_equal(again, validation)
    assert not np.array_equal(split_rows(len(strata), share, seed + 2, strata)[1], validation)
    # The control: chance alone doesn't keep to the shares.
    plain = split_rows(len(strata), share, seed)[1]
    assert not np.array_equal(plain, validation)


def test_members_of_a_group_are_drawn_at_random() -> None:
    strata = np.repeat([0, 1], 100)
    drawn = np.zeros(200)
    for seed in range(300):
        drawn[split_rows(200, 0.1, seed, strata)[1]] += 1
    assert drawn.sum() == 300 * 20
    # Each 30 times, with a standard deviation of 5.2.
    assert drawn.min() > 8
    assert drawn.max() < 56


def test_rare_groups_take_turns() -> None:
    """200 groups of 10 at 5 %: half of them lend one, and not always the same half."""
    strata = np.repeat(np.arange(200), 10)
    lent = [set(strata[split_rows(2000, 0.05, seed, strata)[1]].tolist()) for seed in (0, 1)]
    assert [len(groups) for groups in lent] == [100, 100]
    assert lent[0] != lent[1]


@pytest.mark.parametrize(
    ("strata", "share", "expected"),
    [
        ([0, 1], 0.05, 1),  # nothing but single ones: one must validate
        ([0, 0], 0.05, 1),
        ([0, 1, 2, 3], 0.5, 2),
        ([0, 0, 1, 2], 0.9, 3),
        ([4] * 10, 0.2, 2),
    ],
)
def test_small_splits(strata: list[int], share: float, expected: int) -> None:
    training, validation = parts(len(strata), share, strata=np.array(strata))
    assert len(validation) == expected
    if strata == [0, 0, 1, 2]:
        assert len(training) == 1
