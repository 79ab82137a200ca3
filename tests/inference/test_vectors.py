"""Vectors are kept while they are few enough, and right in any case."""

from pathlib import Path

import numpy as np
import pytest

from nsmc.inference import vectors as vectors_module
from nsmc.inference.classifier import load
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


def test_vectors_are_row_plus_mean_of_n_grams() -> None:
    vectors = MorphemeVectors(VOCABULARY, EmbeddingTable(WORDS), EmbeddingTable(NGRAMS))
    morphemes = ["재밌", "다", "없는말", "다", "<unk>"]
    rows = vectors.rows(morphemes)
    assert rows[1] == rows[3]
    for row, morpheme in zip(rows, morphemes, strict=True):
        np.testing.assert_allclose(vectors.table[row], by_hand(morpheme), atol=1e-6)


def test_without_n_grams_the_unknown_share_one_vector() -> None:
    vectors = MorphemeVectors(VOCABULARY, EmbeddingTable(WORDS), None)
    rows = vectors.rows(["재밌", "없는말", "딴말", "<unk>"])
    found = vectors.table[rows]
    np.testing.assert_array_equal(found, WORDS[[2, 0, 0, 0]].astype(np.float32))


def test_more_than_the_bound_are_still_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors_module, "KEPT", 10)
    vectors = MorphemeVectors(VOCABULARY, EmbeddingTable(WORDS), EmbeddingTable(NGRAMS))
    for start in range(0, 5000, 7):
        morphemes = ["다", *(f"새말{number}" for number in range(start, start + 7))]
        rows = vectors.rows(morphemes)
        for row, morpheme in zip(rows, morphemes, strict=True):
            np.testing.assert_allclose(vectors.table[row], by_hand(morpheme), atol=1e-6)
    assert len(vectors.table) == 1024  # never grew: memory doesn't follow new words


def test_one_call_may_hold_more_than_the_table_and_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vectors_module, "KEPT", 10)
    vectors = MorphemeVectors(VOCABULARY, EmbeddingTable(WORDS), EmbeddingTable(NGRAMS))
    morphemes = [f"새말{number}" for number in range(3000)]
    rows = vectors.rows(morphemes)
    assert len(set(rows)) == 3000
    for index in (0, 1023, 1024, 2999):
        expected = by_hand(morphemes[index])
        np.testing.assert_allclose(vectors.table[rows[index]], expected, atol=1e-6)


def test_scores_stay_right_when_little_is_kept(
    small_model: Path, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (sample / "ratings_test.txt").read_text(encoding="utf-8").splitlines()[1:]
    texts = [line.split("\t")[1] for line in lines]
    expected = [p.score for p in load(small_model).predict(texts)]
    monkeypatch.setattr(vectors_module, "KEPT", 5)
    classifier = load(small_model)
    found = [p.score for start in range(0, 200, 9) for p in classifier.predict(texts[start:][:9])]
    assert found == pytest.approx(expected, abs=1e-5)
