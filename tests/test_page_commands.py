"""docs/own-labels.md and docs/language-model.md do what they say: their commands run, in order."""

import contextlib
import csv
import io
import itertools
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import nsmc
from nsmc.cli.main import run
from nsmc.inference.directory import open_model

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
LABELS, LANGUAGE = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("own-labels", "language-model")
)
LABEL_BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", LABELS, re.DOTALL))
LABEL_COMMANDS = re.findall(r"^nsmc .*$", LABEL_BLOCKS, re.MULTILINE)
LANGUAGE_COMMANDS = re.findall(r"(?<=^    )nsmc .*\S", LANGUAGE, re.MULTILINE)
TOPICS = {
    "경제": ("환율이", "금리를", "주가가", "수출이"),
    "스포츠": ("골을", "선수가", "감독이", "경기가"),
    "문화": ("전시가", "무대가", "음악이", "소설이"),
}
TOPIC_ENDS = ("크게 달라졌다", "다시 올렸다", "오래 남는다", "어제 끝났다", "또 나왔다", "길었다")
STARS = {"경제": "2", "스포츠": "3", "문화": "5"}
SUBJECTS = ("이 영화는", "그 배우는", "마지막 장면은", "음악은")
ENDS = ("정말 재미있다", "정말 지루하다", "오래 남는다", "다시 보고 싶다", "별로였다")
LIGHT = ["--set", "model.subword_buckets=500", "--set", "training.adversarial_norm=0"]
BRIEF = ["--epochs", "1", "--set", "model.hidden_size=16", *LIGHT]
SMALLER = {"runs/hihello": ["--epochs", "20"], "runs/pretraining": ["--epochs", "1", *LIGHT]}
"""What the trainings of the language models do with less here, for time's sake."""


def program(page: str) -> list[str]:
    """The lines of a page's only block of Python."""
    (block,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return list(block.strip().splitlines())


def output_of(line: str, *more: str) -> str:
    """What a command writes to standard output."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run([*shlex.split(line)[1:], *more]) == 0, line
    return out.getvalue()


def starting(outputs: dict[str, str], words: str) -> str:
    (output,) = (out for line, out in outputs.items() if line.startswith(f"nsmc {words}"))
    return output


@pytest.fixture(scope="module")
def own_labels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A directory with the tables that the page speaks of, and what each command wrote there."""
    directory = tmp_path_factory.mktemp("own-labels")
    rows = [
        [f"{subject} {end}{tail}", topic]
        for topic, subjects in TOPICS.items()
        for subject, end, tail in itertools.product(subjects, TOPIC_ENDS, ("", " 정말"))
    ]

    def write(name: str, heads: list[str], lines: list[list[str]]) -> None:
        with (directory / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([heads, *lines])

    write("topics.csv", ["text", "topic"], [row for row in rows if "길었다" not in row[0]])
    write("topics-test.csv", ["text", "topic"], [row for row in rows if "길었다" in row[0]])
    write("new.csv", ["id", "text"], [["1", "금리를 어제 올렸다"], ["2", "선수가 골을 또"]])
    write("rated.csv", ["text", "stars"], [[text, STARS[topic]] for text, topic in rows])
    (directory / "configs").symlink_to(ROOT / "configs")
    outputs: dict[str, str] = {}
    with contextlib.chdir(directory):
        for line in LABEL_COMMANDS:
            # One training is to be asked; of the others, that they run and what they leave.
            asked = line.endswith(" runs/topics")
            less = (LIGHT if asked else BRIEF) if line.startswith("nsmc train") else ()
            outputs[line] = output_of(line, *less)
    return directory, outputs


def test_every_command_on_own_labels_does_what_the_page_says(
    own_labels: tuple[Path, dict[str, str]],
) -> None:
    directory, outputs = own_labels
    assert len(LABEL_COMMANDS) == len(set(LABEL_COMMANDS)) == 15
    answer = starting(outputs, 'predict --model runs/topics "금리를 다시 올렸다"')
    assert answer.startswith("경제")
    metrics = starting(outputs, "evaluate --model runs/topics")
    for words in ("accuracy", "95% interval", "balanced accuracy", "macro F1", "log loss", "경제"):
        assert words in metrics
    assert (directory / "report" / "report.html").is_file()
    with (directory / "labelled.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["경제", "스포츠"]
    assert list(rows[0])[:4] == ["id", "text", "label", "confidence"]
    assert len(rows[0]) == 4 + len(TOPICS)
    assert "★" in starting(outputs, "predict --model runs/stars")
    both = starting(outputs, "predict --model runs/both")
    assert "★" in both and ("긍정" in both or "부정" in both)
    assert "mean absolute error" in starting(outputs, "evaluate --model runs/stars")
    assert starting(outputs, "prepare").strip() == "prepared/ratings_train.corpus"
    names = {path.name for path in (directory / "runs").iterdir()}
    assert names == {"few", "topics", "elsewhere", "weights", "stars", "both"}
    for name in names:
        recipe = directory / "runs" / name / "recipe.json"
        balance = json.loads(recipe.read_text(encoding="utf-8"))["config"]["classes"]["balance"]
        assert balance == ("weights" if name == "weights" else "none")
    *lines, last = program(LABELS)
    scope: dict[str, object] = {}
    with contextlib.chdir(directory):
        exec("\n".join(lines), scope)
        label, confidence, probability = eval(last, scope)
    assert (label, confidence) == ("경제", probability)


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What each command wrote, in a directory with the texts, the recipes and hihello."""
    directory = tmp_path_factory.mktemp("language-model")
    texts = [f"{subject} {end}" for subject, end in itertools.product(SUBJECTS, ENDS)]
    (directory / "texts.txt").write_text("\n".join(texts * 3) + "\n", encoding="utf-8")
    rows = [f"{text},{int(i % 5 in (0, 2, 3))}" for i, text in enumerate(texts)]
    table = "\n".join(["document,label", *rows * 3]) + "\n"
    (directory / "ratings.csv").write_text(table, encoding="utf-8")
    for name in ("configs", "data"):
        (directory / name).symlink_to(ROOT / name)
    outputs: dict[str, str] = {}
    with contextlib.chdir(directory):
        for line in LANGUAGE_COMMANDS:
            less = [options for place, options in SMALLER.items() if place in line]
            more = less[0] if less and line.startswith("nsmc train") else ()
            outputs[line] = output_of(line.replace("FILE", "texts.txt"), *more)
        yield outputs


def test_every_command_of_a_language_model_does_what_the_page_says(
    language_model: dict[str, str],
) -> None:
    outputs = language_model
    assert len(outputs) == len(LANGUAGE_COMMANDS) == 7
    assert outputs['nsmc complete --model runs/hihello "h" --temperature 0'] == "hihello\n"
    scored = starting(outputs, "score-text")
    assert scored.splitlines()[-1] == "the odd one: 이 정말 영화는 재미있다"
    (written,) = (out for line, out in outputs.items() if "--count 5" in line)
    assert [line.startswith("이 영화는") for line in written.splitlines()] == [True] * 5
    (path,) = (out.strip() for line, out in outputs.items() if "init_from" in line)
    assert open_model(Path(path)).metrics["init_from"]["path"] == "runs/pretraining"
    scope: dict[str, object] = {"nsmc": nsmc}
    exec("\n".join(program(LANGUAGE)), scope)
    assert isinstance(scope["model"], nsmc.LanguageModel)
