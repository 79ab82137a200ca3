"""The files of a report, for data of every kind."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nsmc
from nsmc.errors import NsmcError
from nsmc.evaluation.evaluate import evaluate_classifier
from nsmc.inference.classifier import load
from nsmc.report.evaluation_report import evaluate
from nsmc.report.write import check_place
from nsmc.tasks.metrics import expected_calibration_error
from tests.nsmc_files import read_nsmc

FILES = {
    *("report.html", "figures.json", "roc.csv", "precision_recall.csv", "reliability.csv"),
    *("slices.csv", "thresholds.csv", "coverage.csv", "errors.csv", "space.csv"),
}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def metrics(directory: Path) -> dict[str, Any]:
    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    text = (directory / "figures.json").read_text(encoding="utf-8")
    answer: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return answer


@pytest.fixture(scope="module")
def written(
    small_model: Path, sample: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], list[tuple[int, int]]]:
    """A report of the sample in a directory with other files; its summary; what progress heard."""
    heard: list[tuple[int, int]] = []
    target = tmp_path_factory.mktemp("written")
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    (target / "report.html").write_text("old", encoding="utf-8")
    (target / "figures.json").write_text('{"about": {"nsmc": "0"}}', encoding="utf-8")
    result = nsmc.evaluate(
        sample, small_model, report=target, progress=lambda *step: heard.append(step)
    )
    return target, result.to_dict(), heard


def test_all_files_and_the_metrics_in_them(
    written: tuple[Path, dict[str, Any], list[tuple[int, int]]],
) -> None:
    target, reported, heard = written
    summary = {name: value for name, value in reported.items() if name != "report"}
    assert reported["report"] == str(target / "report.html")
    assert {path.name for path in target.iterdir()} == {*FILES, "notes.txt"}
    assert (target / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert "Right on" in (target / "report.html").read_text(encoding="utf-8")
    answer = metrics(target)
    assert {name: answer[name] for name in summary} == json.loads(json.dumps(summary))
    (tn, fp), (fn, tp) = summary["confusion"]
    negative, positive = answer["classes"]
    assert positive["precision"] == summary["precision"] == tp / (tp + fp)
    assert negative["recall"] == tn / (tn + fp)
    assert (negative["class"], negative["examples"]) == ("negative", 100)
    assert answer["errors"] == fp + fn == len(table(target / "errors.csv"))
    assert answer["calibration"]["after"]["ece"] == summary["ece"]
    shown = answer["comments"]
    assert len(shown["called_positive"]) == min(15, fp)
    assert len(shown["called_negative"]) == min(15, fn)
    # Scored in two rounds: all comments, then those that are explained.
    explained = sum(map(len, shown.values()))
    assert heard == [(200, 200), *[(1, explained)] * explained]


@pytest.mark.parametrize("other", ["en", "ko"])
def test_a_space_stands_between_sentences(
    written: tuple[Path, dict[str, Any], list[tuple[int, int]]], other: str
) -> None:
    page = (written[0] / "report.html").read_text(encoding="utf-8")
    main = page[page.index("<main") : page.index("</main>")]
    prose = re.sub(r"</?(b|code)\b[^>]*>", "", main)
    # Spans lie in one another: the innermost goes first.
    inner = re.compile(r"<span([^>]*)>([^<]*)</span>")
    while inner.search(prose):
        prose = inner.sub(lambda one: "" if f'"{other}"' in one[1] else one[2], prose)
    assert re.findall(r"[^<>]{,30}[a-z다]\.[A-Z가-힣][^<>]{,30}", prose) == []


def test_errors_are_the_wrong_rows_surest_first(
    small_model: Path, sample: Path, written: tuple[Path, Any, Any]
) -> None:
    directory = written[0]
    reviews = read_nsmc(sample / "ratings_test.txt")
    rows = table(directory / "errors.csv")
    sure = [float(row["confidence"]) for row in rows]
    assert sure == sorted(sure, reverse=True)
    classifier = nsmc.load(small_model)
    for row in rows:
        text, label = reviews[int(row["row"]) - 1]
        assert (row["document"], row["label"]) == (text, str(label))
        assert row["called"] == str(1 - label)
        assert classifier.predict(text).score == pytest.approx(float(row["score"]), abs=1e-5)
    shown = metrics(directory)["comments"]
    assert [one["text"] for one in shown["called_positive"]] == [
        row["document"] for row in rows if row["called"] == "1"
    ][:15]
    barely = [one["confidence"] for one in shown["least_confident"]]
    assert barely == sorted(barely)
    for one in shown["least_confident"]:
        parts = sum(part["contribution"] for part in one["parts"])
        assert parts == pytest.approx(one["value"] - one["baseline"], abs=1e-3)


def test_before_calibration(
    small_model: Path,
    sample: Path,
    tmp_path: Path,
    untrained: Callable[..., Path],
    written: tuple[Path, Any, Any],
) -> None:
    temperature = load(small_model).model.metrics["temperature"]
    calibration = metrics(written[0])["calibration"]
    assert calibration["temperature"] == temperature
    assert calibration["before"]["ece"] != calibration["after"]["ece"]
    scored = evaluate_classifier(load(small_model), sample / "ratings_test.txt").reviews
    undone = 1 / (1 + np.exp(-scored.outputs[:, 0].astype(float) * temperature))
    labels = scored.targets[:, 0].astype(int)
    expected = expected_calibration_error(labels, undone)
    assert calibration["before"]["ece"] == pytest.approx(expected, abs=1e-6)
    kinds = {row["calibration"] for row in table(written[0] / "reliability.csv")}
    assert kinds == {"after", "before"}
    # A model that doesn't tell its temperature.
    evaluate(sample, untrained(), report=tmp_path)
    calibration = metrics(tmp_path)["calibration"]
    assert (calibration["temperature"], calibration["before"]) == (None, None)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "The model's record doesn't have the temperature" in page


@pytest.mark.parametrize("label", [0, 1])
def test_one_class(
    label: int, small_model: Path, tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    path = labelled([("정말 재밌다", label), ("최악의 영화", label), ("그냥 그렇다", label)])
    target = tmp_path / "report"
    evaluate(path, small_model, report=target)
    answer = metrics(target)
    assert (answer["roc"], answer["precision_recall"], answer["average_precision"]) == (None,) * 3
    page = (target / "report.html").read_text(encoding="utf-8")
    assert f"All comments are labelled {'부정긍정'[2 * label : 2 * label + 2]}." in page
    assert 'id="chart-roc"' not in page
    lines = (target / "roc.csv").read_text(encoding="utf-8")
    assert lines == "threshold,false_positive_rate,true_positive_rate\n"


def test_all_right_all_wrong_and_one_row(
    small_model: Path, tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    predicted = [
        (text, nsmc.load(small_model).predict(text)) for text in ("재밌다", "최악", "노잼")
    ]
    right = [(text, int(one.label == "positive")) for text, one in predicted]

    def page(rows: list[tuple[str, int]]) -> str:
        evaluate(labelled(rows), small_model, report=tmp_path / "report")
        return (tmp_path / "report" / "report.html").read_text(encoding="utf-8")

    assert "There are no errors: all 3 comments were predicted as labelled." in page(right)
    assert (tmp_path / "report" / "errors.csv").read_text(encoding="utf-8").count("\n") == 1
    assert "There are no successes" in page([(text, 1 - label) for text, label in right])
    alone = page(right[:1])
    assert "Right on <b>1</b> of 1 comments" in alone
    assert "There are too few different comments here for a picture of them." in alone


def test_repeated_comments_stand_once(
    small_model: Path, tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    label = int(nsmc.load(small_model).predict("노잼").label == "negative")  # so it is wrong
    path = labelled([("노잼", label)] * 3 + [("노잼", 1 - label), ("재밌다", 1)])
    evaluate(path, small_model, report=tmp_path)
    shown = metrics(tmp_path)["comments"]
    wrong = shown["called_positive"] + shown["called_negative"]
    assert [(one["text"], one["copies"], one["row"]) for one in wrong] == [("노잼", 3, 1)]


def test_any_text_can_be_reported_of(
    small_model: Path, tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    odd = '재밌다</script><script>alert(1)</script> \ud83d \0 ㅋㅋ\r\n, "인용"'
    path = labelled([(odd, 0), (odd, 1), ("<b>노잼</b> & %{x}", 0), ("재밌다", 1)])
    evaluate(path, small_model, report=tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<body>") :]
    assert "<script>alert" not in body
    assert "<b>노잼" not in body
    data = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', page)
    assert data is not None
    texts = json.loads(data[1])["charts"]["chart-space"]["data"]
    shown = "".join(text for group in texts for text in group["text"])
    assert "&lt;b&gt;노잼&lt;/b&gt; &amp; %{x}" in shown  # Plotly would take it for bold
    assert "<b>" not in shown
    rows = table(tmp_path / "space.csv")
    assert [row["label"] for row in rows] == ["0", "1", "0", "1"]
    assert rows[0]["document"].startswith("재밌다</script>")


def test_a_place_that_is_no_directory(small_model: Path, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    heard: list[int] = []
    for target in (tmp_path / "file", tmp_path / "file" / "report"):
        with pytest.raises(NsmcError, match=r"found the file .*file; name another place"):
            evaluate(sample, small_model, report=target, progress=lambda n, _: heard.append(n))
    assert heard == []  # it is told before the work is done
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    # Even to root, this place is not writable.
    with pytest.raises(NsmcError, match=r"cannot write /proc/report: .* choose another place"):
        evaluate(sample, small_model, report="/proc/report")


@pytest.mark.parametrize("name", ["figures.json", "report.html"])
@pytest.mark.parametrize("content", ["mine", "[1]", '{"about": {}}'])
def test_a_strangers_file_is_not_overwritten(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    words = rf"{name} is there already and no report wrote it; move it away, or give another"
    with pytest.raises(NsmcError, match=words):
        check_place(tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8") == content
