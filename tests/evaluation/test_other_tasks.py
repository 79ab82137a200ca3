"""Classes, stars and both at once: figures, report, comparison."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nsmc
from nsmc.errors import DataError, UsageError
from nsmc.evaluation.compare import compare
from nsmc.report.evaluation_report import evaluate

if TYPE_CHECKING:
    from tests.conftest import Untrained

WORDS = (
    "재밌다",
    "재밌는 영화",
    "다 재밌다 다",
    "별로다",
    "노잼",
    "그냥 그런 영화다",
    "다 다 다",
    "<b>최악</b>",
)
TOPICS = ("배우", "음악", "<i>결말</i> & 끝")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """96 comments with a topic and stars, and one that is empty."""
    path = tmp_path_factory.mktemp("table") / "t.jsonl"
    rows = [
        {
            "document": f"{WORDS[n % len(WORDS)]} {'다 ' * (n % 5)}{'ㅋ' * (n % 7)}",
            "topic": TOPICS[n % 5 % 3],
            "rating": 1 + (n * 7) % 10,
        }
        for n in range(96)
    ]
    rows.insert(3, {"document": " ", "topic": "배우", "rating": 3})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def classes(untrained: Untrained) -> Path:
    return untrained("task=classes", "data.label_column=topic", classes=TOPICS)


@pytest.fixture(scope="module")
def stars(untrained: Untrained) -> Path:
    return untrained("task=stars")


@pytest.fixture(scope="module")
def both(untrained: Untrained) -> Path:
    return untrained("task=sentiment+stars")


def rows_of(table: Path) -> list[dict[str, Any]]:
    lines = table.read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["document"].strip()]


def csv_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_class_that_the_model_does_not_know(untrained: Untrained, table: Path) -> None:
    model = untrained("task=classes", "data.label_column=topic", classes=TOPICS[:2])
    words = r"one of the model's 2 classes \(배우, 음악\), found .* in row 3, … \(19 such rows\)"
    with pytest.raises(DataError, match=words):
        evaluate(table, model)


def test_the_report_of_classes(classes: Path, table: Path, tmp_path: Path) -> None:
    evaluation = evaluate(table, classes, report=tmp_path)
    summary, rows = evaluation.metrics, rows_of(table)
    predicted = nsmc.load(classes).predict([row["document"] for row in rows])
    right = [one.label == row["topic"] for one, row in zip(predicted, rows, strict=True)]
    assert (summary["examples"], evaluation.skipped, evaluation.threshold) == (96, 1, None)
    assert summary["accuracy"] == pytest.approx(np.mean(right))
    assert np.sum(summary["confusion"]) == 96
    renamed = table.with_name("named.jsonl")
    text = table.read_text(encoding="utf-8")
    renamed.write_text(text.replace("document", "댓글").replace("topic", "주제"), encoding="utf-8")
    again = evaluate(renamed, classes, column="댓글", label_column="주제").metrics
    assert again["accuracy"] == summary["accuracy"]
    with pytest.raises(DataError, match="expected a column 'topic'"):
        evaluate(renamed, classes, column="댓글")
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        *("report.html", "figures.json", "classes.csv", "confused.csv", "reliability.csv"),
        *("slices.csv", "coverage.csv", "errors.csv", "space.csv"),
    }
    metrics = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    wrong = 96 - round(summary["accuracy"] * 96)
    errors = csv_of(tmp_path / "errors.csv")
    assert metrics["errors"] == len(errors) == wrong > 0
    assert all(row["label"] != row["called"] for row in errors)
    sure = [float(row["confidence"]) for row in errors]
    assert sure == sorted(sure, reverse=True)
    pairs = csv_of(tmp_path / "confused.csv")
    assert sum(int(row["reviews"]) for row in pairs) == wrong
    sizes = {row["class"]: int(row["examples"]) for row in csv_of(tmp_path / "classes.csv")}
    for row in pairs:
        assert float(row["share"]) == pytest.approx(int(row["reviews"]) / sizes[row["label"]])
    assert metrics["commonest"] == max(sizes.values()) / 96
    assert {row["label"] for row in csv_of(tmp_path / "space.csv")} <= set(TOPICS)
    for one in metrics["comments"]["most_confident_errors"]:
        assert one["label"] != one["given_label"]
        assert one["of"] == one["label"]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"Right on <b>{96 - wrong}</b> of 96 comments" in page
    body = page[page.index("<body>") : page.index('<script type="application/json"')]
    assert "<i>결말" not in body
    assert "&lt;i&gt;결말&lt;/i&gt; &amp; 끝" in body


def test_the_report_of_stars(stars: Path, table: Path, tmp_path: Path) -> None:
    summary = evaluate(table, stars, report=tmp_path).metrics
    rows = rows_of(table)
    predicted = nsmc.load(stars).predict([row["document"] for row in rows])
    apart = [one.stars - row["rating"] for one, row in zip(predicted, rows, strict=True)]
    assert summary["mean_absolute_error"] == pytest.approx(np.abs(apart).mean(), rel=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {
        *("report.html", "figures.json", "stars_given.csv", "stars_found.csv", "space.csv"),
        *("stars_histogram.csv", "stars_slices.csv", "stars_errors.csv"),
    }
    metrics = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    reported = metrics["stars"]
    assert reported["mean_absolute_error"] == summary["mean_absolute_error"]
    low, high = reported["mean_absolute_error_interval"]
    assert low < reported["mean_absolute_error"] < high
    for name in ("stars_given", "stars_found", "stars_histogram"):
        assert sum(int(row["reviews"]) for row in csv_of(tmp_path / f"{name}.csv")) == 96
    given = csv_of(tmp_path / "stars_given.csv")
    assert [float(row["given"]) for row in given] == list(range(1, 11))
    mean = sum(float(r["mean_absolute_error"]) * int(r["reviews"]) for r in given) / 96
    assert mean == pytest.approx(summary["mean_absolute_error"])
    errors = csv_of(tmp_path / "stars_errors.csv")
    off = [abs(float(row["error"])) for row in errors]
    assert off == sorted(off, reverse=True)
    assert len(off) == 96 - round(96 * summary["within_one"])
    many, few = (metrics["comments"][f"most_too_{side}"] for side in ("many", "few"))
    assert all(one["stars"] > one["given_label"] + 1 for one in many)
    assert all(one["stars"] < one["given_label"] - 1 for one in few)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"Off by <b>{summary['mean_absolute_error']:.2f}</b> stars on average" in page
    assert "긍정 at or above" not in page


def test_the_report_of_both_has_both(both: Path, table: Path, tmp_path: Path) -> None:
    summary = evaluate(table, both, report=tmp_path / "r").metrics
    labelled = sum(row["rating"] <= 4 or row["rating"] >= 9 for row in rows_of(table))
    assert (summary["examples"], summary["stars"]["examples"]) == (labelled, 96)
    names = {path.name for path in (tmp_path / "r").iterdir()}
    assert {"roc.csv", "thresholds.csv", "stars_given.csv", "space.csv"} <= names
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert f"of {labelled} comments" in page
    assert "stars on average over 96 comments" in page
    # Stars in the middle are no label, so there is the second half of the page alone.
    path = tmp_path / "middle.csv"
    path.write_text("document,rating\n재밌다,6\n별로다,5\n그냥 다,8\n", encoding="utf-8")
    middle = evaluate(path, both, report=tmp_path / "m").metrics
    assert "accuracy" not in middle
    assert not (tmp_path / "m" / "roc.csv").exists()
    page = (tmp_path / "m" / "report.html").read_text(encoding="utf-8")
    assert "Off by" in page[: page.index("<main>")]


def test_hundreds_of_classes(untrained: Untrained, tmp_path: Path) -> None:
    names = [f"주제 {number}" for number in range(150)]
    model = untrained("task=classes", classes=names)
    path = tmp_path / "t.csv"
    lines = [f"{WORDS[n % 7]} {n},{names[n * n % 150]}\n" for n in range(300)]
    path.write_text("document,label\n" + "".join(lines), encoding="utf-8")
    evaluate(path, model, report=tmp_path / "r")
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    data = page.partition('id="page-data">')[2].partition("</script>")[0]
    charts = json.loads(data)["charts"]
    assert len(charts["chart-confusion"]["data"][0]["z"]) == 24
    assert "Shown are the classes with the most errors" in page
    assert len(charts["chart-space"]["data"]) == 8
    assert "other classes" in charts["chart-space"]["data"][-1]["name"]["en"]


def test_classes_are_compared_right_by_right(
    classes: Path, untrained: Untrained, table: Path, tmp_path: Path
) -> None:
    # The same classes in another order, and a network that differs by its pooling.
    other = untrained(
        "task=classes", "data.label_column=topic", "model.pooling=last", classes=TOPICS[::-1]
    )
    rows = rows_of(table)
    result = compare(classes, other, table, output=tmp_path / "d.csv").to_dict()
    right = [
        [one.label == row["topic"] for one, row in zip(printed, rows, strict=True)]
        for printed in (
            nsmc.load(m).predict([r["document"] for r in rows]) for m in (classes, other)
        )
    ]
    pairs = list(zip(*right, strict=True))
    assert result["table"] == [
        [pairs.count((True, True)), pairs.count((True, False))],
        [pairs.count((False, True)), pairs.count((False, False))],
    ]
    assert sum(result["labels"].values()) == 96
    printed = {
        one.text: one.label for one in nsmc.load(other).predict([r["document"] for r in rows])
    }
    for one in result["disagreements"]:
        assert one["label_a"] != one["label_b"] == printed[one["document"]]
        assert (one["right"] == "B") == (one["label_b"] == one["label"])
    assert len(csv_of(tmp_path / "d.csv")) == len(result["disagreements"]) > 0


def test_stars_are_compared_by_their_errors(
    stars: Path, both: Path, table: Path, tmp_path: Path
) -> None:
    rows = rows_of(table)
    given = np.array([row["rating"] for row in rows])
    texts = [row["document"] for row in rows]
    off = [
        np.abs(np.array([one.stars for one in nsmc.load(model).predict(texts)]) - given)
        for model in (stars, both)
    ]
    result = compare(stars, both, table, output=tmp_path / "d.parquet").to_dict()
    assert result["difference"] == pytest.approx(np.mean(off[1] - off[0]), abs=1e-5)
    from scipy.stats import ttest_rel

    test = ttest_rel(off[1], off[0])
    assert result["p_value"] == pytest.approx(test.pvalue, rel=1e-3)
    interval = test.confidence_interval(0.95)
    assert result["difference_interval"] == pytest.approx([interval.low, interval.high], abs=1e-5)
    assert (result["better"] is None) == (test.pvalue >= 0.05)
    for one in result["disagreements"]:
        assert abs(one["stars_a"] - one["stars_b"]) > 1
    mirrored = compare(both, stars, table).to_dict()
    assert mirrored["difference"] == pytest.approx(-result["difference"])


def test_what_both_tell_is_compared_and_nothing_else(
    classes: Path, stars: Path, both: Path, small_model: Path, sample: Path, table: Path
) -> None:
    heard: list[int] = []
    words = (
        r"predicts 3 classes \(배우, 음악, .*\), .* predicts stars from 1 to 10: look at each with"
    )
    with pytest.raises(UsageError, match=words):
        compare(classes, stars, table, progress=lambda done, _: heard.append(done))
    with pytest.raises(UsageError, match=r"predicts 부정 or 긍정, .* predicts stars"):
        compare(small_model, stars, table, progress=lambda done, _: heard.append(done))
    assert heard == []
    mixed = compare(small_model, both, sample).to_dict()
    assert (mixed["examples"], "stars" in mixed) == (200, False)
    joint = compare(both, both, table).to_dict()
    assert joint["stars"]["examples"] == 96 > joint["examples"]
    assert (joint["difference"], joint["stars"]["p_value"]) == (0, 1)


def test_a_language_model_is_judged_by_perplexity(hihello: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("hihello\n\nhello\n", encoding="utf-8")
    heard: list[tuple[int, int]] = []
    result = evaluate(path, hihello, progress=lambda *step: heard.append(step)).metrics
    scores = nsmc.load_language_model(hihello).score(["hihello", "hello"])
    units = sum(len(one.units) for one in scores)
    bits = sum(one.bits for one in scores)
    assert (result["examples"], result["units"]) == (2, units)
    assert result["perplexity"] == pytest.approx(2 ** (bits / units), rel=1e-6)
    assert result["bits_per_character"] == pytest.approx(bits / 12, rel=1e-6)
    assert sum(done for done, _ in heard) == 2
    with pytest.raises(UsageError, match="is a language model, for which --report means nothing"):
        evaluate(path, hihello, report=tmp_path / "r")
