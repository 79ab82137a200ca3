"""What validates: a random share, or the rows that a column marks."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from nsmc.cli.main import run
from nsmc.config.data import DataConfig
from nsmc.config.schema import load_config
from nsmc.config.text import TextConfig
from nsmc.data.corpus import Corpus, read_corpus
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.parts import training_parts, wanted_columns
from nsmc.errors import DataError
from nsmc.tasks.registry import TASKS, make_task
from nsmc.training.api import train
from nsmc.training.run import Event, Started
from nsmc.training.state import TrainingState

MARKED = DataConfig(validation_column="held")
TINY = (
    "data.min_freq=1",
    "model.embedding_size=6",
    "model.hidden_size=5",
    "model.subword_buckets=50",
    "training.batch_size=8",
    "training.epochs=1",
    "training.adversarial_norm=0",
    "data.validation_column=held",
)
TEXTS = [
    "정말 재밌다",
    "돈 아깝다",
    "다시 본다",
    "지루하다",
    "웃기다",
    "\u200b",
    "최고다",
    "별로다",
]


def written(path: Path, marks: Sequence[str]) -> Path:
    lines = [
        f"{text},{row % 2},{1 + 8 * (row % 2)},{mark}\n"
        for row, (text, mark) in enumerate(zip(TEXTS, marks, strict=True))
    ]
    path.write_text("document,label,rating,held\n" + "".join(lines), encoding="utf-8")
    return path


def corpus_of(path: Path, noise: float = 0) -> Corpus:
    return read_corpus(
        path,
        TextConfig(),
        label_columns=[LabelColumnSpec("label"), LabelColumnSpec("held")],
        noise=noise,
    )


def test_marked_rows_validate(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", ["1", "0", "", "1.0", "0.0", "1", "", "0"])
    training, validation = training_parts(corpus_of(path), MARKED, None)
    # The sixth is illegible, so those behind it stand one place further in front.
    assert validation.tolist() == [0, 3]
    assert training.tolist() == [1, 2, 4, 5, 6]
    noisy = corpus_of(path, noise=1)
    assert noisy.copies is not None
    training, validation = training_parts(noisy, MARKED, np.arange(len(noisy)))
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
        training_parts(corpus_of(path), MARKED, None)


@pytest.mark.parametrize(("mark", "found"), [("1", "0 and 7"), ("0", "7 and 0"), ("", "7 and 0")])
def test_an_empty_part_is_refused(tmp_path: Path, mark: str, found: str) -> None:
    # The mark of the illegible review counts for nothing.
    other = "0" if mark == "1" else "1"
    marks = [other if text == "\u200b" else mark for text in TEXTS]
    words = rf"reviews to learn from \(0\) and reviews to validate on \(1\), found {found}"
    with pytest.raises(DataError, match=words):
        training_parts(corpus_of(written(tmp_path / "r.csv", marks)), MARKED, None)


def test_too_few_are_refused(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("document,label\n정말 재밌다,1\n", encoding="utf-8")
    alone = read_corpus(
        tmp_path / "r.csv", TextConfig(), label_columns=[LabelColumnSpec("label")], noise=1
    )
    assert len(alone) == 2  # with its copy
    with pytest.raises(DataError, match=r"expected at least 2 reviews, .*; found 1"):
        training_parts(alone, DataConfig(), None)


@pytest.mark.parametrize("task", TASKS)
def test_every_task_validates_on_the_marked_rows(
    tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "r.csv", ["1", "0", "", "1", "0", "1", "", "0"])
    fields = [f"task={task}", *TINY]
    config = load_config(None, fields)
    made = make_task(config)
    wanted = wanted_columns(made, config.data)
    assert wanted == [*made.label_columns(), LabelColumnSpec("held")]
    heard: list[Started] = []

    def hear(event: Event, state: TrainingState) -> None:
        if isinstance(event, Started):
            heard.append(event)

    first = train(config, data=path, output=tmp_path / "run", device="cpu", listen=hear)
    recipe = tmp_path / "recipe.toml"
    lines = ["[data]", 'validation_column = "held"', "[training]", "adversarial_norm = 0.0"]
    recipe.write_text("\n".join([f'task = "{task}"', *lines]), encoding="utf-8")
    prepared = tmp_path / "prepared"
    arguments = ["prepare", "--data", str(path), "--output", str(prepared), "--config", str(recipe)]
    assert run(arguments) == 0, capsys.readouterr().err
    second = train(config, data=prepared, output=tmp_path / "again", device="cpu", listen=hear)
    assert [(one.training, one.validation) for one in heard] == [(5, 2), (5, 2)]
    assert first.metrics["validation"] == second.metrics["validation"]


def test_a_table_without_the_column(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("document,label\n재밌다,1\n별로다,0\n", encoding="utf-8")
    with pytest.raises(DataError, match="expected a column 'held'"):
        train(
            load_config(None, TINY),
            data=tmp_path / "r.csv",
            output=tmp_path / "run",
            device="cpu",
        )


def test_an_audit_deals_its_folds_itself(sample: Path, tmp_path: Path) -> None:
    import nsmc

    found = nsmc.audit(
        sample / "ratings_train.txt",
        folds=2,
        overrides=[*TINY, "data.noise=0.5"],
        explain=False,
        work=tmp_path / "work",
        device="cpu",
    )
    assert len(found.labels) == 600
