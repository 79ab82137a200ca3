"""The page without a server, in a real browser: from disk and from a static host."""

from __future__ import annotations

import http.server
import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nsmc
from nsmc.exporting.web import export_web
from nsmc.serving.table_summary import pushes_of
from nsmc.text.bpe import learn_bpe
from tests.chromium import Chromium
from tests.exporting.odd_comments import odd_comments

if TYPE_CHECKING:
    from tests.conftest import Untrained

pytestmark = pytest.mark.slow
SYLLABLES = ["<unk>", *"재밌다노잼ㅋㅠ▁영화정말", "👍🏽", "..."]
LETTERS = ["<unk>", *"ㅈㅐㅁㅣㄷㅏㄴㅗㅋ▁", "-ㅆ", "-ㅁ", "👍🏽"]
PLAIN = ("model.subword_buckets=0", "text.max_characters=40")
# What differs in the runtime: units, cells, layers, pooling, n-grams, tables in 8 bits, tasks.
MODELS: list[dict[str, Any]] = [
    {"fields": ("text.unit=syllable", *PLAIN)},
    {
        "fields": ("text.unit=jamo", *PLAIN, "model.conv.filters=6", "model.conv.pooling=2"),
        "vocabulary": LETTERS,
    },
    {
        "fields": ("text.unit=bpe", "text.bpe_size=120", "text.max_characters=40"),
        "more": ("model.cell=lstm", "model.layers=2", "model.pooling=last"),
        "int8": True,
    },
    {
        "fields": ("text.unit=syllable", *PLAIN[1:], "task=classes", "model.cell=rnn"),
        "more": ("model.subword_letters=true", "model.wide.buckets=256", "model.pooling=max"),
        "classes": ["나쁨", "보통", "좋음"],
    },
    {"fields": ("text.unit=jamo", *PLAIN, "task=stars", "model.bidirectional=false")},
    {"fields": ("text.unit=syllable", *PLAIN, "task=sentiment+stars", "model.pooling=mean")},
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    browser = Chromium(tmp_path_factory.mktemp("chromium"))
    yield browser
    assert browser.complaints == []
    browser.close()


@contextmanager
def static_host(directory: Path) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    handler = partial(Quiet, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def opened(page: Chromium, address: str) -> None:
    page.open(address)
    page.wait("document.getElementById('model').textContent.includes('nsmc')")


def check_same(found: Any, expected: Any, where: str = "") -> None:
    """JSON of the browser and of Python: the same but for 1e-4 in numbers."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key in expected:
            # A share of three decimals: what is half way may be rounded either way.
            check_same(found[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            check_same(one, other, f"{where}[{place}]")
    elif isinstance(expected, float) and found is not None:
        assert found == pytest.approx(expected, abs=1.1e-3 if "unknown" in where else 1e-4), where
    else:
        assert found == expected, where


def test_every_kind_of_model_answers_as_in_python(
    chromium: Chromium, untrained: Untrained, tmp_path: Path
) -> None:
    texts = [*odd_comments(random.Random(5), 100), "재밌다 ㅋㅋ👍🏽 " * 120, "노잼 " * 9]
    pieces = learn_bpe(["재밌다 노잼 ㅋㅋ 정말 재밌는 영화", "정말 노잼 노잼"], 120)
    for number, model in enumerate(MODELS):
        path = untrained(
            *model["fields"],
            *model.get("more", ()),
            classes=model.get("classes", ()),
            vocabulary=model.get("vocabulary", SYLLABLES),
            learned=pieces if "text.unit=bpe" in model["fields"] else None,
        )
        int8 = model.get("int8", False)
        if int8:
            nsmc.export(path, tmp_path / "small", int8=True)
        site = export_web(path, tmp_path / f"site{number}", int8=int8)
        opened(chromium, (site / "index.html").as_uri())
        classifier = nsmc.load(tmp_path / "small" if int8 else path, exact=True)
        found = chromium.run(
            f"{json.dumps(texts)}.map((text) => [backend.classifier.read(text),"
            "backend.classifier.predict(text)])"
        )
        predictions = classifier.predict(texts)
        for (read, answer), prediction in zip(found, predictions, strict=True):
            text, tokenizer = prediction.text, classifier.tokenizer
            prepared = tokenizer.prepare(text)
            assert (read["normalized"], read["units"]) == (prepared, tokenizer.cut(prepared))
            assert list(map(tuple, read["spans"])) == tokenizer.spans(text)
            check_same(answer, prediction.to_dict(), f"model {number}: {text!r}")
        some = ["", "재밌다", "노잼 ㅋㅋ👍🏽", texts[-2]]
        found = chromium.run(
            f"Promise.all({json.dumps(some)}.map((text) => backend.classifier.explain(text)))"
        )
        for answer, explanation in zip(found, classifier.explain(some), strict=True):
            expected = explanation.to_dict()
            if len(expected["parts"]) > 10:  # by other samples
                shares = [
                    sum(part.pop("contribution") for part in one["parts"])
                    for one in (answer, expected)
                ]
                assert shares[0] == pytest.approx(shares[1], abs=1e-3)
            check_same(answer, expected, f"model {number}: {explanation.prediction.text!r}")


def test_the_page_on_a_static_host(
    chromium: Chromium, untrained: Untrained, tmp_path: Path
) -> None:
    model = untrained("text.unit=syllable", *PLAIN, vocabulary=SYLLABLES)
    site = export_web(model, tmp_path / "site")
    chromium.downloads_into(tmp_path / "d")
    with static_host(site) as address:
        opened(chromium, address)
    # From here on without the host.
    assert "브라우저를 떠나지 않습니다" in chromium.text("privacy")
    assert chromium.run("document.getElementById('api').hidden")
    chromium.run("document.getElementById('text').focus()")
    chromium.type("정말 재밌다")
    chromium.wait("answer?.text === '정말 재밌다' && !document.querySelector('.stale')")
    explanation = nsmc.load(model).explain("정말 재밌다")
    assert f"긍정 {100 * (explanation.prediction.score or 0):.1f}%" in chromium.text("above")
    # Syllables have a colour each, and their words a number.
    assert chromium.run("document.querySelectorAll('.word .part').length") == 5
    shown = chromium.run("[...document.querySelectorAll('.word')].map((one) => one.textContent)")
    assert [one.replace("−", "-") for one in shown] == [
        f"{word}{push:+.2f}" for word, push in pushes_of(explanation)
    ]
    unequal = "b.csv, 2번째 행: 셀이 2개여야 하는데 1개입니다"
    for bad, said in (("a.xlsx", "nsmc serve"), ("b.csv", unequal)):
        (tmp_path / bad).write_text('a,b\r\n"1,2",3\r\n4\r\n', encoding="utf-8")
        chromium.choose("file", tmp_path / bad)
        chromium.wait(f"document.getElementById('table-wrong').innerText.includes({said!r})")
    rows = ["재밌다", '노잼, "정말"\n최악', "", "영화"]
    table = tmp_path / "영화평.csv"
    cells = "".join(f'{n},"{row.replace(chr(34), chr(34) * 2)}"\n' for n, row in enumerate(rows))
    table.write_text(f"label,document\n{cells}", encoding="cp949", newline="")
    chromium.choose("file", table)
    chromium.wait("!document.getElementById('columns').hidden")
    chromium.run("document.getElementById('columns').requestSubmit()")
    chromium.wait("outcome?.words && preview")
    assert "4행" in chromium.text("done-words")
    assert "predicted_label" in chromium.text("done-words")
    chromium.click("download")
    scored = tmp_path / "d" / "영화평-scored.csv"
    chromium.downloaded(scored)
    nsmc.score_table(nsmc.load(model), table, tmp_path / "expected.csv", column="document")
    assert scored.read_bytes() == (tmp_path / "expected.csv").read_bytes()
