"""Syllables come apart into their letters and together again."""

import unicodedata

import pytest

from nsmc.config.text import TextConfig
from nsmc.text.hangul import FINALS, INITIALS, MEDIALS, letters_of
from nsmc.text.jamo import Jamo
from nsmc.text.tokenizer import Tokenizer, make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return make_tokenizer(TextConfig(unit="jamo"))


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
        ("OST 👍🏽🇰🇷", "O S T ▁ 👍🏽 🇰🇷"),
        ("가\u0301", "ㄱ ㅏ \u0301"),
        ("-ㄱ", "- ㄱ"),
    ],
    ids=ascii,
)
def test_comments_and_their_letters(tokenizer: Tokenizer, comment: str, units: str) -> None:
    assert tokenizer(comment) == units.split()


def test_every_syllable_has_the_letters_that_unicode_gives_it() -> None:
    segmenter = Jamo()
    for point in range(0xAC00, 0xD7A4):
        syllable = chr(point)
        letters = segmenter(syllable)
        decomposed = unicodedata.normalize("NFD", syllable)
        # Unicode names both kinds of letters: HANGUL LETTER KIYEOK, HANGUL CHOSEONG KIYEOK.
        assert [unicodedata.name(letter[-1]).split()[2] for letter in letters] == [
            unicodedata.name(part).split()[2] for part in decomposed
        ]
        assert segmenter.join(letters) == syllable
        assert [len(letter) for letter in letters] == [1, 1, 2][: len(decomposed)]


def test_all_letters_of_a_syllable_differ_in_kind() -> None:
    assert (len(INITIALS), len(MEDIALS), len(FINALS)) == (19, 21, 27)
    assert not set(INITIALS) & set(MEDIALS)
    assert letters_of("각") == ("ㄱ", "ㅏ", "-ㄱ")


@pytest.mark.parametrize(
    "comment",
    ["연기는 좋은데 지루하다 ㅠㅠ", "ㅋㅋㅋ 10점!! OST 👍🏽", "값없닭 뷁 ㄳ", "- 아니 -_-", ""],
)
def test_letters_spell_the_comment_again(tokenizer: Tokenizer, comment: str) -> None:
    assert tokenizer.join(tokenizer(comment)) == comment


def test_letters_in_any_order_are_text() -> None:
    # A language model may write what nobody would.
    assert Jamo().join(["-ㄱ", "ㅏ", "ㄱ", "ㅏ", "-ㄱ", "-ㄱ", "▁", "ㅋ"]) == "ㄱㅏ각ㄱ ㅋ"
    assert Jamo().join([]) == ""
