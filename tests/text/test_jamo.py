"""Syllables come apart into their letters and together again."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.config.text import TextConfig
from nsmc.text.hangul import (
    FINALS,
    INITIALS,
    MEDIALS,
    compose,
    decompose,
    is_syllable,
    letters_of,
    syllable_type,
)
from nsmc.text.jamo import Jamo
from nsmc.text.tokenizer import make_tokenizer

TOKENIZER = make_tokenizer(TextConfig(unit="jamo"))
SYLLABLES = [chr(point) for point in range(0xAC00, 0xD7A4)]


@pytest.mark.parametrize(
    ("comment", "units"),
    [
        ("", ""),
        ("재밌다", "ㅈ ㅐ ㅁ ㅣ -ㅆ ㄷ ㅏ"),
        ("값 없다", "ㄱ ㅏ -ㅄ ▁ ㅇ ㅓ -ㅄ ㄷ ㅏ"),
        ("과꿔", "ㄱ ㅘ ㄲ ㅝ"),
        ("ㅋㅋ ㅠㅠ ㄳ", "ㅋ ㅋ ▁ ㅠ ㅠ ▁ ㄳ"),
        ("ㄱㅐ노잼", "ㄱ ㅐ ㄴ ㅗ ㅈ ㅐ -ㅁ"),
        ("개노잼", "ㄱ ㅐ ㄴ ㅗ ㅈ ㅐ -ㅁ"),
        (unicodedata.normalize("NFD", "닭"), "ㄷ ㅏ -ㄺ"),
        ("ᄏᄏ", "ㅋ ㅋ"),
        ("ᄒᆞᆫ글", "ㅎ ᆞ -ㄴ ㄱ ㅡ -ㄹ"),
        ("OST 👍🏽🇰🇷", "o s t ▁ 👍🏽 🇰🇷"),
        ("가\u0301", "ㄱ ㅏ \u0301"),
        ("-ㄱ", "- ㄱ"),
    ],
    ids=ascii,
)
def test_comments_and_their_letters(comment: str, units: str) -> None:
    assert TOKENIZER(comment) == units.split()


def test_numbers_and_letters_of_every_syllable() -> None:
    assert (len(INITIALS), len(MEDIALS), len(FINALS)) == (19, 21, 27)
    for syllable in SYLLABLES:
        initial, medial, final = decompose(syllable)
        assert is_syllable(syllable)
        assert compose(initial, medial, final) == syllable
        parts = unicodedata.normalize("NFD", syllable)
        kinds = "LVT"[: len(parts)]
        assert [syllable_type(part) for part in parts] == list(kinds)
        assert syllable_type(syllable) == kinds
        letters = letters_of(syllable)
        names = (INITIALS[initial], MEDIALS[medial], f"-{FINALS[final - 1]}")
        assert letters == names[: len(kinds)]
        # Unicode names both kinds of letters: HANGUL LETTER KIYEOK, HANGUL CHOSEONG KIYEOK.
        kiyeok = [unicodedata.name(letter[-1]).split()[2] for letter in letters]
        assert kiyeok == [unicodedata.name(part).split()[2] for part in parts]


@given(st.lists(st.sampled_from([*SYLLABLES, *"ㅋㅎ!. aZ👍-_"])).map("".join))
def test_letters_compose_to_the_comment_again(comment: str) -> None:
    assert Jamo().join(Jamo()(comment)) == comment


@given(st.characters())
def test_only_hangul_has_a_syllable_type(character: str) -> None:
    conjoining = "\u1100" <= character <= "\u11ff" or "\ua960" <= character <= "\ua97c"
    conjoining |= "\ud7b0" <= character <= "\ud7fb"
    hangul = conjoining or is_syllable(character)
    assert hangul or syllable_type(character) is None
    assert hangul or letters_of(character) == (character,)


def test_the_type_of_old_jamo() -> None:
    ranges = {
        "L": [*range(0x1100, 0x1160), *range(0xA960, 0xA97D)],
        "V": [*range(0x1160, 0x11A8), *range(0xD7B0, 0xD7C7)],
        "T": [*range(0x11A8, 0x1200), *range(0xD7CB, 0xD7FC)],
    }
    assert {kind: {syllable_type(chr(p)) for p in r} for kind, r in ranges.items()} == {
        kind: {kind} for kind in ranges
    }


def test_letters_in_any_order_are_text() -> None:
    # A language model may generate what nobody would write.
    assert Jamo().join(["-ㄱ", "ㅏ", "ㄱ", "ㅏ", "-ㄱ", "-ㄱ", "▁", "ㅋ"]) == "ㄱㅏ각ㄱ ㅋ"
    assert Jamo().join([]) == ""
