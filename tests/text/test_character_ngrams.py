"""The character n-grams of whole comments, the same however they were cut and in any process."""

from collections.abc import Sequence

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nsmc.text.character_ngrams import MARK, character_ngrams

BUCKETS = 1 << 21
COMMENTS = [
    ["재밌", "다"],
    [],
    ["ㅋㅋㅋㅋㅋㅋㅋㅋ"],
    ["👍", "👍🏽", "짱"],
    ["."],
    [],
    [],
    ["돈", "이", "아까운", "영화", "였", "어요", "돈", "이", "아까운", "영화"],
    ["a", "\U0001f468\u200d\U0001f469\u200d\U0001f467"],
    [],
]


def row_of(ngram: str, buckets: int) -> int:
    """The hash by its definition, a character at a time in Python's own whole numbers."""
    value = 0
    for character in ngram:
        value = (value + ord(character) + 1) * 0x9E3779B97F4A7C15 % 2**64
        value ^= value >> 32
    return value * 0xD6E8FEB86659FD93 % 2**64 * buckets >> 64


def expected_rows(units: Sequence[str], longest: int, buckets: int) -> list[int]:
    if not units:
        return []
    text = MARK + "".join(units) + MARK
    ngrams = {
        text[start : start + n]
        for n in range(1, longest + 1)
        for start in range(len(text) - n + 1)
        if text[start : start + n] != MARK
    }
    return sorted({row_of(ngram, buckets) for ngram in ngrams})


def split(result: tuple[NDArray[np.int64], NDArray[np.int64]]) -> list[list[int]]:
    rows, counts = result
    assert rows.dtype == counts.dtype == np.int64
    return [part.tolist() for part in np.split(rows, np.cumsum(counts))[:-1]]


UNITS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters=MARK), min_size=1), max_size=5
)


@given(st.lists(UNITS, max_size=5), st.integers(1, 16), st.integers(0, 30))
@example(COMMENTS, 5, 21)
@example(COMMENTS, 16, 30)
@example([], 5, 21)
@example([[], []], 5, 21)
def test_any_comments_have_the_ngrams_of_the_definition(
    comments: list[list[str]], longest: int, bits: int
) -> None:
    rows = split(character_ngrams(comments, longest, 1 << bits))
    assert rows == [expected_rows(units, longest, 1 << bits) for units in comments]
    assert all(0 <= row < 1 << bits for comment in rows for row in comment)
    # Where a comment is cut changes nothing.
    whole = [["".join(units)] if units else [] for units in comments]
    assert split(character_ngrams(whole, longest, 1 << bits)) == rows


def test_the_rows_are_fixed_for_good() -> None:
    # Written down once: a trained table is useless if its rows move, between processes as well.
    assert split(character_ngrams([["재밌", "다"], ["👍"]], 5, BUCKETS)) == [
        [
            *(398304, 455645, 703071, 892528, 1005351, 1160982, 1239644, 1472846, 1658099),
            *(1706737, 1805219, 1817171, 2082101),
        ],
        [38635, 710902, 1061777, 1177716],
    ]


def test_rows_spread_over_the_table() -> None:
    texts = [[chr(0xAC00 + i) + chr(0xAC00 + j)] for i in range(200) for j in range(20)]
    rows = np.unique(character_ngrams(texts, 2, 1 << 30)[0])
    # By the highest bits and by the lowest as evenly as by chance: the variance of a Poisson's.
    for bits in (rows >> 20, rows & 1023):
        filled = np.bincount(bits, minlength=1 << 10)
        assert 0.7 < filled.var() / filled.mean() < 1.4
