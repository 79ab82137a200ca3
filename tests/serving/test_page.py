"""The page in a real browser: typing, keys, files, errors, a server that goes and comes back."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import nsmc
from nsmc.report.explanation_page import explained_pieces
from tests.chromium import Chromium
from tests.serving.conftest import Server, Start

pytestmark = pytest.mark.slow
ROWS = ["재밌다", "노잼", "정말 최고의 영화였어요", "돈이 아깝다", ""]
MIXED = "영상미는 좋지만 이야기가 너무 늘어진다"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


@pytest.fixture
def page(chromium: Chromium, server: Server) -> Iterator[Chromium]:
    """The page as a newcomer finds it; complaints on its console are a failure."""
    chromium.size(1280)
    chromium.open(server.url)
    chromium.run("localStorage.clear()")
    chromium.open(server.url)
    chromium.wait("document.getElementById('model').textContent.includes('nsmc')")
    chromium.complaints.clear()
    yield chromium
    chromium.run("0")
    assert chromium.complaints == []


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of a run go: NSMC_SHOTS, or with pytest's own files."""
    place = Path(os.environ.get("NSMC_SHOTS") or tmp_path_factory.mktemp("shots"))
    place.mkdir(exist_ok=True)
    return place


def typed(page: Chromium, text: str) -> None:
    page.run("document.getElementById('text').focus()")
    page.type(text)
    page.wait(f"answer?.text === {json.dumps(text)} && !document.querySelector('.stale')")


def test_a_comment_is_labelled_and_explained_as_it_is_typed(page: Chromium) -> None:
    typed(page, MIXED)
    explanation = nsmc.load().explain(MIXED)
    score = explanation.prediction.score
    assert score is not None
    assert page.text("label") == ("긍정" if score >= 0.5 else "부정")
    assert f"긍정 {100 * score:.1f}%" in page.text("above")
    width = page.run("document.querySelector('#bar .positive').style.width")
    assert float(width.rstrip("%")) == pytest.approx(100 * score, abs=0.001)
    shown = page.run(
        "[...document.querySelectorAll('.part')].map((one) => [one.children[0].textContent, "
        "one.children[1].textContent, one.classList.contains('up'), "
        "getComputedStyle(one.children[0]).backgroundColor])"
    )
    pieces = [piece for piece in explained_pieces(explanation) if piece["morpheme"]]
    assert [one[0] for one in shown] == [piece["text"] for piece in pieces]
    for (_, number, up, colour), piece in zip(shown, pieces, strict=True):
        contribution = piece["contribution"]
        assert number.replace("−", "-") == f"{contribution:+.2f}"
        assert up is (contribution >= 0)
        strength = float(re.findall(r"[\d.]+", colour)[-1])
        assert strength == pytest.approx(0.62 * piece["strength"], abs=0.01)
    assert page.text("label") in page.run("document.getElementById('spoken').textContent")


def test_what_is_typed_is_text_and_no_page(page: Chromium) -> None:
    nasty = "<img src=x onerror=alert(1)> 재밌다 <script>alert(2)</script>"
    typed(page, nasty)
    page.press("Enter", 2, 13)
    page.wait("document.querySelectorAll('#list li').length === 1")
    assert page.run("document.querySelector('#list .entry span').textContent") == nasty
    assert page.run("document.querySelectorAll('main img, main script').length") == 0


def test_keys_alone_are_enough(page: Chromium) -> None:
    page.press("Tab", code=9)
    assert page.run("document.activeElement.className") == "skip"
    page.press("Enter", code=13)
    page.wait("location.hash === '#text'")
    typed(page, "재밌다")
    page.press("Enter", 2, 13)
    page.wait("document.getElementById('count').textContent === '1'")
    seen = []
    for _ in range(24):
        page.press("Tab", code=9)
        seen.append(page.run("document.activeElement.id || document.activeElement.textContent"))
    for name in ("clear", "keep", "save-csv", "save-json", "file", "paste"):
        assert name in seen
    assert any("배우들" in name for name in seen)


def test_the_list_is_exported(page: Chromium, tmp_path: Path) -> None:
    page.downloads_into(tmp_path)
    for text in ("재밌다", "=SUM(1) 노잼"):
        page.run("write('')")
        typed(page, text)
        page.press("Enter", 2, 13)
    page.wait("document.getElementById('count').textContent === '2'")
    for identifier, name in (("save-csv", "comments.csv"), ("save-json", "comments.json")):
        page.click(identifier)
        page.downloaded(tmp_path / name)
    lines = (tmp_path / "comments.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == '"text","label","label_ko","score","confidence"'
    assert lines[1].startswith('"\'=SUM(1) 노잼","negative","부정",')
    kept = json.loads((tmp_path / "comments.json").read_text(encoding="utf-8"))
    assert [one["text"] for one in kept] == ["=SUM(1) 노잼", "재밌다"]


def test_an_unsure_one_is_undecided_where_that_is_wanted(page: Chromium) -> None:
    candidates = [
        "노잼 정말 최고의 영화였어요",
        MIXED,
        "그저 그랬다",
        "연기는 좋은데 지루하다",
        "음",
    ]
    sure = {one.text: one.confidence or 1 for one in nsmc.load().predict(candidates)}
    typed(page, min(sure, key=lambda text: sure[text]))
    assert page.run("answer.confidence") < 0.95
    assert page.text("label") in ("긍정", "부정")
    page.run(
        "document.getElementById('least').value = 95;"
        "document.getElementById('least').dispatchEvent(new Event('input'))"
    )
    assert page.text("label") == "보류"


def test_english_and_the_dark_are_a_switch_away(page: Chromium) -> None:
    assert page.run("document.documentElement.lang") == "ko"
    page.click("language")
    assert page.run("document.documentElement.lang") == "en"
    assert page.text("one-title") == "Type a comment"
    korean = page.run("Object.keys(TEXT.ko).sort().join()")
    assert korean == page.run("Object.keys(TEXT.en).sort().join()")
    used = page.run(
        "['t', 'p', 'l'].flatMap((kind) => [...document.querySelectorAll(`[data-${kind}]`)]"
        ".map((one) => one.dataset[kind])).filter((name) => !(name in TEXT.ko))"
    )
    assert used == []
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.run(ground)
    page.click("theme")
    page.click("theme")
    dark = page.run(ground)
    assert dark != light
    page.open(page.run("location.href"))
    assert (page.run("document.documentElement.lang"), page.run(ground)) == ("en", dark)


def contrast(page: Chromium) -> list[str]:
    """Texts with less than the 4.5 to 1 that WCAG 2 asks for, against the ground behind them."""
    return list(
        page.run(
            """[...document.querySelectorAll('main *, header *, footer *')].filter((one) =>
            [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())
            && one.offsetWidth > 4 && one.checkVisibility()).filter((one) => {
              const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
              let ground = [0, 0, 0], layers = [];
              for (let at = one; at; at = at.parentElement) {
                const colour = numbers(getComputedStyle(at).backgroundColor);
                if (colour[3] !== 0) layers.push(colour);
                if (colour.length === 3) break;
              }
              for (const [r, g, b, a = 1] of layers.reverse())
                ground = [r, g, b].map((value, i) => a * value + (1 - a) * ground[i]);
              const light = (rgb) => rgb.map((value) => value / 255).map((value) =>
                value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
                .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
              const [a, b] = [light(numbers(getComputedStyle(one).color)), light(ground)].sort();
              return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
            }).map((one) => `${one.id || one.className}: ${one.textContent.slice(0, 30)}`)"""
        )
    )


def test_a_file_is_dropped_scored_filtered_and_fetched(
    page: Chromium, tmp_path: Path, shots: Path
) -> None:
    page.downloads_into(tmp_path / "d")
    path = tmp_path / "영화평.csv"
    lines = [f"{n},누구{n % 3},{ROWS[n % 5]}" for n in range(60)]
    path.write_text("번호,작성자,영화평\n" + "\n".join(lines) + "\n", encoding="cp949")
    page.run("document.getElementById('drop').scrollIntoView()")
    x, y = page.run(
        "(() => { const box = document.getElementById('drop').getBoundingClientRect();"
        "return [box.x + 20, box.y + 20]; })()"
    )
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        page.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)
    page.wait("!document.getElementById('columns').hidden")
    assert page.run("document.querySelectorAll('#choices input').length") == 3
    assert page.run("document.querySelector('#choices :checked').parentElement.innerText")[:3] == (
        "영화평"
    )
    page.press("Enter", code=13)
    page.wait("outcome?.words && preview")
    assert "60행" in page.text("done-words")
    assert "cp949" in page.text("done-words")
    assert "(12)" in page.text("share-list")
    assert "재밌" in page.text("words-above")
    page.run("document.querySelector('#by-label [data-value=\"부정\"]').click()")
    shown = page.run(
        "[...document.querySelectorAll('#rows td:nth-child(2)')].map((o) => o.innerText)"
    )
    assert set(shown) == {"부정"}
    page.run("document.querySelector('#by-sure [data-value=unsure]').click()")
    unsure = page.run("document.querySelectorAll('#rows tr').length")
    assert unsure < len(shown)
    page.run("document.querySelector('#by-sure [data-value=all]').click()")
    page.run("write('재밌다')")
    page.wait("answer?.text === '재밌다'")
    for width in (1280, 360):
        for dark in (False, True):
            page.size(width, dark=dark)
            page.run("new Promise((done) => setTimeout(done, 250))")
            assert page.run("document.documentElement.scrollWidth - innerWidth") <= 0
            assert contrast(page) == []
            page.size(width, page.run("document.documentElement.scrollHeight"), dark=dark)
            page.shoot(shots / f"page-{width}-{'dark' if dark else 'light'}.png")
    page.size(1280)
    page.click("download")
    fetched = tmp_path / "d" / "영화평-scored.csv"
    page.downloaded(fetched)
    assert len(fetched.read_text(encoding="utf-8").splitlines()) == 61


def test_pasted_lines_and_a_wrong_file(page: Chromium, tmp_path: Path) -> None:
    page.click("paste")
    page.run("document.getElementById('lines').focus()")
    page.type('재밌다\n\n돈이 아깝다, "정말"\n')
    page.click("score-lines")
    page.wait("outcome?.words && preview")
    assert page.run("preview.map((one) => one.text)") == ["재밌다", '돈이 아깝다, "정말"']
    page.click("again")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text('a,b\n"1,2\n', encoding="utf-8")
    page.choose("file", wrong)
    page.wait("!document.getElementById('columns').hidden")
    page.run("document.getElementById('columns').requestSubmit()")
    page.wait("!document.getElementById('table-wrong').hidden")
    said = page.text("table-wrong")
    assert said.startswith("파일을 채점할 수 없습니다.")
    assert "따옴표" in said
    assert "wrong.csv" in said
    # What the server said in Korean isn't shown in English; the next refusal is English throughout.
    page.click("language")
    assert page.text("table-wrong") == "The file can't be labelled."
    page.choose("file", wrong)
    page.wait("!document.getElementById('columns').hidden")
    page.run("document.getElementById('columns').requestSubmit()")
    page.wait("!document.getElementById('table-wrong').hidden")
    assert re.fullmatch(r"[ -~\n]*quot[ -~]*", page.text("table-wrong"))
    assert not page.run("document.getElementById('start').hidden")


def test_what_cannot_be_sent_is_told_in_the_words_of_the_page(page: Chromium) -> None:
    page.run("write('가'.repeat(10001))")
    assert page.text("wrong") == "한 번에 10,000자까지 채점합니다. 지금은 10,001자입니다."
    # An emoji of which half has been deleted.
    page.run("write('재밌다 \\ud83d')")
    page.wait("answer?.text === '재밌다 \\ufffd' && !document.querySelector('.stale')")
    page.click("keep")
    assert page.text("count") == "1"


MANY = """
const long = "아주긴이름의클래스".repeat(9);
const labels = Object.fromEntries([...Array(1000).keys()].map((n) => [`클래스 ${n}`, n + 1]));
answer = { text: "금리", label: long, confidence: 0.5, probabilities: { [long]: 0.5, 짧다: 0.5 } };
document.getElementById("text").value = answer.text;
draw();
keep();
outcome = { rows: 500503, labels, empty: 3, renamed: [], name: "x.csv", download: "#" };
drawOutcome();
preview = [long, ...Object.keys(labels)].map((label) => ({ label, confidence: 0.7, text: "글" }));
drawPreview(50);
"""


def test_a_thousand_classes_with_long_names_leave_room_for_the_rest(page: Chromium) -> None:
    page.run(MANY)
    shares = page.text("share-list").splitlines()
    assert len(shares) == 14
    assert shares[0] == "클래스 999 0.2% (1,000)"
    assert shares[12:] == ["그 밖의 988가지 97.6% (488,566)", "판정 없음 0.0% (3)"]
    for width in (1280, 360):
        page.size(width)
        lines = page.run(
            "['#sure', '#keep', '#classes .ends span + span', '#list .entry span'].map((one) => {"
            "const range = document.createRange();"
            "range.selectNodeContents(document.querySelector(one));"
            "return range.getClientRects().length; })"
        )
        assert lines == [1, 1, 1, 1]
        assert page.run("document.documentElement.scrollWidth - innerWidth") <= 0
        assert page.run("document.documentElement.scrollHeight") < 6000
        assert page.run(
            "[...document.querySelectorAll('#list .entry b, #rows td')]"
            ".every((one) => one.scrollWidth <= one.clientWidth + 1)"
        )


def test_a_setting_keeps_the_focus_beside_a_table(page: Chromium) -> None:
    page.run(MANY)
    page.run("document.querySelector('.settings').open = true")
    page.run("document.getElementById('least').focus()")
    page.press("ArrowRight", code=39)
    page.wait("document.getElementById('least').value === '55'")
    assert page.run("document.activeElement.id") == "least"


def test_paper_and_forced_colours_show_what_the_screen_shows(page: Chromium) -> None:
    page.run(MANY)
    page.size(1280, dark=True)
    page.wait("document.documentElement.dataset.theme === 'dark'")
    page.call("Emulation.setEmulatedMedia", media="print", features=[])
    assert page.run("getComputedStyle(document.body).color") == "rgb(23, 33, 45)"
    assert page.run(
        "[...document.querySelectorAll('.list, .scroll')]"
        ".every((one) => one.scrollHeight <= one.clientHeight)"
    )
    forced = [{"name": "forced-colors", "value": "active"}]
    page.call("Emulation.setEmulatedMedia", media="", features=forced)
    grounds = page.run(
        "['.chips [aria-pressed=true]', '.chips [aria-pressed=false]', '#shares i', '#shares']"
        ".map((one) => getComputedStyle(document.querySelector(one)).backgroundColor)"
    )
    page.call("Emulation.setEmulatedMedia", media="", features=[])
    assert len(set(grounds)) == 4


def test_a_server_that_goes_and_comes_back(chromium: Chromium, start: Start) -> None:
    first = start("--drain-seconds", "0")
    chromium.open(first.url)
    chromium.wait("document.getElementById('model').textContent.includes('nsmc')")
    assert first.stop() == 0
    chromium.run("document.getElementById('text').focus()")
    chromium.type("재밌다")
    chromium.wait("!document.getElementById('offline').hidden")
    # The later --port counts.
    start("--port", str(first.port))
    chromium.wait("answer?.text === '재밌다' && document.getElementById('offline').hidden")
    assert chromium.text("label") == "긍정"
