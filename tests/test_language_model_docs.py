"""docs/language-model.md does what it says: its commands run, in order, on texts written here."""

import contextlib
import io
import itertools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from nsmc.cli.main import run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "language-model.md").read_text(encoding="utf-8")
COMMANDS = [line.strip() for line in re.findall(r"^    (nsmc .*)$", PAGE, re.MULTILINE)]
SUBJECTS = ("이 영화는", "그 배우는", "마지막 장면은", "음악은")
SMALLER = {
    "hihello": ("--epochs", "20"),
    "pretraining": ("--epochs", "1", "--set", "model.subword_buckets=500"),
}
"""What the trainings of those names do with less here, for time's sake."""
ENDS = ("정말 재미있다", "정말 지루하다", "오래 남는다", "다시 보고 싶다", "별로였다")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with the texts that the page speaks of, the recipes and hihello."""
    directory = tmp_path_factory.mktemp("language-model")
    texts = [f"{subject} {end}" for subject, end in itertools.product(SUBJECTS, ENDS)]
    (directory / "texts.txt").write_text("\n".join(texts * 3) + "\n", encoding="utf-8")
    rows = [f"{text},{int(i % 5 in (0, 2, 3))}" for i, text in enumerate(texts)]
    (directory / "ratings.csv").write_text(
        "\n".join(["document,label", *rows * 3]) + "\n", encoding="utf-8"
    )
    for name in ("configs", "data"):
        (directory / name).symlink_to(ROOT / name)
    with contextlib.chdir(directory):
        yield directory


@pytest.fixture(scope="module")
def said(place: Path) -> dict[str, str]:
    """Every command of the page and what it wrote to standard output, in order."""
    found = {}
    for line in COMMANDS:
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            arguments = shlex.split(line.replace("FILE", "texts.txt"))[1:]
            less = [o for name, o in SMALLER.items() if f"runs/{name}" in line]
            more = less[0] if less and arguments[0] == "train" else ()
            assert run([*arguments, *more]) == 0, line
        found[line] = out.getvalue()
    return found


def test_every_command_of_the_page_ran(said: dict[str, str]) -> None:
    assert len(said) == len(COMMANDS) == 7
    assert said['nsmc complete --model runs/hihello "h" --temperature 0'] == "hihello\n"


def test_a_sentence_out_of_order_is_the_odd_one(said: dict[str, str]) -> None:
    (scored,) = (out for line, out in said.items() if "score-text" in line)
    assert scored.splitlines()[-1] == "the odd one: 이 정말 영화는 재미있다"


def test_completions_begin_as_asked(said: dict[str, str]) -> None:
    (written,) = (out for line, out in said.items() if "--count 5" in line)
    lines = written.splitlines()
    assert len(lines) == 5
    assert all(line.startswith("이 영화는") for line in lines)


def test_the_classifier_tells_where_it_started(said: dict[str, str]) -> None:
    from nsmc.inference.directory import open_model

    (path,) = (out.strip() for line, out in said.items() if "init_from" in line)
    assert open_model(Path(path)).metrics["init_from"]["path"] == "runs/pretraining"


def test_the_python_of_the_page_runs(said: dict[str, str]) -> None:
    import nsmc

    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, object] = {"nsmc": nsmc}
    for line in block.strip().splitlines():
        exec(line, names)
    assert isinstance(names["model"], nsmc.LanguageModel)
