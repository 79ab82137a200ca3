"""The character n-grams of whole comments, the same however they were cut and in any process."""

import os
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
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
    found = 0
    for character in ngram:
        found = (found + ord(character) + 1) * 0x9E3779B97F4A7C15 % 2**64
        found ^= found >> 32
    return found * 0xD6E8FEB86659FD93 % 2**64 * buckets >> 64


def by_hand(units: Sequence[str], longest: int, buckets: int) -> list[int]:
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


def parted(found: tuple[NDArray[np.int64], NDArray[np.int64]]) -> list[list[int]]:
    rows, counts = found
    assert rows.dtype == counts.dtype == np.int64
    return [part.tolist() for part in np.split(rows, np.cumsum(counts))[:-1]]


@pytest.mark.parametrize("longest", [1, 2, 3, 5, 16])
@pytest.mark.parametrize("buckets", [1, 2, 64, BUCKETS, 1 << 30])
def test_they_are_the_set_of_all_ngrams_with_their_marks(longest: int, buckets: int) -> None:
    expected = [by_hand(units, longest, buckets) for units in COMMENTS]
    assert parted(character_ngrams(COMMENTS, longest, buckets)) == expected


def test_several_comments_are_each_alone() -> None:
    alone = [parted(character_ngrams([units], 5, BUCKETS))[0] for units in COMMENTS]
    assert parted(character_ngrams(COMMENTS, 5, BUCKETS)) == alone
    assert [len(rows) for rows in alone[:3]] == [3 + 4 + 3 + 2 + 1, 0, 5 + 4 + 4]
    assert parted(character_ngrams([], 5, BUCKETS)) == []
    assert parted(character_ngrams([[], []], 5, BUCKETS)) == [[], []]


def test_where_a_comment_is_cut_changes_nothing() -> None:
    cuts = [["돈이", "아까운", "영화"], ["돈", "이", "아", "까", "운", "영화"], ["돈이아까운영화"]]
    whole, *others = parted(character_ngrams(cuts, 5, BUCKETS))
    assert others == [whole, whole]


def test_beginning_and_end_are_told_from_the_middle() -> None:
    found = parted(character_ngrams([["굿가"], ["가굿가"], ["가굿"]], 5, BUCKETS))
    begins, ends = row_of(f"{MARK}굿", BUCKETS), row_of(f"굿{MARK}", BUCKETS)
    assert [begins in rows for rows in found] == [True, False, False]
    assert [ends in rows for rows in found] == [False, False, True]


def test_the_rows_are_fixed_for_good() -> None:
    # Written down once: a trained table is useless if its rows move.
    assert parted(character_ngrams([["재밌", "다"], ["👍"]], 5, BUCKETS)) == [
        [
            *(398304, 455645, 703071, 892528, 1005351, 1160982, 1239644, 1472846, 1658099),
            *(1706737, 1805219, 1817171, 2082101),
        ],
        [38635, 710902, 1061777, 1177716],
    ]


def test_the_rows_do_not_differ_between_processes() -> None:
    program = (
        "from nsmc.text.character_ngrams import character_ngrams\n"
        f"print(character_ngrams([['재밌다', 'ㅋㅋ']], 5, {BUCKETS})[0].tolist())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{by_hand(['재밌다', 'ㅋㅋ'], 5, BUCKETS)}\n"}


def test_rows_spread_over_the_table() -> None:
    texts = [[chr(0xAC00 + i) + chr(0xAC00 + j)] for i in range(200) for j in range(20)]
    rows = np.unique(character_ngrams(texts, 2, 1 << 30)[0])
    # By the highest bits and by the lowest as evenly as by chance: the variance of a Poisson's.
    for bits in (rows >> 20, rows & 1023):
        filled = np.bincount(bits, minlength=1 << 10)
        assert 0.7 < filled.var() / filled.mean() < 1.4
