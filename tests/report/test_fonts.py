"""The embedded font: what it holds, and what of it a page gets."""

import base64
import io
import re

import pytest
from fontTools.ttLib import TTFont

from nsmc.report.fonts import FILE, font_face


def embedded(text: str) -> set[str]:
    """The characters of the font inside the rule."""
    result = re.search(r"url\(data:font/woff;base64,([^)]*)\)", font_face(text))
    assert result is not None
    with TTFont(io.BytesIO(base64.b64decode(result[1]))) as font:
        assert "SIL Open Font License" in font["name"].getDebugName(13)
        return {chr(code) for code in font.getBestCmap()}


def test_all_of_modern_hangul_is_there() -> None:
    with TTFont(FILE) as font:
        codes = set(font.getBestCmap())
        names = {record.toUnicode() for record in font["name"].names if record.nameID in (1, 4, 6)}
    assert codes >= set(range(0xAC00, 0xD7A4))  # syllables
    assert codes >= set(range(0x3131, 0x3164))  # letters by themselves, as in ㅋㅋ and ㅠㅠ
    assert codes >= set(map(ord, "~!?^…·“”‘’♥♡★☆※−×≤–—%"))
    # The licence keeps the original's name for the original.
    assert names == {"Review Hangul", "ReviewHangul"}


def test_only_the_page_s_glyphs_are_embedded() -> None:
    result = embedded("뷁 재밌다 ㅋㅋ 漢字 🎬")
    assert set("뷁재밌다ㅋ") <= result
    assert not set("영화ㅠ漢🎬") & result
    assert {*"0123456789.,%–−", *map(chr, range(0x20, 0x7F))} <= result  # for the page's script
    assert len(result) < 120


@pytest.mark.parametrize("text", ["", "\ud83d\ude00", "\0\n"])
def test_any_text_gives_a_font(text: str) -> None:
    assert "A" in embedded(text)
