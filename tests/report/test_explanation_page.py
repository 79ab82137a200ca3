"""An explained comment as HTML: all of the comment, nothing but the comment, and its numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from nsmc.errors import printable
from nsmc.inference.explanation import Explanation, Part
from nsmc.report.explanation_page import explained_css, explained_html, page_article, page_frame
from nsmc.report.templating import signed
from nsmc.tasks.sentiment import Sentiment, SentimentPrediction


def explanation(text: str, *parts: Part) -> Explanation:
    logit = -0.2 + sum(part.contribution for part in parts)
    prediction = SentimentPrediction(text, 0.25, "negative" if parts else "")
    return Explanation(prediction, "긍정", Sentiment.explains, logit, -0.2, parts)


EXAMPLE = explanation(
    " <b>재밌\u200b다</b> & 별로\ud800!",
    Part(1, 4, "<b>", 0.01),
    Part(4, 7, "재밌", 2.0),
    Part(7, 8, "다", -0.1),
    Part(15, 17, "별로", -3.5),
)


class Read(HTMLParser):
    """The tags of a fragment, the text outside of annotations, and the annotations."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.notes = "", []  # type: tuple[str, list[str]]
        self.feed(fragment)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "rt" in self.open:
            self.notes.append(data)
        else:
            self.text += data


def test_the_comment_is_there_as_typed() -> None:
    read = Read(explained_html(EXAMPLE))
    # What has no width or can't be written is shown.
    shown = EXAMPLE.prediction.text.replace("\u200b", "\\u200b").replace("\ud800", "\\ud800")
    assert read.text == shown
    assert {tag for tag, _ in read.tags} == {"span", "ruby", "rt"}
    explained_html(EXAMPLE).encode()


def test_no_comment_reorders_or_hides_its_neighbours() -> None:
    hostile = "재밌\x1b]0;a\x07\u202e다\u2066\ufeff"
    for html in (
        explained_html(explanation(hostile, Part(0, len(hostile), hostile, 1.0))),
        page_article(explanation(hostile, Part(0, len(hostile), hostile, 1.0))),
    ):
        assert printable(html) == html
        assert "\\x1b]0;a\\x07\\u202e다\\u2066\\ufeff" in html
        # Right-to-left text that is no attack turns nothing but itself.
        assert 'class="nsmc-explained" lang="ko" dir="auto"' in html


def test_sign_and_strength_do_not_hang_on_colour() -> None:
    read = Read(explained_html(EXAMPLE))
    parts = [result for tag, result in read.tags if "part" in str(result.get("class"))]
    assert [p["class"] for p in parts] == ["part positive"] * 2 + ["part negative"] * 2
    assert [p["title"] for p in parts] == ["<b> +0.01", "재밌 +2.00", "다 −0.10", "별로 −3.50"]
    assert [p["style"] for p in parts][1::2] == ["--strength:0.57", "--strength:1.00"]
    assert read.notes == ["+2.00", "−3.50"]
    assert {"solid", "wavy"} <= set(re.findall(r"style: (\w+)", explained_css()))


def test_small_things_stay_pale() -> None:
    read = Read(explained_html(explanation("다", Part(0, 1, "다", -0.1))))
    assert read.tags[1][1]["style"] == "--strength:0.10"
    assert read.notes == []


def test_nothing_explained_is_just_the_comment() -> None:
    assert Read(explained_html(explanation("\u200d <i>"))).text == "\u200d <i>"
    # A part that shares its letter with the one before has no characters to colour.
    shared = explanation("क़", Part(0, 1, "क", 1.0), Part(1, 1, "़", 1.0))
    assert Read(explained_html(shared)).text == "क़"


@pytest.mark.parametrize(
    ("number", "shown"),
    [(1.234, "+1.23"), (-0.5, "−0.50"), (0.001, "0.00"), (-0.001, "0.00"), (0.0, "0.00")],
)
def test_numbers_carry_their_sign(number: float, shown: str) -> None:
    assert signed(number) == shown


def test_the_page_loads_nothing_and_lists_every_morpheme() -> None:
    start, end = page_frame(Sentiment.explains, "morphemes")
    page = start + page_article(EXAMPLE) + page_article(explanation("")) + end
    assert not re.search(r"(?:src|href)=|@import|url\(|https?:", page)
    body = page.partition("<body>")[2].partition("</body>")[0]
    read = Read(re.sub(r"<(?:br|input)[^>]*>", "", body))
    text = " ".join(read.text.split())
    assert "log odds −0.20 without morphemes, with all" in text
    assert "로그 오즈: 형태소 없이 −0.20, 모두 읽고" in text
    rows = [row.split("</td>")[0] for row in body.split("<tr><td>")[1:]]
    assert rows == ["1–4", "4–7", "7–8", "15–17"]
    assert "부정" in read.text
    assert "nothing legible: no label" in read.text


def test_a_comment_is_text_and_never_html() -> None:
    typed = "<script>alert('1')</script> & \"재밌다\""
    comment = explanation(typed, Part(0, 8, "<script>", 2.0), Part(30, 33, '"재밌', -1.0))
    for html in (explained_html(comment), page_article(comment)):
        assert "<script" not in html
        assert Read(html).text.count(typed) == 1
    assert Read(explained_html(comment)).tags[1][1]["title"] == "<script> +2.00"
