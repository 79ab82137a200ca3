"""A morpheme's n-grams, the same in every process and on every machine."""

import os
import subprocess
import sys
from zlib import crc32

import pytest

from nsmc.text.subwords import LONGEST, subword_ids

BUCKETS = 30_000


def ids(*ngrams: str) -> list[int]:
    return [crc32(ngram.encode()) % BUCKETS for ngram in ngrams]


@pytest.mark.parametrize(
    ("morpheme", "ngrams"),
    [
        ("", ["<>"]),
        ("다", ["다", "<다", "다>", "<다>"]),
        ("재밌", ["재", "밌", "<재", "재밌", "밌>", "<재밌", "재밌>"]),
        ("ㅋㅋㅋ", ["ㅋ", "ㅋ", "ㅋ", "<ㅋ", "ㅋㅋ", "ㅋㅋ", "ㅋ>", "<ㅋㅋ", "ㅋㅋㅋ", "ㅋㅋ>"]),
        ("👍", ["👍", "<👍", "👍>", "<👍>"]),
    ],
)
def test_the_ngrams_of_a_morpheme(morpheme: str, ngrams: list[str]) -> None:
    assert subword_ids(morpheme, BUCKETS) == ids(*ngrams)


def test_the_rows_are_fixed_for_good() -> None:
    # Written down once: a trained table is useless if its rows move.
    assert subword_ids("재밌", BUCKETS) == [7681, 1920, 19942, 4, 25737, 8191, 26476]


@pytest.mark.parametrize(
    ("morpheme", "ngrams"),
    [
        ("다", ["/<ㄷㅏ", "/ㄷㅏ>", "/<ㄷㅏ>"]),
        ("밌", ["/<ㅁㅣ", "/ㅁㅣ-ㅆ", "/ㅣ-ㅆ>", "/<ㅁㅣ-ㅆ", "/ㅁㅣ-ㅆ>", "/<ㅁㅣ-ㅆ>"]),
        ("👍", ["/<👍>"]),
        ("", []),
    ],
)
def test_the_ngrams_of_a_morphemes_letters(morpheme: str, ngrams: list[str]) -> None:
    characters = subword_ids(morpheme, BUCKETS)
    assert subword_ids(morpheme, BUCKETS, letters=True) == characters + ids(*ngrams)


@pytest.mark.parametrize(("right", "wrong"), [("밌", "밋"), ("재미있", "재마있")])
def test_a_wrong_letter_leaves_ngrams_of_the_letters_beside_it(right: str, wrong: str) -> None:
    def shared(letters: bool) -> int:
        found = (set(subword_ids(word, 1 << 30, letters=letters)) for word in (right, wrong))
        return len(set.intersection(*found))

    assert shared(letters=True) > shared(letters=False)


def test_the_rows_do_not_differ_between_processes() -> None:
    program = "from nsmc.text.subwords import subword_ids; print(subword_ids('재밌다', 30000))"
    outputs = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {f"{subword_ids('재밌다', BUCKETS)}\n"}


@pytest.mark.parametrize("buckets", [1, 7, BUCKETS])
def test_rows_lie_within_the_table(buckets: int) -> None:
    found = subword_ids("이것은아주길고모르는말이다", buckets)
    assert min(found) >= 0
    assert max(found) < buckets


def test_no_table_gives_no_rows() -> None:
    assert subword_ids("재밌다", 0) == []


def test_prefix_and_suffix_differ_and_misspellings_share() -> None:
    assert set(ids("<다")) & set(subword_ids("다재", BUCKETS))
    assert not set(ids("<다")) & set(subword_ids("재다", BUCKETS))
    assert len(set(subword_ids("재미있", BUCKETS)) & set(subword_ids("재미잇", BUCKETS))) >= 4


@pytest.mark.parametrize("length", [1, 2, 3, 50, 1000])
def test_as_many_ngrams_as_fastText_has(length: int) -> None:
    # Of each n there are length + 2 - n + 1; the two brackets alone don't count.
    expected = sum(max(0, length + 3 - n) for n in range(1, LONGEST + 1)) - 2
    assert len(subword_ids("가" * length, BUCKETS)) == expected
