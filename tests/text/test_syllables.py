"""What a person calls one character is one unit, and the units together are the comment."""

import random
import sys
import unicodedata

import pytest

from nsmc.config.text import TextConfig
from nsmc.text.hangul import syllable_type
from nsmc.text.normalize import normalize
from nsmc.text.syllables import Syllables, clusters
from nsmc.text.tokenizer import Tokenizer, make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return make_tokenizer(TextConfig(unit="syllable"))


@pytest.mark.parametrize(
    ("comment", "units"),
    [
        ("", ""),
        (" \n\u200b", ""),
        ("재밌다", "재 밌 다"),
        ("  돈이  아까운 영화", "돈 이 ▁ 아 까 운 ▁ 영 화"),
        ("ㅋㅋㅋ ㅠㅠ", "ㅋ ㅋ ㅋ ▁ ㅠ ㅠ"),
        ("OST 10점!!", "O S T ▁ 1 0 점 ! !"),
        (unicodedata.normalize("NFD", "값 없다"), "값 ▁ 없 다"),
        ("👍🏽👍", "👍🏽 👍"),
        ("🇰🇷🇯🇵🇺", "🇰🇷 🇯🇵 🇺"),
        ("1\ufe0f\u20e3위", "1\u20e3 위"),
        ("👨\u200d👩\u200d👧❤\ufe0f", "👨 👩 👧 ❤"),
        ("cafe\u0301 g\u0303o", "c a f é ▁ g\u0303 o"),
        ("ᄒᆞᆫ글 ᄏᄏ", "ᄒᆞᆫ 글 ▁ ᄏ ᄏ"),
        ("가 \u0301나", "가 ▁ \u0301 나"),
        ("หนังดีมาก", "ห นั ง ดี ม า ก"),
        ("가▁나", "가 ▁ 나"),
    ],
    ids=ascii,
)
def test_comments_and_their_characters(tokenizer: Tokenizer, comment: str, units: str) -> None:
    assert tokenizer(comment) == units.split()
    assert tokenizer.join(tokenizer(comment)) == normalize(comment, 1000).replace("▁", " ")


def test_joined_the_characters_are_the_text_whatever_is_in_it() -> None:
    source, segmenter = random.Random(5), Syllables()
    for _ in range(3000):
        ends = (0x500, 0x3200, 0x10000, sys.maxunicode)
        text = "".join(chr(source.randrange(source.choice(ends))) for _ in range(12))
        text = normalize(text, 1000)
        assert "".join(clusters(text)) == text
        assert segmenter.join(segmenter(text)) == text.replace("▁", " ")


def test_what_of_a_syllable_a_character_is() -> None:
    kinds = {
        "ᄀ": "L",
        "ᅡ": "V",
        "ᆨ": "T",
        "가": "LV",
        "각": "LVT",
        "힣": "LVT",
        "ㄱ": None,
        "a": None,
    }
    assert {character: syllable_type(character) for character in kinds} == kinds
    for point in (*range(0x1100, 0x1200), *range(0xA960, 0xA97D), *range(0xD7B0, 0xD7FC)):
        # Unicode's own name says what it is; some code points of the last block have none.
        names = {"CHOSEONG": "L", "JUNGSEONG": "V", "JONGSEONG": "T"}
        name = unicodedata.name(chr(point), "").split()
        if name:
            assert syllable_type(chr(point)) == names[name[1]]


def test_the_identity_says_the_unit_and_its_rules() -> None:
    identity = make_tokenizer(TextConfig(unit="syllable", max_characters=9)).identity()
    assert identity == {
        "unit": "syllable",
        "rules": "1",
        "max_characters": "9",
        "normalizer": "1",
    }
