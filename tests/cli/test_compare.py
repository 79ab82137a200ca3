"""`nsmc compare`: a sentence to act on, figures for programs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.nsmc_files import write_nsmc

if TYPE_CHECKING:
    from tests.cli.conftest import Here


@pytest.mark.slow
def test_a_gain_is_reported(here: Here, small_model: Path, sample: Path, tmp_path: Path) -> None:
    args = ("compare", small_model, "shipped", "--data", sample)
    result = here(*args, "--top", "3", "--output", tmp_path / "all.csv")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert re.fullmatch(r"data   .*ratings_test\.txt \(200 reviews\)", lines[0])
    assert re.match(r"A +\d\d\.\d\d%  \(95% interval .*/small/model, threshold 0\.5$", lines[1])
    assert re.match(
        r"B +9\d\.\d\d%  \(95% interval .*/pretrained/default, threshold 0\.5$", lines[2]
    )
    verdict = (
        r"^B is better by (\d+\.\d) points \(95% interval \d+\.\d to \d+\.\d\): the gain is real\.$"
    )
    assert re.search(verdict, result.out, re.MULTILINE)
    shown = re.findall(
        r"^(긍정|부정)   (?:긍정|부정) +\d+\.\d%  (?:긍정|부정) +\d+\.\d%  [AB]", result.out, re.M
    )
    assert len(shown) == 3
    results = here(*args, "--json").object()
    assert results["better"] == "b"
    table = (tmp_path / "all.csv").read_text(encoding="utf-8").splitlines()
    assert table[0] == "row,document,label,label_a,score_a,label_b,score_b,right"
    assert len(table) - 1 == len(results["disagreements"])
    assert f"nsmc: {len(table) - 1} comments on which they disagree: " in result.err
    # The other way round it is a loss.
    back = here("compare", "default", small_model, "--data", sample, "--top", "0")
    assert re.search(r"^A is better by \d+\.\d points .*: B is a loss\.$", back.out, re.MULTILINE)
    assert "farthest apart" not in back.out


def test_too_few_reviews_tell_nothing(here: Here, small_model: Path, tmp_path: Path) -> None:
    # All rightly labelled for one model and not all for the other, but they are only a handful.
    rows = [
        ("배우 연기는 좋은데 각본이 쓰레기", 0),
        ("아주 훌륭한 수면 영화입니다", 0),
        ("재밌다", 1),
    ]
    result = here("compare", small_model, "shipped", "--data", write_nsmc(tmp_path / "a.txt", rows))
    assert "A and B cannot be told apart on these 3 reviews: chance alone may explain" in result.out
    assert re.search(r"Were it truly so large, some \d+ reviews should show it\.", result.out)


def test_the_same_model_twice(here: Here, sample: Path) -> None:
    result = here("compare", "shipped", "default", "--data", sample)
    assert result.out.endswith("A and B predict the same for all 200 reviews.\n")


def test_one_class_is_said(here: Here, small_model: Path, tmp_path: Path) -> None:
    path = write_nsmc(tmp_path / "a.txt", [("재밌다", 1), ("", 1), ("좋다", 1)])
    result = here("compare", small_model, "shipped", "--data", path)
    assert result.code == 0
    assert "nsmc: 1 rows with an empty comment were left out" in result.err
    assert "every review is labelled 긍정: what is compared is how many 긍정 are" in result.err
    path = write_nsmc(tmp_path / "b.txt", [("별로", 0)])
    assert "labelled 부정" in here("compare", small_model, "shipped", "--data", path).err


def test_reviews_that_a_model_was_trained_on_are_no_test(
    here: Here, small_model: Path, sample: Path
) -> None:
    trained = here("compare", "shipped", small_model, "--data", sample / "ratings_train.txt")
    assert re.findall(r"nsmc: (\w) was trained on this very file", trained.err) == ["B"]
    assert "was trained on" not in here("compare", "shipped", small_model, "--data", sample).err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("compare", "shipped"), 2, "the following arguments are required: MODEL_B"),
        (("compare", "shipped", "nowhere", "--data", "x.csv"), 1, "model directory at nowhere"),
        (("compare", "shipped", "default", "--data", "x.csv"), 1, "there is no file x.csv"),
        (("compare", "shipped", "default", "--top", "-1"), 2, "invalid count value: '-1'"),
    ],
)
def test_what_is_wrong_is_reported(
    here: Here, arguments: tuple[str, ...], code: int, words: str
) -> None:
    here(*arguments).check_refusal(code, words)


def test_own_classes_and_stars(here: Here, untrained: Callable[..., Path], tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    words = ("재밌다", "노잼", "다 다", "재밌는 영화")
    rows = [f"{words[n % 4]} {n},{('경제', '문화 예술')[n % 2]},{n % 10 + 1}" for n in range(40)]
    table.write_text("document,label,rating\n" + "\n".join(rows) + "\n", encoding="utf-8")
    names = ["경제", "문화 예술"]
    a = untrained("task=classes", classes=names)
    b = untrained("task=classes", "model.pooling=last", classes=names)
    done = here("compare", a, b, "--data", table, "--top", "3")
    assert done.code == 0, done.err
    assert "threshold" not in done.out
    assert f"{a}\n" in done.out
    stars = untrained("task=stars"), untrained("task=stars", "model.pooling=last")
    lines = here("compare", *stars, "--data", table).out.splitlines()
    assert lines[1].startswith("A      off by ")
    assert "paired t-test: p " in lines[3]
    refused = here("compare", a, stars[0], "--data", table)
    refused.check_refusal(2, "expected two models that predict the same")
