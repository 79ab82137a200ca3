"""Vectors are kept while they are few enough, and right in any case."""

import numpy as np
import pytest

from nsmc.inference import vectors as vectors_module
from nsmc.inference.quantized import EmbeddingTable
from nsmc.inference.vectors import MorphemeVectors
from nsmc.text.subwords import subword_ids

VOCABULARY = ["<unk>", "다", "재밌"]
GENERATOR = np.random.default_rng(1)
WORDS = GENERATOR.normal(size=(3, 4)).astype(np.float16)
NGRAMS = GENERATOR.normal(size=(30, 4)).astype(np.float16)


def by_hand(morpheme: str) -> list[float]:
    row = VOCABULARY.index(morpheme) if morpheme in VOCABULARY[1:] else 0
    ids = subword_ids(morpheme, 30)
    return [
        float(WORDS[row][e]) + sum(float(NGRAMS[i][e]) for i in ids) / len(ids) for e in range(4)
    ]


@pytest.fixture
def vectors() -> MorphemeVectors:
    return MorphemeVectors(VOCABULARY, EmbeddingTable(WORDS), EmbeddingTable(NGRAMS))


def check(vectors: MorphemeVectors, morphemes: list[str]) -> None:
    distinct, tokens = vectors(morphemes)
    assert distinct.shape == (len(set(morphemes)), vectors.size)
    expected = [by_hand(morpheme) for morpheme in morphemes]
    np.testing.assert_allclose(distinct[tokens], expected, atol=1e-6)


def test_vectors_are_row_plus_mean_of_n_grams(vectors: MorphemeVectors) -> None:
    check(vectors, ["재밌", "다", "없는말", "다", "<unk>"])


def test_without_n_grams_the_unknown_share_one_vector() -> None:
    vectors, tokens = MorphemeVectors(VOCABULARY, EmbeddingTable(WORDS), None)(
        ["재밌", "없는말", "딴말", "<unk>"]
    )
    np.testing.assert_array_equal(vectors[tokens], WORDS[[2, 0, 0, 0]].astype(np.float32))


def test_the_order_is_that_of_the_call(vectors: MorphemeVectors) -> None:
    vectors(["다", "재밌"])
    distinct, tokens = vectors(["재밌", "다", "재밌"])
    assert tokens.tolist() == [0, 1, 0]
    np.testing.assert_allclose(distinct, [by_hand("재밌"), by_hand("다")], atol=1e-6)


def test_more_than_the_cache_holds_are_still_right(
    vectors: MorphemeVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors_module, "CACHED", 10)
    for start in range(0, 5000, 7):
        check(vectors, ["다", *(f"새말{number}" for number in range(start, start + 7))])
    assert len(vectors._cache) == 1024  # never grew: memory doesn't follow new words
    check(vectors, [f"새말{number}" for number in range(3000)])
