"""`nsmc evaluate`: figures for programs, a table for a person."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here

KEYS = [
    *("examples", "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss", "ece"),
    *("confusion", "accuracy_interval", "threshold", "seen", "skipped", "model", "data"),
    "seconds",
]


def reviews(sample: Path) -> list[list[str]]:
    lines = (sample / "ratings_test.txt").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines[1:]]


def write_nsmc(path: Path, rows: list[list[str]]) -> Path:
    lines = ["id\tdocument\tlabel", *("\t".join(row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def metrics(here: Here, model: Path, *args: str | Path) -> dict[str, Any]:
    result = here("evaluate", "--model", model, "--json", *args)
    assert result.code == 0, result.err
    found: dict[str, Any] = json.loads(result.out)
    return found


def test_json_has_the_keys_of_the_contract(here: Here, small_model: Path, sample: Path) -> None:
    path = sample / "ratings_test.txt"
    found = metrics(here, small_model, "--data", path)
    assert sorted(found) == sorted(KEYS)
    assert found["data"] == {
        "path": str(path),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    assert found["model"] == str(small_model / "model")
    assert (found["examples"], found["skipped"], found["threshold"]) == (200, 0, 0.5)


def test_a_directory_means_its_test_file(command: Command, small_model: Path, sample: Path) -> None:
    result = command("evaluate", "--model", small_model, "--json", "--data", sample)
    assert (result.code, result.err) == (0, "")  # and no progress bar where nobody looks
    assert json.loads(result.out)["data"]["path"] == str(sample / "ratings_test.txt")


def test_a_table_for_a_person(here: Here, small_model: Path, sample: Path) -> None:
    found = metrics(here, small_model, "--data", sample)
    result = here("evaluate", "--model", small_model, "--data", sample)
    assert (result.code, result.err) == (0, "")
    lines = {line[:18].strip(): line[18:] for line in result.out.splitlines()}
    assert lines["model"] == str(small_model / "model")
    assert lines["data"] == f"{sample / 'ratings_test.txt'} (200 reviews)"
    low, high = found["accuracy_interval"]
    accuracy = f"{found['accuracy']:.2%}"
    assert lines["accuracy"] == f"{accuracy}  (95% interval {low:.2%} – {high:.2%})"
    assert lines["F1"] == f"{found['f1']:.2%}"
    assert lines["ROC AUC"] == f"{found['roc_auc']:.4f}"
    assert "predicted 긍정" in lines["confusion"]


@pytest.mark.parametrize("label", ["0", "1"])
def test_data_of_one_class(
    label: str, here: Here, small_model: Path, sample: Path, tmp_path: Path
) -> None:
    rows = [row for row in reviews(sample) if row[2] == label]
    path = write_nsmc(tmp_path / "one.txt", rows)
    found = metrics(here, small_model, "--data", path)
    assert found["roc_auc"] is None
    assert found["examples"] == len(rows)
    assert sum(found["confusion"][1 - int(label)]) == 0
    result = here("evaluate", "--model", small_model, "--data", path)
    assert result.code == 0
    assert "undefined: only one class is there" in result.out


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet", "t.tsv", "t.txt.gz"])
def test_a_labelled_table_in_another_format(
    name: str, here: Here, small_model: Path, sample: Path, tmp_path: Path
) -> None:
    import pandas as pd

    rows = reviews(sample)
    frame = pd.DataFrame(
        {"document": [row[1] for row in rows], "label": [int(row[2]) for row in rows]}
    )
    path = tmp_path / name
    if name == "t.jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    elif name == "t.parquet":
        frame.to_parquet(path)
    elif name == "t.csv":
        frame.to_csv(path, index=False)
    else:  # pandas compresses where the name says so
        frame.to_csv(path, index=False, sep="\t", quoting=csv.QUOTE_NONE)
    same = metrics(here, small_model, "--data", sample)
    found = metrics(here, small_model, "--data", path)
    for key in ("examples", "accuracy", "roc_auc", "log_loss"):
        assert found[key] == pytest.approx(same[key]), key
    assert found["confusion"] == same["confusion"]


def test_empty_comments_are_left_out_and_counted(
    here: Here, small_model: Path, tmp_path: Path
) -> None:
    path = write_nsmc(
        tmp_path / "t.txt",
        [["1", "좋다", "1"], ["2", "", "0"], ["3", " ", "1"], ["4", "별로", "0"]],
    )
    result = here("evaluate", "--model", small_model, "--data", path, "--json")
    found = json.loads(result.out)
    assert (found["examples"], found["skipped"]) == (2, 2)
    assert "2 rows with an empty comment were left out" in result.err


def test_options_reach_the_evaluation(here: Here, small_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("title,review,label\n제목,좋다,1\n제목,별로,0\n", encoding="utf-8")
    options = ("--data", path, "--column", "review", "--device", "auto")
    everything = metrics(here, small_model, *options, "--threshold", "0")
    assert everything["confusion"] == [[0, 1], [0, 1]]
    assert everything["threshold"] == 0
    wrong = here("evaluate", "--model", small_model, *options, "--threshold", "2")
    assert wrong.code == 2
    assert "expected a threshold from 0 to 1, found 2.0" in wrong.err


def test_unlabelled_data(here: Here, small_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("n,document\n1,좋다\n", encoding="utf-8")
    result = here("evaluate", "--model", small_model, "--data", path)
    assert (result.code, result.out) == (1, "")
    assert "expected a column 'label' with the labels beside the comments" in result.err
    assert "found the columns: n, document; choose one with --label-column NAME" in result.err


def test_other_tasks_are_told_in_their_own_figures(
    here: Here, untrained: Callable[..., Path], hihello: Path, tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("글,주제,rating\n재밌다,경제,3\n노잼,문화,10\n", encoding="utf-8")
    model = untrained("task=classes", "data.column=글", classes=["경제", "문화"])
    asked = ("evaluate", "--data", table, "--model")
    lines = here(*asked, model, "--label-column", "주제").out.splitlines()
    assert lines[1] == f"data              {table} (2 reviews)"
    assert any(line.startswith("macro F1") for line in lines)
    stars = untrained("task=stars")
    lines = here(*asked, stars, "--column", "글").out.splitlines()
    # The longest name decides where the values begin.
    assert {line[19] for line in lines} == {" "}
    assert any(line.startswith("mean absolute error ") for line in lines)
    found = json.loads(here(*asked, stars, "--column", "글", "--json").out)
    assert (found["examples"], found["median"]) == (2, 6.5)
    wrong = here(*asked, stars, "--column", "글", "--label-column", "주제")
    assert (wrong.code, wrong.out) == (1, "")
    assert "column '주제': expected a number from 1 to 10, found '경제' in row 1" in wrong.err
    text = tmp_path / "t.txt"
    text.write_text("hihello\n", encoding="utf-8")
    done = here("evaluate", "--model", hihello, "--data", text)
    assert (done.code, "perplexity" in done.out) == (0, True)
    assert here("evaluate", "--model", hihello, "--data", text, "--threshold", "0.4").code == 2
