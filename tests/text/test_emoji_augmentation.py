"""Emoji for words: of the right kind, in their place, behind the comment or alone."""

import re
from random import Random

import pytest

from nsmc.text.emoji_augmentation import WORDS, add_emoji

EMOJI = {emoji for of_words in WORDS.values() for emoji in of_words}


def augment(text: str) -> set[str]:
    """All that a comment may become; the same for the same seeds."""
    texts, again = ([add_emoji(text, Random(seed)) for seed in range(300)] for _ in range(2))
    assert texts == again
    return set(texts)


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
    augmented = "".join(augment(text))
    assert fits in augmented
    assert never not in augmented


def test_emoji_replace_a_word_or_follow_or_are_alone() -> None:
    texts = augment("너무 지루하다")
    assert any(re.fullmatch(r"너무 [^가-힣]+하다", text) for text in texts)
    assert any(re.fullmatch(r"너무 지루하다 ?[^가-힣]+", text) for text in texts)
    assert any(set(text) <= EMOJI for text in texts)
    assert "너무 지루하다" not in texts


@pytest.mark.parametrize("text", ["이 영화가 뭐라고", "", "배우 이름이 뭐였지"])
def test_without_such_words_nothing_happens(text: str) -> None:
    assert augment(text) == {text}


def test_every_emoji_is_one_character() -> None:
    # What belongs to another, a skin tone or a joiner, would be torn from it.
    assert all(ord(emoji) >= 0x2600 for emoji in EMOJI)
    assert not EMOJI & {"\ufe0f", "\u200d", *map(chr, range(0x1F3FB, 0x1F400))}
