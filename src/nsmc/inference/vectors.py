"""Morphemes to vectors, each computed when it is first met, then cached.

Shapes: V vocabulary rows, K n-gram rows, N morphemes, U distinct ones, M of those that are new, G
n-grams of these end to end, E embedding size.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.directory import ModelDirectory
from nsmc.inference.quantized import EmbeddingTable
from nsmc.text.many_subwords import subword_rows

CACHED = 100_000
"""Vectors cached at most: comments bring new misspellings for ever."""

AT_ONCE = 4096
"""New morphemes whose n-grams are in memory at once."""


class _Places(dict[str, int]):
    """Numbers what it is asked about in the order in which it first is."""

    def __missing__(self, key: str) -> int:
        self[key] = place = len(self)
        return place


class MorphemeVectors:
    """The embedding of `nsmc.model.embedding.MorphemeEmbedding`, in numpy.

    Threads may share one: a lock guards the cache, and a call returns arrays of its own.

    Args:
        vocabulary: [V] morphemes by row; row 0 is the unknown one.
        words: [V, E].
        ngrams: [K, E], or None for a model without them.
        letters: whether there are n-grams of letters in it, too.
    """

    def __init__(
        self,
        vocabulary: list[str],
        words: EmbeddingTable,
        ngrams: EmbeddingTable | None,
        *,
        letters: bool = False,
    ) -> None:
        # Row 0 is for what isn't in the vocabulary; a comment that says <unk> is no exception.
        self._word_rows = dict(zip(vocabulary, range(len(vocabulary)), strict=True))
        self._word_rows[vocabulary[0]] = 0
        self._words, self._ngrams, self._letters = words, ngrams, letters
        self.size: int = words.values.shape[1]  # E
        self._lock = threading.Lock()
        self._cache_rows: dict[str, int] = {}
        self._cache = np.empty((1024, self.size), np.float32)  # [at least as many, E]

    @classmethod
    def of(cls, model: ModelDirectory, weights: Mapping[str, NDArray[Any]]) -> "MorphemeVectors":
        """Those of a verified model directory and its `ModelDirectory.weights`.

        Raises:
            ModelError: the table of words doesn't fit the vocabulary.
        """
        letters = model.config.model.subword_letters
        return cls(model.vocabulary, *model.tables(weights), letters=letters)

    def __call__(self, morphemes: Iterable[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Look up N morphemes.

        Returns:
            The vectors [U, E] of the distinct morphemes in the order in which they first occur, and
            which of them each morpheme is [N]. The order never depends on the cache: it decides the
            last bits of a matrix product.
        """
        places = _Places()
        tokens = np.fromiter(map(places.__getitem__, morphemes), np.int64)  # [N]
        with self._lock:
            rows = self._rows(list(places))  # [U]; may replace the cache
            return self._cache[rows], tokens

    def _rows(self, distinct: list[str]) -> list[int]:
        """The rows [U] of the cache that hold the vectors of some morphemes; needs the lock."""
        if len(self._cache_rows) > CACHED:
            self._cache_rows.clear()
        new = [m for m in distinct if m not in self._cache_rows]
        for start in range(0, len(new), AT_ONCE):
            self._add(new[start : start + AT_ONCE])
        return [self._cache_rows[m] for m in distinct]

    def _add(self, morphemes: list[str]) -> None:
        """Compute the vectors of M new morphemes into the cache; needs the lock."""
        first = len(self._cache_rows)
        end = first + len(morphemes)
        if end > len(self._cache):
            grown = np.empty((max(end, 2 * len(self._cache)), self.size), np.float32)
            grown[:first] = self._cache[:first]
            self._cache = grown
        words = [self._word_rows.get(m, 0) for m in morphemes]  # [M]
        self._cache[first:end] = self._words.rows(words)  # [M, E]
        if self._ngrams is not None:
            ids, counts = subword_rows(
                morphemes, len(self._ngrams), with_letters=self._letters
            )  # [G], [M]
            flat = self._ngrams.rows(ids)  # [G, E]
            begins = np.cumsum(counts) - counts  # [M]
            for count in set(counts.tolist()):  # np.add.reduceat takes ten times as long
                chosen = np.flatnonzero(counts == count)  # those with as many n-grams
                of_each = flat[begins[chosen, None] + np.arange(count)]  # [chosen, count, E]
                self._cache[first + chosen] += of_each.sum(axis=1) / np.float32(count)
        # Last: an interrupt above leaves the cache as it was.
        self._cache_rows.update(zip(morphemes, range(first, end), strict=True))
