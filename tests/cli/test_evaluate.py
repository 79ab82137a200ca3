"""`nsmc evaluate`: metrics for programs, a table for a person, a report."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.nsmc_files import read_nsmc, write_nsmc

if TYPE_CHECKING:
    from tests.cli.conftest import Here, Result, Terminal

KEYS = [
    *("examples", "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "ece"),
    *("confusion", "accuracy_interval", "threshold", "seen", "skipped", "truncated", "unfamiliar"),
    *("model", "data", "seconds"),
]


@pytest.fixture
def evaluate(here: Here, small_model: Path) -> Callable[..., Result]:
    """`nsmc evaluate` of the small model, in this process."""
    return lambda *args: here("evaluate", "--model", small_model, "--data", *args)


def test_json_has_the_keys_of_the_contract(
    evaluate: Callable[..., Result], small_model: Path, sample: Path
) -> None:
    path = sample / "ratings_test.txt"
    results = evaluate(path, "--json").object()
    assert sorted(results) == sorted(KEYS)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert results["data"] == {"path": str(path), "sha256": digest}
    assert results["model"] == str(small_model / "model")
    assert (results["examples"], results["skipped"], results["threshold"]) == (200, 0, 0.5)
    # A directory means its test file, and there is no progress bar where nobody looks.
    result = evaluate(sample, "--json")
    assert (result.object()["data"]["path"], result.err) == (str(path), "")


def test_a_table_for_a_person(
    evaluate: Callable[..., Result], small_model: Path, sample: Path
) -> None:
    results = evaluate(sample, "--json").object()
    result = evaluate(sample)
    assert (result.code, result.err) == (0, "")
    lines = {line[:18].strip(): line[18:] for line in result.out.splitlines()}
    assert lines["model"] == str(small_model / "model")
    assert lines["data"] == f"{sample / 'ratings_test.txt'} (200 reviews)"
    low, high = results["accuracy_interval"]
    accuracy = f"{results['accuracy']:.2%}"
    assert lines["accuracy"] == f"{accuracy}  (95% interval {low:.2%} – {high:.2%})"
    assert lines["F1"] == f"{results['f1']:.2%}"
    assert lines["ROC AUC"] == f"{results['roc_auc']:.4f}"
    assert "predicted 긍정" in lines["confusion"]


@pytest.mark.parametrize("label", [0, 1])
def test_data_of_one_class(
    label: int, evaluate: Callable[..., Result], sample: Path, tmp_path: Path
) -> None:
    rows = [row for row in read_nsmc(sample / "ratings_test.txt") if row[1] == label]
    path = write_nsmc(tmp_path / "one.txt", rows)
    results = evaluate(path, "--json").object()
    assert (results["roc_auc"], results["examples"]) == (None, len(rows))
    assert sum(results["confusion"][1 - label]) == 0
    assert "undefined: only one class is there" in evaluate(path).out


def test_empty_comments_are_left_out_and_counted(
    evaluate: Callable[..., Result], tmp_path: Path
) -> None:
    rows = [("좋다", 1), ("", 0), (" ", 1), ("별로", 0)]
    result = evaluate(write_nsmc(tmp_path / "t.txt", rows), "--json")
    results = result.object()
    assert (results["examples"], results["skipped"]) == (2, 2)
    assert "2 rows with an empty comment were left out" in result.err


def test_options_reach_the_evaluation(evaluate: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("title,review,label\n제목,좋다,1\n제목,별로,0\n", encoding="utf-8")
    options = ("--column", "review", "--device", "auto")
    everything = evaluate(path, *options, "--threshold", "0", "--json").object()
    assert (everything["confusion"], everything["threshold"]) == ([[0, 1], [0, 1]], 0)
    wrong = evaluate(path, *options, "--threshold", "2")
    wrong.check_refusal(2, "expected a threshold from 0 to 1, found 2.0")


def test_other_tasks_have_their_own_metrics(
    here: Here, untrained: Callable[..., Path], hihello: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("글,주제,rating\n재밌다,경제,3\n노잼,문화,10\n", encoding="utf-8")
    model = untrained("task=classes", "data.column=글", classes=["경제", "문화"])
    asked = ("evaluate", "--data", table, "--model")
    lines = here(*asked, model, "--label-column", "주제").out.splitlines()
    assert lines[1] == f"data              {table} (2 reviews)"
    assert any(line.startswith("macro F1") for line in lines)
    stars = (*asked, untrained("task=stars"), "--column", "글")
    lines = here(*stars).out.splitlines()
    # The longest name decides where the values begin.
    assert {line[19] for line in lines} == {" "}
    assert any(line.startswith("mean absolute error ") for line in lines)
    results = here(*stars, "--json").object()
    assert (results["examples"], results["median"]) == (2, 6.5)
    here(*stars, "--label-column", "주제").check_refusal(
        1, "column '주제': expected a number from 1 to 10, found '경제' in row 1"
    )
    text = tmp_path / "t.txt"
    text.write_text("hihello\n", encoding="utf-8")
    done = here("evaluate", "--model", hihello, "--data", text)
    assert (done.code, "perplexity" in done.out) == (0, True)
    assert here("evaluate", "--model", hihello, "--data", text, "--threshold", "0.4").code == 2


@pytest.mark.slow
def test_both_steps_of_a_report_show_progress_and_the_table_names_it(
    terminal: Callable[..., Terminal], small_model: Path, sample: Path, tmp_path: Path
) -> None:
    target = tmp_path / "새 보고서"
    args = ("evaluate", "--model", small_model, "--data", sample, "--report", target)
    screen = terminal(*args, columns=400)
    assert screen.finish() == 0
    assert "scoring" in screen.shown
    assert "explaining" in screen.shown
    assert screen.shown.splitlines()[-1] == f"{'report':<18}{target / 'report.html'}"
    assert (target / "report.html").stat().st_size > 1_000_000
    assert len(list(target.iterdir())) == 10


def test_a_full_disk_leaves_no_half_page(
    evaluate: Callable[..., Result], sample: Path, small_disk: Callable[[int], Path]
) -> None:
    place = small_disk(1000)  # enough for the metrics, not for the page
    done = evaluate(sample, "--report", place)
    assert done.code == 1
    assert f"cannot write {place / 'report.html'}: No space left on device" in done.err
    assert not (place / "report.html").exists()
    assert not list(place.glob(".partial*"))
