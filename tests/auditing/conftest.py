"""Tables whose wrong labels are known, because they were planted, and an audit of one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import nsmc
from nsmc.config.schema import Config, load_config
from tests.nsmc_files import read_nsmc, write_nsmc

NOUNS = (
    *("배우", "연기", "대사", "음악", "결말", "각본", "연출", "화면", "주인공", "장면"),
    *("이야기", "분위기", "속편", "액션", "구성", "소재", "감독", "편집", "조명", "의상"),
)
"""Words that say nothing of a film's worth."""
GOOD = ("최고다", "감동이다", "재밌다", "훌륭하다", "멋지다", "완벽하다")
BAD = ("최악이다", "실망이다", "지루하다", "형편없다", "엉망이다", "아깝다")


@dataclass(frozen=True)
class Planted:
    """A table in NSMC's format, and the rows in which the label isn't what it was."""

    path: Path
    rows: set[int]


Audit = Callable[..., nsmc.Audit]


def written(path: Path, comments: list[tuple[str, int]], wrong: int = 0) -> Planted:
    """Write labelled comments in NSMC's format, flipping the labels of some."""
    chosen = np.random.default_rng(0).choice(len(comments), wrong, replace=False).tolist()
    rows = [
        (text, 1 - label if row in chosen else label) for row, (text, label) in enumerate(comments)
    ]
    return Planted(write_nsmc(path, rows), {row + 1 for row in chosen})


@pytest.fixture(scope="session")
def easy(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """240 comments that a network learns at once, ten labels wrong."""
    comments = [
        (f"{noun} {word}", label)
        for noun in NOUNS
        for label, words in ((1, GOOD), (0, BAD))
        for word in words
    ]
    return written(tmp_path_factory.mktemp("easy") / "easy.txt", comments, 10)


@pytest.fixture(scope="session")
def planted_sample(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """The 800 comments of the sample, 40 labels wrong."""
    comments = [
        row for part in ("train", "test") for row in read_nsmc(sample / f"ratings_{part}.txt")
    ]
    return written(tmp_path_factory.mktemp("planted") / "sample.txt", comments, 40)


TINY = (
    "model.embedding_size=16",
    "model.hidden_size=16",
    "model.subword_buckets=500",
    "training.learning_rate=0.01",
    "training.adversarial_norm=0",
    "training.batch_size=8",
    "training.epochs=3",
)


@pytest.fixture(scope="session")
def tiny() -> Config:
    """A recipe that trains in a second."""
    return load_config(None, TINY)


@pytest.fixture(scope="session")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the networks of `audited` are kept."""
    return tmp_path_factory.mktemp("audit") / "work"


@pytest.fixture(scope="session")
def audit_easy(easy: Planted, tiny: Config, work: Path) -> Audit:
    """An audit of `easy` by three networks, with other arguments if they are given."""

    def call(**arguments: object) -> nsmc.Audit:
        usual = {"folds": 3, "config": tiny, "work": work, "device": "cpu"}
        return nsmc.audit(easy.path, **{**usual, **arguments})  # type: ignore[arg-type]

    return call


@pytest.fixture(scope="session")
def audited(audit_easy: Audit) -> nsmc.Audit:
    """That audit."""
    return audit_easy()
