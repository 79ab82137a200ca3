"""`nsmc audit`: numbers and rows for a person, a table to correct, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Here, Terminal

ROWS = [
    ("a", "정말 최고다 감동이다", 0),
    ("b", "정말 최악이다 돈이 아깝다", 0),
    ("c", '너무 재밌다, "강추"', 1),
    ("d", "지루하고 재미없다", 1),
    ("e", "", 1),
]
NEW = ["rank", "row", "suggested_label", "probability", "against", "same_otherwise"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    frame = pd.DataFrame(ROWS, columns=["who", "document", "label"])
    frame.to_csv(path, index=False, encoding="utf-8")
    return path


def audited(here: Here, *args: str | Path) -> dict[str, Any]:
    return here("audit", *args, "--json").object()


def test_json_holds_the_metrics_and_the_issues(here: Here, table: Path) -> None:
    metrics = audited(here, table)
    assert list(metrics) == [
        *("data", "examples", "skipped", "folds", "model", "agreement", "estimated_wrong"),
        *("labelled_both_ways", "seconds", "doubts"),
    ]
    assert (metrics["data"], metrics["examples"], metrics["skipped"]) == (str(table), 4, 1)
    assert (metrics["folds"], metrics["agreement"]) == (0, 0.5)
    assert metrics["model"].endswith("default")
    assert {issue["row"]: issue["suggested_label"] for issue in metrics["doubts"]} == {1: 1, 4: 0}
    for issue in metrics["doubts"]:
        _, text, label = ROWS[issue["row"] - 1]
        assert (issue["text"], issue["label"]) == (text, label)
        assert 0 < issue["probability"] < 0.5
        for part in issue["against"]:
            assert part["morpheme"] in text[part["start"] : part["end"]]
            assert (part["contribution"] > 0) == (label == 0)


def test_a_person_sees_the_summary_and_the_first_issues(here: Here, table: Path) -> None:
    result = here("audit", table)
    assert result.code == 0
    assert "4 comments are few to learn from, so the shipped model scores them" in result.err
    assert "1 rows with an empty comment were left out" in result.err
    lines = result.out.splitlines()
    assert f"data          {table} (4 comments)" in lines
    assert any(line.startswith("wrong labels  about ") for line in lines)
    shown = [line for line in lines if "→" in line]
    assert sorted(line.split()[0] for line in shown) == ["1", "4"]
    first = next(line for line in shown if line.split()[0] == "1")
    assert "부정 → 긍정" in first
    assert "정말 최고다 감동이다" in first
    assert "최고" in first.rpartition("(")[2] or "감동" in first.rpartition("(")[2]
    assert "\x1b" not in result.out


@pytest.mark.parametrize("name", ["d.parquet", "d.csv.gz"])
def test_the_output_keeps_the_rows_as_they_were(
    name: str, here: Here, table: Path, tmp_path: Path
) -> None:
    output = tmp_path / name
    result = here("audit", table, "--output", output)
    assert result.code == 0, result.err
    assert f"2 rows with label issues are in {output}, the surest first" in result.err
    frame = pd.read_parquet(output) if name.endswith("parquet") else pd.read_csv(output)
    assert list(frame.columns) == ["who", "document", "label", *NEW]
    assert frame["rank"].tolist() == [1, 2]
    assert sorted(frame["row"].tolist()) == [1, 4]
    for line in frame.to_dict("records"):
        who, text, label = ROWS[line["row"] - 1]
        assert (line["who"], line["document"], int(line["label"])) == (who, text, label)
        assert line["suggested_label"] == 1 - label
        assert 0 < line["probability"] < 0.5
        assert str(line["against"]).split()[0] in text
        assert line["same_otherwise"] == 0


def test_the_same_comment_with_the_other_label_is_counted(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "document,label\n정말 최고다,0\n정말 최고다,1\n정말 최고다,1\n최악,0\n", encoding="utf-8"
    )
    result = here("audit", path)
    assert "3 rows hold a comment that has both" in result.out
    assert "[긍정 in 2 other rows]" in result.out


def test_columns_of_the_same_name_stay(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    lines = [
        {"row": 7, "text": "정말 최고다", "good": "0"},
        {"row": 8, "text": "정말 최악이다", "good": "0", "extra": [1]},
        {"row": 9, "text": "너무 재밌다", "good": "1"},
    ]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    output = tmp_path / "o.jsonl"
    result = here("audit", path, "--label-column", "good", "--column", "text", "--output", output)
    assert result.code == 0, result.err
    assert "columns of these names already, so new are: audit_row" in result.err
    line = json.loads(output.read_text(encoding="utf-8"))
    values = (line["row"], line["text"], line["good"], line["audit_row"])
    assert values == (7, "정말 최고다", "0", 1)
    assert "extra" not in line


def test_no_issue_is_a_table_without_rows(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("document,label\n정말 최고다,1\n정말 최악이다,0\n", encoding="utf-8")
    output = tmp_path / "o.csv"
    result = here("audit", path, "--output", output)
    assert result.code == 0, result.err
    assert output.read_text(encoding="utf-8") == f"document,label,{','.join(NEW)}\n"
    assert "0 rows with label issues" in result.err


def test_the_shipped_model_by_its_name(here: Here, table: Path) -> None:
    result = here("audit", table, "--model", "shipped", "--json")
    assert "few to learn from" not in result.err
    assert result.object()["doubts"] == audited(here, table)["doubts"]


def test_top_and_share_limit_the_list(here: Here, table: Path) -> None:
    (one,) = audited(here, table, "--top", "1")["doubts"]
    assert one["row"] == audited(here, table)["doubts"][0]["row"]
    assert len(audited(here, table, "--share", "0.25")["doubts"]) == 1


def test_a_terminal_shows_progress_and_colours(
    terminal: Callable[..., Terminal], table: Path
) -> None:
    shown = terminal("audit", table)
    assert shown.finish() == 0
    assert "explaining" in shown.shown
    assert "부정 → \x1b[32m긍정" in shown.shown


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (["--set", "training.epoch=1"], 2, "no field 'training.epoch'"),
        (["--folds", "0", "--set", "training.epochs=1"], 2, "--folds 0 train none: give one"),
        (["--folds", "4", "--model", "shipped"], 2, "not allowed with argument --folds"),
        (["--top", "3", "--share", "0.1"], 2, "not allowed with argument --top"),
        (["--folds", "two"], 2, "invalid int value"),
        (["--label-column", "sentiment"], 1, "expected a column 'sentiment' with the labels"),
        (["--column", "text"], 1, "has no column 'text'"),
        (["--model", "nowhere"], 1, "expected a model directory at nowhere, found nothing there"),
        (["--output", "x.xls"], 1, "cannot tell the format of x.xls"),
        (["--output", "nowhere/x.csv"], 1, "there is no directory nowhere"),
        (["--folds", "4"], 1, "expected at least 8 different comments labelled 0 (negative)"),
    ],
)
def test_wrong_usage_is_refused(
    args: list[str], status: int, words: str, here: Here, table: Path
) -> None:
    here("audit", table, *args).check_refusal(status, words)


def test_the_table_itself_is_never_overwritten(here: Here, table: Path) -> None:
    before = table.read_bytes()
    result = here("audit", table, "--output", table)
    result.check_refusal(2, "expected an output file other than the input")
    assert table.read_bytes() == before


def test_a_wrong_label_is_reported_with_its_row(here: Here, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("document,label\n좋다,1\n별로,\n글쎄,2\n", encoding="utf-8")
    here("audit", path).check_refusal(1, "found nothing in row 2, '2' in row 3 (2 such rows)")
