"""What a person calls one character is one unit, and the units together are the comment."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.config.text import TextConfig
from nsmc.text.normalize import normalize
from nsmc.text.syllables import clusters
from nsmc.text.tokenizer import make_tokenizer

TOKENIZER = make_tokenizer(TextConfig(unit="syllable"))


@pytest.mark.parametrize(
    ("comment", "units"),
    [
        ("", ""),
        (" \n\u200b", ""),
        ("재밌다", "재 밌 다"),
        ("  돈이  아까운 영화", "돈 이 ▁ 아 까 운 ▁ 영 화"),
        ("ㅋㅋㅋ ㅠㅠ", "ㅋ ㅋ ㅋ ▁ ㅠ ㅠ"),
        ("OST 10점!!", "o s t ▁ 1 0 점 ! !"),
        (unicodedata.normalize("NFD", "값 없다"), "값 ▁ 없 다"),
        ("👍🏽👍", "👍🏽 👍"),
        ("🇰🇷🇯🇵🇺", "🇰🇷 🇯🇵 🇺"),
        ("1\ufe0f\u20e3위", "1\u20e3 위"),
        ("👨\u200d👩\u200d👧❤\ufe0f", "👨 👩 👧 ❤"),
        ("cafe\u0301 g\u0303o", "c a f é ▁ g\u0303 o"),
        ("ᄒᆞᆫ글 ᄏᄏ", "ᄒᆞᆫ 글 ▁ ㅋ ㅋ"),
        ("가 \u0301나", "가 ▁ \u0301 나"),
        ("หนังดีมาก", "ห นั ง ดี ม า ก"),
        ("가▁나", "가 ▁ 나"),
    ],
    ids=ascii,
)
def test_comments_and_their_characters(comment: str, units: str) -> None:
    assert TOKENIZER(comment) == units.split()
    assert TOKENIZER.join(TOKENIZER(comment)) == normalize(comment, 1000).replace("▁", " ")


@given(st.text())
def test_joined_the_characters_are_the_text_whatever_is_in_it(text: str) -> None:
    assert "".join(clusters(text)) == text
