"""Emoji for words: of the right kind, in their place, behind the comment or alone."""

import re
from random import Random

import pytest

from nsmc.text.emoji_augmentation import WORDS, add_emoji

EMOJI = {emoji for of_words in WORDS.values() for emoji in of_words}


def made(text: str) -> set[str]:
    """What a comment may become."""
    return {add_emoji(text, Random(seed)) for seed in range(300)}


@pytest.mark.parametrize(
    ("text", "fits", "never"),
    [
        ("너무 지루하다", "😴", "👍"),
        ("진짜 최고다", "👍", "👎"),
        ("별로였음", "👎", "👍"),
        ("ㅠㅠㅠ 감동", "😭", "🤮"),
        ("ㅋㅋㅋㅋ", "😂", "😡"),
    ],
)
def test_emoji_fit_their_words(text: str, fits: str, never: str) -> None:
    all_of_them = "".join(made(text))
    assert fits in all_of_them
    assert never not in all_of_them


def test_there_are_three_ways() -> None:
    found = made("너무 지루하다")
    assert any(re.fullmatch(r"너무 [^가-힣]+하다", text) for text in found)
    assert any(re.fullmatch(r"너무 지루하다 ?[^가-힣]+", text) for text in found)
    assert any(set(text) <= EMOJI for text in found)
    assert "너무 지루하다" not in found


@pytest.mark.parametrize("text", ["이 영화가 뭐라고", "", "배우 이름이 뭐였지"])
def test_without_such_words_nothing_happens(text: str) -> None:
    assert made(text) == {text}


def test_the_same_chance_gives_the_same() -> None:
    assert add_emoji("재밌다 ㅋㅋㅋ", Random(7)) == add_emoji("재밌다 ㅋㅋㅋ", Random(7))


def test_every_emoji_is_one_character() -> None:
    # What belongs to another, a skin tone or a joiner, would be torn from it.
    assert all(ord(emoji) >= 0x2600 for emoji in EMOJI)
    assert not EMOJI & {"\ufe0f", "\u200d", *map(chr, range(0x1F3FB, 0x1F400))}
