"""A morpheme's n-grams, the same in every process and on every machine."""

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsmc.text.many_subwords import FEW, subword_rows
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
    # Written down once: a trained table is useless if its rows move, between processes as well.
    assert subword_ids("재밌", BUCKETS) == [7681, 1920, 19942, 4, 25737, 8191, 26476]
    assert subword_ids("재밌", 0) == []


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
        ids = (set(subword_ids(word, 1 << 30, letters=letters)) for word in (right, wrong))
        return len(set.intersection(*ids))

    assert shared(letters=True) > shared(letters=False)


@given(st.text(st.characters(codec="utf-8", exclude_characters="<>")), st.integers(1, BUCKETS))
def test_every_ngram_has_a_row_of_the_table(morpheme: str, buckets: int) -> None:
    rows = subword_ids(morpheme, buckets)
    # As many as fastText has: of each n length + 2 - n + 1; the two brackets alone don't count.
    assert len(rows) == sum(max(0, len(morpheme) + 3 - n) for n in range(1, LONGEST + 1)) - 2
    with_letters = subword_ids(morpheme, buckets, letters=True)
    assert with_letters[: len(rows)] == rows
    assert all(0 <= row < buckets for row in with_letters)


@given(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=8), max_size=3),
    st.booleans(),
    st.sampled_from([0, 1, 997, BUCKETS]),
)
def test_many_morphemes_have_the_ngrams_of_each(
    some: list[str], letters: bool, buckets: int
) -> None:
    morphemes = [*some, "재밌", "ㅋㅋㅋ", "a<b>", "👍", "<", "", "\u1100\u1161"]
    for count in (1, FEW):  # one after the other, and together
        rows, counts = subword_rows(morphemes * count, buckets, with_letters=letters)
        each = [subword_ids(one, buckets, letters=letters) for one in morphemes * count]
        assert counts.tolist() == list(map(len, each))
        assert rows.tolist() == [row for one in each for row in one]
