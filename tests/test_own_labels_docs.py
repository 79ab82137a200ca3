"""docs/own-labels.md does what it says: its commands are run, in order, on a table written here."""

import csv
import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from nsmc.cli.main import run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "own-labels.md").read_text(encoding="utf-8")
TOPICS = {
    "경제": ("환율이", "금리를", "주가가", "수출이"),
    "스포츠": ("골을", "선수가", "감독이", "경기가"),
    "문화": ("전시가", "무대가", "음악이", "소설이"),
}
ENDS = ("크게 달라졌다", "다시 올렸다", "오래 남는다", "어제 끝났다", "또 나왔다", "길었다")
STARS = {"경제": "2", "스포츠": "3", "문화": "5"}
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("nsmc ")
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the tables that the page speaks of, and the recipes."""
    directory = tmp_path_factory.mktemp("own-labels")
    rows = [
        (f"{subject} {end}{tail}", topic)
        for topic, subjects in TOPICS.items()
        for subject, end, tail in itertools.product(subjects, ENDS, ("", " 정말"))
    ]

    def write(name: str, heads: list[str], lines: list[list[str]]) -> None:
        with (directory / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heads, *lines])

    write("topics.csv", ["text", "topic"], [[*row] for row in rows if "길었다" not in row[0]])
    write("topics-test.csv", ["text", "topic"], [[*row] for row in rows if "길었다" in row[0]])
    write("new.csv", ["id", "text"], [["1", "금리를 어제 올렸다"], ["2", "선수가 골을 또"]])
    write("rated.csv", ["text", "stars"], [[text, STARS[topic]] for text, topic in rows])
    (directory / "configs").symlink_to(ROOT / "configs")
    yield directory


@pytest.fixture(scope="module")
def said(place: Path) -> dict[str, str]:
    """Every command of the page and what it wrote to standard output, in order."""
    import contextlib
    import io

    found: dict[str, str] = {}
    with contextlib.chdir(place):
        for line in COMMANDS:
            out = io.StringIO()
            # The first training is to be asked; of the others, that they run and what they leave.
            short = ["--epochs", "1"] if line.startswith("nsmc train") and found else []
            with contextlib.redirect_stdout(out):
                code = run([*shlex.split(line)[1:], *short])
            assert code == 0, line
            found[line.removeprefix("nsmc ")] = out.getvalue()
    return found


def starting(said: dict[str, str], words: str) -> str:
    (found,) = (out for line, out in said.items() if line.startswith(words))
    return found


def test_the_page_has_its_commands() -> None:
    assert len(COMMANDS) == len(set(COMMANDS)) == 18


def test_every_command_does_what_is_told_of_it(said: dict[str, str], place: Path) -> None:
    text = '"금리를 다시 올렸다"'
    answer = json.loads(starting(said, f"predict --model runs/topics --json {text}"))
    assert answer["label"] == "경제"
    assert set(answer["probabilities"]) == set(TOPICS)
    assert starting(said, f"predict --model runs/topics {text}").startswith("경제")
    three = starting(said, f"predict --model runs/topics --top 3 {text}")
    assert all(topic in three for topic in TOPICS)
    assert "금리" in starting(said, f"predict --model runs/topics --explain {text}")
    metrics = said["evaluate --model runs/topics --data topics-test.csv"]
    for words in ("accuracy", "95% interval", "balanced accuracy", "macro F1", "log loss", "경제"):
        assert words in metrics
    assert (place / "report" / "report.html").is_file()
    with (place / "labelled.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["경제", "스포츠"]
    assert list(rows[0])[:4] == ["id", "text", "label", "confidence"]
    assert len(rows[0]) == 4 + len(TOPICS)
    assert "★" in starting(said, "predict --model runs/stars")
    both = starting(said, "predict --model runs/both")
    assert "★" in both and ("긍정" in both or "부정" in both)
    assert "mean absolute error" in starting(said, "evaluate --model runs/stars")
    assert starting(said, "prepare").strip() == "prepared/ratings_train.corpus"
    names = {path.name for path in (place / "runs").iterdir()}
    assert names == {"topics", "elsewhere", "weights", "sampling", "stars", "both"}
    for name in names:
        recipe = json.loads((place / "runs" / name / "recipe.json").read_text(encoding="utf-8"))
        assert recipe["config"]["classes"]["balance"] == (
            name if name in ("weights", "sampling") else "none"
        )


def test_the_python_of_the_page_runs(said: dict[str, str], place: Path) -> None:
    import contextlib

    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    *lines, last = code.strip().splitlines()
    scope: dict[str, object] = {}
    with contextlib.chdir(place):
        exec("\n".join(lines), scope)
        label, confidence, probability = eval(last, scope)
    assert (label, confidence) == ("경제", probability)
