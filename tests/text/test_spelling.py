"""Mistyped words are corrected where one wrong key explains them, and nothing else changes."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.config.fields import build
from nsmc.config.text import TextConfig
from nsmc.errors import DataError, NsmcError, UsageError
from nsmc.text.keyboard import intended_syllables, mistype
from nsmc.text.noise import add_typos
from nsmc.text.spelling import LEAST, LONGEST, Spelling, learn_spelling
from nsmc.text.tokenizer import declared_identity, learn, make_tokenizer

COMMENTS = [
    *["재밌다 정말 재밌다"] * LEAST,
    *["시간이 아까운 영화였다"] * LEAST,
    *["연기가 좋은 영화"] * (2 * LEAST),
]
LEARNED = learn_spelling(COMMENTS)


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), st.randoms())
def test_a_mistyped_syllable_is_intended_by_what_it_became(syllable: str, rng: Random) -> None:
    wrong = mistype(syllable, rng)
    assert wrong != syllable
    assert syllable in intended_syllables(wrong)
    assert all("가" <= intended <= "힣" for intended in intended_syllables(syllable))
    assert syllable not in intended_syllables(syllable)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("재밋다", "재밌다"),
        ("정멀 재맜다ㅋㅋ", "정말 재밌다ㅋㅋ"),
        ("시갼이 아꺼운", "시간이 아까운"),
        ("영화,잼다", "영화,잼다"),  # no known word is one key away
        ("재밌다", "재밌다"),
        ("GOOD 연리가!!", "GOOD 연기가!!"),
        ("", ""),
    ],
)
def test_wrong_keys_are_corrected(typed: str, meant: str) -> None:
    assert Spelling(LEARNED)(typed) == meant


def test_known_words_stay_and_the_frequent_one_wins() -> None:
    first, second = intended_syllables("다")[:2]
    comments = [*[f"{first}고"] * LEAST, *[f"{second}고"] * (LEAST + 1)]
    spelling = Spelling(learn_spelling(comments))
    assert spelling(f"{first}고 {second}고") == f"{first}고 {second}고"
    assert spelling("다고") == f"{second}고"
    assert spelling("하하") == "하하"


@pytest.mark.parametrize("times", [1, LEAST - 1])
def test_a_rare_word_stays_and_nothing_is_corrected_to_it(times: int) -> None:
    seldom, frequent = "띵작", "명작"
    strange = next(word for word in intended_syllables("띵") if word + "작" != frequent) + "작"
    comments = [*[frequent] * LEAST, *["땅작"] * LEAST, *[seldom] * times]
    before = Spelling(learn_spelling([text for text in comments if text != seldom]))
    spelling = Spelling(learn_spelling(comments))
    assert before(seldom) == "땅작"
    assert spelling(f"{seldom} {frequent}") == f"{seldom} {frequent}"
    assert spelling(strange) != seldom
    # Only what would be changed takes bits.
    assert len(learn_spelling([*comments, "하하하"])) == len(learn_spelling(comments))


def test_what_is_too_long_stays() -> None:
    word = "가" * LONGEST
    spelling = Spelling(learn_spelling([word, word + "가"] * LEAST))
    assert spelling("갸" + word[1:]) == word
    assert spelling("갸" + word) == "갸" + word


def test_most_wrong_keys_in_known_words_are_corrected() -> None:
    spelling = Spelling(LEARNED)
    assert spelling("연가가 재밋다") == "연기가 재밌다"
    text = "정말 시간이 아까운 연기가 좋은"
    corrected = [spelling(add_typos(text, Random(seed))).split() for seed in range(100)]
    hits = [a == b for words in corrected for a, b in zip(words, text.split(), strict=True)]
    assert sum(hits) / len(hits) > 0.95


def test_the_same_comments_teach_the_same_words() -> None:
    assert learn_spelling(reversed(COMMENTS)) == LEARNED
    assert learn_spelling([*COMMENTS, "재밋다"]) != LEARNED
    with pytest.raises(DataError, match=r"text\.spelling: expected words that occur 5 times"):
        learn_spelling(["한 번뿐인 말"])


def test_a_comment_keeps_its_places() -> None:
    config = TextConfig(spelling=True)
    tokenizer, plain = make_tokenizer(config, LEARNED), make_tokenizer(TextConfig())
    typed = "  정멀\u200b   재밋다 😀"
    assert tokenizer(typed) == plain("정말 재밌다 😀")
    shown = [typed[start:end] for start, end in tokenizer.spans(typed)]
    assert "".join(shown).replace("\u200b", "") == "정멀재밋다😀"
    assert len(shown) == len(tokenizer(typed))


@pytest.mark.parametrize("unit", ["syllable", "jamo"])
def test_other_units_can_have_it(unit: str) -> None:
    config = build(TextConfig, {"unit": unit, "spelling": True}, "text")
    assert make_tokenizer(config, LEARNED)("재밋다") == make_tokenizer(config, LEARNED)("재밌다")


def test_it_is_part_of_the_identity() -> None:
    config = TextConfig(spelling=True)
    learned = learn(config, COMMENTS)
    assert learned == LEARNED
    identity = make_tokenizer(config, learned).identity()
    added = identity.keys() - declared_identity(TextConfig()).keys()
    assert added >= {"spelling", "spelling_rules"}
    other = learn(config, COMMENTS[LEAST:])
    assert make_tokenizer(config, other).identity()["spelling"] != identity["spelling"]
    assert "spelling_rules" not in make_tokenizer(TextConfig()).identity()


@pytest.mark.parametrize("learned", [b"", b"words", LEARNED[:20], LEARNED[4:]])
def test_wrong_configurations_and_damaged_words_are_refused(learned: bytes) -> None:
    with pytest.raises(UsageError, match="spelling goes with any unit but 'bpe'"):
        build(TextConfig, {"unit": "bpe", "spelling": True}, "text")
    with pytest.raises(ValueError, match="without what it has learnt"):
        make_tokenizer(TextConfig(spelling=True))
    message = r"expected what text\.spelling learns, found something else"
    with pytest.raises(NsmcError, match=message):
        make_tokenizer(TextConfig(spelling=True), learned)
