"""Mistyped words are corrected where one wrong key explains them, and nothing else changes."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.config.fields import build
from nsmc.config.text import TextConfig
from nsmc.errors import DataError, NsmcError
from nsmc.inference.directory import open_model
from nsmc.text.keyboard import intended_syllables, mistype
from nsmc.text.mecab import KonlpyMecab
from nsmc.text.noise import add_typos
from nsmc.text.spelling import LEAST, LIKELIER, LONGEST, Spelling, learn_spelling
from nsmc.text.tokenizer import declared_identity, learn, make_tokenizer

COMMENTS = [
    *["재밌다 정말 재밌다"] * LEAST,
    *["시간이 아까운 영화였다"] * LEAST,
    *["연기가 좋은 영화"] * (2 * LEAST),
]
MECAB = KonlpyMecab(TextConfig())
LEARNED = learn_spelling(COMMENTS, MECAB)


class SmallDictionary:
    """A dictionary of a few words; any other is unlikely."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def cost(self, text: str) -> int:
        return 0 if text in self.words else LIKELIER + 1

    def identity(self) -> dict[str, str]:
        return {}


def spelling_of(comments: Iterable[str], *words: str) -> Spelling:
    """The spelling learnt from some comments, with a dictionary of some words."""
    return Spelling(learn_spelling(comments, SmallDictionary(*words)), SmallDictionary(*words))


@given(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), st.randoms())
def test_a_mistyped_syllable_is_intended_by_what_it_became(syllable: str, rng: Random) -> None:
    wrong = mistype(syllable, rng)
    assert wrong != syllable
    assert sum(syllable in intended_syllables(wrong, letter) for letter in range(3)) == 1
    for letter in range(3):
        intended = intended_syllables(syllable, letter)
        assert all("가" <= one <= "힣" for one in intended)
        assert syllable not in intended


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("재밋다", "재밌다"),
        ("정멀 재맜다ㅋㅋ", "정말 재밌다ㅋㅋ"),
        ("시갼이 아꺼운", "시간이 아까운"),
        ("영화,잼다", "영화,잼다"),  # no known word is one key away
        ("재밌다", "재밌다"),
        ("good 시갼이!!", "good 시간이!!"),
        ("연리가 정말", "연리가 정말"),  # 연리, grafted trees
        ("1정멀 정멀2 a정멀", "1정멀 정멀2 a정멀"),
        ("", ""),
    ],
)
def test_wrong_keys_are_corrected(typed: str, meant: str) -> None:
    assert Spelling(LEARNED, MECAB)(typed) == meant


SHIPPED_SPELLING = Spelling(open_model().learned or b"", MECAB)
OTHER_SUBJECTS = (
    (Path(__file__).parent / "other_subjects.txt").read_text(encoding="utf-8").split("\n")
)


@pytest.mark.parametrize(
    "right",
    [
        "배송이 느렸어요",
        "바닥이 잘 닦여서 좋아요",
        "충전이 느립니다",
        "국물이 맛있네요",
        "이건 갓겜",
        "패치하고 망해 버렸다",
        "싸게 팝니다만 열립니다 비웁니다",
    ],
)
def test_words_of_other_subjects_stay(right: str) -> None:
    assert SHIPPED_SPELLING(right) == right


def test_under_one_word_in_a_thousand_changes_in_texts_of_other_subjects() -> None:
    words = " ".join(OTHER_SUBJECTS).split()
    corrected = SHIPPED_SPELLING(" ".join(OTHER_SUBJECTS)).split()
    changed = [pair for pair in zip(words, corrected, strict=True) if pair[0] != pair[1]]
    assert len(changed) < len(words) / 1000, changed


def test_known_words_stay_and_the_frequent_one_wins() -> None:
    first, second = intended_syllables("다", 0)[:2]
    comments = [*[f"{first}고"] * LEAST, *[f"{second}고"] * (LEAST + 1)]
    spelling = spelling_of(comments, f"{first}고", f"{second}고")
    assert spelling(f"{first}고 {second}고") == f"{first}고 {second}고"
    assert spelling("다고") == f"{second}고"
    assert spelling("하하") == "하하"


@pytest.mark.parametrize("times", [1, LEAST - 1])
def test_a_rare_word_stays_and_nothing_is_corrected_to_it(times: int) -> None:
    seldom, frequent = "띵작", "명작"
    strange = next(one for one in intended_syllables("띵", 0) if one + "작" != frequent) + "작"
    comments = [*[frequent] * LEAST, *["땅작"] * LEAST, *[seldom] * times]
    before = spelling_of((text for text in comments if text != seldom), "땅작", frequent)
    spelling = spelling_of(comments, "땅작", frequent)
    assert before(seldom) == "땅작"
    assert spelling(f"{seldom} {frequent}") == f"{seldom} {frequent}"
    assert spelling(strange) != seldom
    # Only what would be changed takes bits.
    changed = learn_spelling([*comments, "하하하"], MECAB)
    assert len(changed) == len(learn_spelling(comments, MECAB))


def test_what_is_too_long_stays() -> None:
    word = "가" * LONGEST
    spelling = spelling_of([word, word + "가"] * LEAST, word, word + "가")
    assert spelling("갸" + word[1:]) == word
    assert spelling("갸" + word) == "갸" + word


def test_most_wrong_keys_in_known_words_are_corrected() -> None:
    text = "정말 시간이 아까운 연기가 좋은"
    spelling = spelling_of(COMMENTS, *text.split())
    corrected = [spelling(add_typos(text, Random(seed))).split() for seed in range(100)]
    hits = [a == b for words in corrected for a, b in zip(words, text.split(), strict=True)]
    assert sum(hits) / len(hits) > 0.95


def test_the_same_comments_teach_the_same_words() -> None:
    assert learn_spelling(reversed(COMMENTS), MECAB) == LEARNED
    assert learn_spelling([*COMMENTS, "재밋다"], MECAB) != LEARNED
    with pytest.raises(DataError, match=r"text\.spelling: expected words that occur 5 times"):
        learn_spelling(["한 번뿐인 말"], MECAB)


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
def test_missing_and_damaged_words_are_refused(learned: bytes) -> None:
    with pytest.raises(ValueError, match="without what it has learnt"):
        make_tokenizer(TextConfig(spelling=True))
    message = r"expected what text\.spelling learns, found something else"
    with pytest.raises(NsmcError, match=message):
        make_tokenizer(TextConfig(spelling=True), learned)
