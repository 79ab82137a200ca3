"""The report as a real browser shows it, without Korean fonts and without a network."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nsmc
from nsmc.report.evaluation_report import evaluate
from nsmc.report.explanation_page import page_article, page_frame
from tests.chromium import Chromium
from tests.report.conftest import Ask

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(small_model: Path, sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("report")
    evaluate(sample, small_model, report=directory)
    return directory / "report.html"


@pytest.fixture(scope="module")
def metrics(report: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(
        report.with_name("figures.json").read_text(encoding="utf-8")
    )
    return result


@pytest.fixture(scope="module")
def others(
    untrained: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """Reports of many classes with long names, and of sentiment and stars."""
    place = tmp_path_factory.mktemp("others")
    path = place / "t.csv"
    words = ("재밌다", "별로다", "그냥 그렇다", "노잼", "최고", "다 다")
    names = [f"꽤 긴 이름의 주제 {number}" for number in range(30)]
    rows = [f"{words[n % 6]} {n % 17},{names[n % 30]},{n % 10 + 1}" for n in range(200)]
    path.write_text("document,topic,rating\n" + "\n".join(rows) + "\n", encoding="utf-8")
    models = {
        "classes": untrained("task=classes", "data.label_column=topic", classes=names),
        "stars": untrained("task=sentiment+stars"),
    }
    for name, model in models.items():
        evaluate(path, model, report=place / name)
    return {name: place / name / "report.html" for name in models}


DRAWN = """
const charts = [...document.querySelectorAll(".chart")];
const seen = {
  charts: charts.map((one) => !!one.querySelector("svg")),
  drawn: document.documentElement.dataset.drawn,
  wide: document.documentElement.scrollWidth <= innerWidth,
};
"""


def test_everything_is_drawn_and_nothing_is_fetched(ask: Ask, report: Path) -> None:
    answer = ask(
        report,
        DRAWN
        + """return {
          ...seen,
          fetched: performance.getEntriesByType("resource").map((one) => one.name.slice(0, 40)),
          points: document.querySelectorAll("#chart-space .point").length,
        };""",
    )
    assert answer["charts"] == [True] * 9
    assert answer["drawn"] == "9"
    assert [name for name in answer["fetched"] if not name.startswith("data:")] == []
    assert answer["points"] == 200
    assert answer["wide"]


def test_no_address_is_in_the_page_to_load_from(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    assert not re.search(r"<(?:script|link|img|iframe)[^>]*\s(?:src|href)=", page)
    assert "@import" not in page.partition("<body>")[0]
    assert "default-src 'none'" in page


def test_hangul_is_legible_without_korean_fonts(ask: Ask, report: Path) -> None:
    answer = ask(
        report,
        """
        const canvas = document.createElement("canvas")
          .getContext("2d", { willReadFrequently: true });
        const inked = (text, family) => {
          canvas.clearRect(0, 0, 300, 150);
          canvas.font = `40px ${family}`;
          canvas.fillText(text, 5, 60);
          return canvas.getImageData(0, 0, 300, 150).data.join();
        };
        const ours = '"Review Hangul"';
        return {
          loaded: [...document.fonts].map((face) => face.status),
          // Without our face two syllables are the same empty boxes, with it they differ.
          boxes: inked("긍", "sans-serif") === inked("부", "sans-serif"),
          glyphs: inked("긍", ours) === inked("부", ours),
          jamo: inked("ㅋ", ours) === inked("ㅠ", ours),
          body: getComputedStyle(document.querySelector(".explained")).fontFamily,
          chart: getComputedStyle(document.querySelector("#chart-roc text")).fontFamily,
        };""",
    )
    assert answer["loaded"] == ["loaded"]
    assert answer["boxes"], "this browser has a Korean font, so the test proves nothing"
    assert not answer["glyphs"]
    assert not answer["jamo"]
    assert answer["body"].startswith('"Review Hangul"')
    assert answer["chart"].startswith('"Review Hangul"')


def test_the_sliders_tell_the_metrics(ask: Ask, report: Path, metrics: dict[str, Any]) -> None:
    answer = ask(
        report,
        """
        const look = () => Object.fromEntries(["precision", "recall", "accuracy", "decided"].map(
          (name) => [name, document.getElementById("x-" + name).textContent]));
        const move = async (id, value) => {
          const slider = document.getElementById(id);
          slider.value = value;
          slider.dispatchEvent(new Event("input"));
          await new Promise((done) => setTimeout(done, 100));
        };
        const shown = { start: look() };
        await move("threshold", 80);
        shown.strict = look();
        shown.line = document.getElementById("chart-thresholds").layout.shapes[0].x0;
        await move("threshold", 50);
        await move("least", 90);
        shown.sure = look();
        shown.diamond = document.getElementById("chart-coverage").data[1].x[0];
        document.getElementById("reset").click();
        shown.back = look();
        return shown;""",
    )

    def percent(share: float) -> str:
        return f"{100 * share:.1f}%"

    table = metrics["thresholds"]
    for name, place in (("start", 50), ("strict", 80)):
        for metric in ("precision", "recall", "accuracy"):
            assert answer[name][metric] == percent(table[metric][place]), (name, metric)
        assert answer[name]["decided"] == "100.0%"
    assert answer["line"] == 0.8
    coverage = metrics["coverage"]
    assert answer["sure"]["decided"] == percent(coverage["share_decided"][90])
    assert answer["sure"]["accuracy"] == percent(coverage["accuracy"][90])
    assert answer["diamond"] == pytest.approx(coverage["share_decided"][90])
    assert answer["sure"] != answer["start"] == answer["back"]


def test_the_charts_of_stars_are_drawn(ask: Ask, others: dict[str, Path]) -> None:
    answer = ask(others["stars"], DRAWN + "return seen;")
    assert (answer["charts"], answer["drawn"]) == ([True] * 15, "15")
    assert answer["wide"]


def test_classes_can_be_left_undecided(ask: Ask, others: dict[str, Path]) -> None:
    answer = ask(
        others["classes"],
        DRAWN
        + """
        const move = async (value) => {
          const slider = document.getElementById("sure");
          slider.value = value;
          slider.dispatchEvent(new Event("input"));
          await new Promise((done) => setTimeout(done, 100));
          return document.getElementById("sure-words").textContent;
        };
        const told = [await move(0), await move(5), await move(100)];
        return { ...seen, told, diamond: document.getElementById("chart-coverage").data[1].x };""",
    )
    assert (answer["charts"], answer["drawn"]) == ([True] * 7, "7")
    assert answer["wide"]
    metrics = json.loads(others["classes"].with_name("figures.json").read_text(encoding="utf-8"))
    coverage = metrics["coverage"]
    for place, words in zip((0, 5), answer["told"], strict=False):
        decided, right = coverage["share_decided"][place], coverage["accuracy"][place]
        expected = f"{100 * decided:.1f}% of the comments are decided, {100 * right:.1f}% of them"
        assert words == f"{expected} right."
    assert (answer["told"][2], answer["diamond"]) == ("No comment is decided.", [])


@pytest.fixture(scope="module")
def pages(
    report: Path, others: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A report of each kind, and a page of explanations by the model that ships."""
    page = tmp_path_factory.mktemp("explained") / "why.html"
    typed = (
        "단점이 없는 건 아니지만 장점이 훨씬 많은 영화",
        "지루할 줄 알았는데 전혀 안 지루했음 " * 6,
        "매우" * 20,
        "supercalifragilistic" * 60,
    )
    classifier = nsmc.load()
    start, end = page_frame(classifier.task.explains, classifier.explained_units)
    articles = [page_article(classifier.explain(text)) for text in typed]
    page.write_text("".join([start, *articles, end]), encoding="utf-8")
    return {"sentiment": report, **others, "explanations": page}


MEASURED = """
for (const one of document.querySelectorAll("details")) one.open = true;
const boxes = (within, chosen) => [...within.querySelectorAll(chosen)]
  .map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() }))
  .filter((one) => one.box.width > 0);
const touch = (a, b, room) => a.left < b.right + room && b.left < a.right + room
  && a.top < b.bottom && b.top < a.bottom;
const touching = (ones, room) => ones.flatMap((a, i) => ones.slice(i + 1)
  .filter((b) => touch(a.box, b.box, room)).map((b) => [a.text, b.text]));
const charts = [...document.querySelectorAll(".chart")];
const comments = [...document.querySelectorAll(".nsmc-explained:not(.legend)")];
const lines = (one) => {
  const range = document.createRange();
  range.selectNodeContents(one);
  return [...range.getClientRects()];
};
return {
  covered: boxes(document, "label.language").filter(({ box }) =>
    lines(document.querySelector("h1")).some((line) => touch(line, box, 0))).length,
  ticks: charts.flatMap((one) => touching(boxes(one, ".xtick text, .ytick text, .y2tick text"), 0)),
  cut: charts.flatMap((one) => boxes(one, "text").filter(({ box }) =>
    box.left < one.getBoundingClientRect().left - 1
    || box.right > one.getBoundingClientRect().right + 1).map(({ text }) => text)),
  narrowest: Math.min(...comments.map((one) => one.parentElement.clientWidth)),
  numbers: comments.flatMap((one) => boxes(one, "rt")).length,
  broken: comments.flatMap((one) => boxes(one, "rt")
    .filter(({ box }) => box.height > 20).map(({ text }) => text)),
  touching: comments.flatMap((one) => touching(boxes(one, "rt"), 0)),
  beyond: document.documentElement.scrollWidth - innerWidth,
};
"""


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("kind", ["sentiment", "classes", "stars", "explanations"])
def test_everything_is_legible_at_any_width(
    ask: Ask, pages: dict[str, Path], kind: str, width: int
) -> None:
    answer = ask(pages[kind], MEASURED, width)
    assert answer["ticks"] == []
    assert answer["cut"] == []
    assert answer["covered"] == 0
    assert answer["narrowest"] >= 300
    assert answer["numbers"] > 0
    assert (answer["broken"], answer["touching"]) == ([], [])
    assert answer["beyond"] <= 0


@pytest.mark.parametrize("kind", ["sentiment", "explanations"])
def test_the_reader_chooses_the_language(ask: Ask, pages: dict[str, Path], kind: str) -> None:
    answer = ask(
        pages[kind],
        """
        const look = () => ({
          heading: document.querySelector("h1").innerText.trim(),
          axis: document.querySelector("#chart-roc .xtitle")?.textContent,
          told: document.getElementById("x-decided-count")?.textContent,
        });
        const first = look();
        document.querySelector("label[for=ko]").click();
        await new Promise((done) => setTimeout(done, 500));
        const second = look();
        const measured = await (async () => { """
        + MEASURED
        + """ })();
        document.querySelector("label[for=en]").click();
        await new Promise((done) => setTimeout(done, 500));
        return { first, second, third: look(), measured };""",
        360,
    )
    first, second = answer["first"], answer["second"]
    if kind == "sentiment":
        assert first == {
            "heading": "nsmc · evaluation report",
            "axis": "share of 부정 predicted 긍정 (%)",
            "told": "200 of 200; 0 left open",
        }
        assert second == {
            "heading": "nsmc · 평가 보고서",
            "axis": "부정을 긍정으로 예측한 비율 (%)",
            "told": "200개 중 200개; 0개는 보류",
        }
    else:
        assert first["heading"] == "What the morphemes did to the result"
        assert second["heading"] == "형태소마다 결과에 준 영향"
    assert answer["third"] == first
    measured = answer["measured"]
    assert (measured["ticks"], measured["cut"], measured["touching"]) == ([], [], [])
    assert (measured["beyond"], measured["covered"]) == (0, 0)


def test_it_prints(ask: Ask, browser: Chromium, report: Path) -> None:
    ask(report, "")
    printed = browser.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
    data = base64.b64decode(printed["data"])
    assert data.startswith(b"%PDF")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", data)) <= 10
    # Our face is inside, and with it the comments as text.
    assert b"ReviewHangul" in data
