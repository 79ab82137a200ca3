"""`nsmc train` from the command line: what it says, where, and what it leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Here, Result

RECIPE = """
[model]
embedding_size = 8
hidden_size = 8
subword_buckets = 100

[data]
validation = 0.1

[training]
batch_size = 32
learning_rate = 0.01
epochs = 5
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.mark.slow
def test_on_pipes(
    here: Here, recipe: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = here(
        *("train", "--config", recipe, "--data", sample, "--device", "cpu"),
        *("--epochs", "2", "--set", "model.hidden_size=12", "--set", "training.seed=7"),
    )
    assert result.code == 0, result.err
    # Without --output: a directory under runs, named by the time.
    (run,) = (tmp_path / "runs").iterdir()
    assert re.fullmatch(r"\d{8}-\d{6}", run.name)
    assert result.out == f"runs/{run.name}/model\n"
    check_messages(result)
    check_left(run)
    config = json.loads((run / "recipe.json").read_text(encoding="utf-8"))["config"]
    assert config["model"]["embedding_size"] == 8  # the file's
    assert config["model"]["hidden_size"] == 12  # --set wins over the file
    assert (config["training"]["epochs"], config["training"]["seed"]) == (2, 7)
    for model in (run, run / "model"):
        scored = here("predict", "--model", model, "--json", "재밌다")
        assert 0 < scored.object()["score"] < 1


def check_messages(result: Result) -> None:
    err = result.err
    assert "ratings_train.txt: 600 reviews, 540 to train and 60 to validate" in err
    assert re.search(r"^vocabulary +\d+ units$", err, re.MULTILINE)
    assert re.search(r"^device +cpu$", err, re.MULTILINE)
    assert re.search(r"^  embedding\.ngrams\.weight +100 × 8 +800$", err, re.MULTILINE)
    counts = re.findall(r"^  [a-z]\S* +\d[\d ×]* {2,}([\d,]+)$", err, re.MULTILINE)
    (total,) = re.findall(r"^  all +([\d,]+)$", err, re.MULTILINE)
    assert sum(int(n.replace(",", "")) for n in counts) == int(total.replace(",", ""))
    epoch = (
        r"^epoch {}/2  loss 0\.\d{{4}}  accuracy \d\d\.\d\d%  validation loss 0\.\d{{4}}"
        r"  accuracy \d\d\.\d\d%  \d+:\d\d(  best)?$"
    )
    assert all(re.search(epoch.format(n), err, re.MULTILINE) for n in (1, 2))
    assert re.search(r"^nsmc: best epoch [12] of 2: validation accuracy", err, re.MULTILINE)
    assert "score with it: nsmc predict --model runs/" in err
    assert "\r" not in err and "\x1b" not in err and "it/s" not in err


def check_left(run: Path) -> None:
    names = {path.name for path in run.iterdir()} - {".lock"}
    assert names == {"history.jsonl", "history.csv", "curves.png", "model", "last", "recipe.json"}
    history = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in history] == [1, 2]
    table = (run / "history.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == ",".join(history[0])
    assert table[2] == ",".join(str(value) for value in history[1].values())
    from matplotlib.image import imread

    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    picture = imread(run / "curves.png")
    assert picture.shape[0] > 300 and picture.shape[1] > 800
    assert picture.std() > 0.01  # not a blank page


def test_the_fields_are_explained(here: Here) -> None:
    import tomllib

    from nsmc.config.fields import nested
    from nsmc.config.schema import Config, flat

    result = here("train", "--fields")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line for line in lines if line.startswith("[")] == [
        f"[{section}]" for section, _ in nested(Config) if section
    ]
    names = [line.partition(" = ")[0] for line in lines if not line.startswith((" ", "["))]
    assert names == [name.rpartition(".")[2] for name in flat(Config().to_dict())]
    for line, below in pairwise(lines):
        if not line.startswith((" ", "[")):
            assert below.startswith("    ") and len(below) > 12, line
    # Without the explanations it is a recipe as --config takes it.
    plain = "\n".join(line for line in lines if not line.startswith("    "))
    assert Config.from_dict(tomllib.loads(plain)) == Config()


def topics(path: Path) -> Path:
    rows = "".join(
        f"{n},{'배우 연기가 좋다' if n % 3 else '줄거리가 뻔하다'} {n},"
        f"{'연기' if n % 3 else '이야기'},{9 if n % 3 else 2}\n"
        for n in range(60)
    )
    path.write_text("id,text,topic,stars\n" + rows, encoding="utf-8")
    return path


@pytest.fixture
def train(here: Here, recipe: Path, tmp_path: Path) -> Callable[..., Result]:
    """A training of two epochs into the directory ``run``."""
    fixed = ("train", "--config", recipe, "--device", "cpu", "--epochs", "2")
    return lambda data, *args: here(*fixed, "--data", data, "--output", tmp_path / "run", *args)


OWN = ("--set", "task=classes", "--label-column", "topic")


def test_own_labels_from_a_table(train: Callable[..., Result], here: Here, tmp_path: Path) -> None:
    data, run = topics(tmp_path / "topics.csv"), tmp_path / "run"
    result = train(data, *OWN, "--epochs", "5")
    assert result.code == 0, result.err
    assert "topics.csv: 60 reviews, 54 to train and 6 to validate" in result.err
    started = json.loads((run / "recipe.json").read_text(encoding="utf-8"))
    # All that --resume needs: the file and its columns.
    assert started["data"] == str(data)
    assert started["config"]["data"]["label_column"] == "topic"
    scored = here("predict", "--model", run, "--json", "연기가 좋다")
    assert scored.object()["label"] == "연기"


def test_what_is_given_to_resume_with_is_compared_with_the_start(
    here: Here, sample: Path, tmp_path: Path
) -> None:
    from nsmc.config.schema import load_config
    from nsmc.training.output import OutputDirectory

    config = load_config(None, ["model.cell=lstm", "training.seed=5"])
    OutputDirectory(tmp_path).start(config, sample / "none", "0" * 64)
    resume = ("train", "--resume", "--output", tmp_path, "--device", "cpu")
    same = here(*resume, "--set", "training.seed=5")
    same.check_refusal(1, "expected a table of reviews or ratings_train.txt")
    here(*resume, "--set", "training.seed=6").check_refusal(
        2, "was started with (training.seed: started with 5, found 6). Leave --config"
    )
    here(*resume, "--delimiter", ";").check_refusal(2, "(delimiter: started with None, found ';')")


def test_stars_from_a_table(train: Callable[..., Result], tmp_path: Path) -> None:
    stars = ("--set", "task=stars", "--label-column", "stars", "--column", "text")
    run = tmp_path / "my run"
    result = train(topics(tmp_path / "topics.csv"), *stars, "--output", run)
    assert result.code == 0, result.err
    assert f"nsmc predict --model '{run}/model' " in result.err
    assert re.search(r"best epoch \d of 2: validation absolute error \d\.\d\d stars", result.err)
    started = json.loads((run / "recipe.json").read_text(encoding="utf-8"))
    config = started["config"]
    assert (config["stars"]["column"], config["data"]["column"]) == ("stars", "text")


def test_prepared_own_labels(
    train: Callable[..., Result], here: Here, recipe: Path, tmp_path: Path
) -> None:
    data, place = topics(tmp_path / "topics.csv"), tmp_path / "prepared"
    result = here("prepare", "--config", recipe, *OWN, "--data", data, "--output", place)
    assert (result.code, result.out) == (0, f"{place / 'ratings_train.corpus'}\n"), result.err
    words = "expected the labels of column 'stars', found those prepared: 'topic'"
    train(place, *OWN, "--label-column", "stars").check_refusal(1, words)
    both = train(place, *OWN, "--set", "data.validation_column=topic")
    both.check_refusal(2, "expected a column beside that of the labels")
    assert train(place, *OWN).code == 0


def test_stars_are_prepared_as_they_are_learnt(
    train: Callable[..., Result], here: Here, recipe: Path, tmp_path: Path
) -> None:
    data, place = topics(tmp_path / "topics.csv"), tmp_path / "prepared"
    column, stars = ("--label-column", "stars"), ("--positive-from", "9", "--negative-to", "4")
    fields = ("--config", recipe, "--column", "text", *column)
    assert here("prepare", *fields, *stars, "--data", data, "--output", place).code == 0
    words = "data.positive_from and data.negative_to of 9, 4, but {} was asked for"
    train(place, *column).check_refusal(1, words.format("0, 0"))
    others = ("--positive-from", "8", "--negative-to", "3")
    train(place, *column, *others).check_refusal(1, words.format("8, 3"))
    assert train(place, *column, *stars).code == 0


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--label-column", "topik"), 1, "found the columns: id, text, topic, stars; did you mean"),
        (("--label-column", "id"), 0, ""),  # sixty classes of one: odd, but as asked for
        (("--column", "words", "--label-column", "topic"), 1, "has no column 'words'"),
        (("--set", "task=sentiment", "--label-column", "topic"), 1, "(positive), found '이야기'"),
        (("--set", "task=stars", "--label-column", "topic"), 1, "expected a number from 1 to 10"),
        (
            (
                *("--set", "task=language-model", "--set", "training.adversarial_norm=0"),
                *("--label-column", "topic"),
            ),
            2,
            "leave --label-column out",
        ),
    ],
)
def test_columns_and_tasks_that_do_not_go_together(
    options: tuple[str, ...], status: int, words: str, train: Callable[..., Result], tmp_path: Path
) -> None:
    if "--column" not in options:
        options = ("--column", "text", *options)
    data = topics(tmp_path / "topics.csv")
    result = train(data, "--set", "task=classes", *options, "--epochs", "1")
    assert result.code == status, result.err
    assert words in result.err
    assert "Traceback" not in result.err
    # Refused before anything is tokenized.
    assert ("tokenizing" in result.err) == (status == 0)
    assert (tmp_path / "run").exists() == (status == 0)
