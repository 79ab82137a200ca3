"""Morphemes to vectors, each computed when it is first met and kept.

Shapes: V vocabulary rows, K n-gram rows, M morphemes met for the first time, G n-grams of those
end to end, E embedding size.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.directory import ModelDirectory
from nsmc.inference.quantized import EmbeddingTable
from nsmc.text.subwords import subword_ids

KEPT = 100_000
"""Vectors kept at most: comments bring new misspellings for ever, memory should not follow them."""

AT_ONCE = 4096
"""New morphemes whose n-grams are in memory at once."""


class MorphemeVectors:
    """The embedding of `nsmc.model.embedding.MorphemeEmbedding`, in numpy.

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
        # Row 0 is reached by not being found; a comment that says <unk> is no exception.
        self._word_rows = {m: row for row, m in enumerate(vocabulary) if row}
        self._words, self._ngrams, self._letters = words, ngrams, letters
        self._kept: dict[str, int] = {}
        self.table: NDArray[np.float32] = np.empty((1024, words.values.shape[1]), dtype=np.float32)
        """[at least as many as rows were given out, E]; replaced as it grows."""

    @classmethod
    def of(cls, model: ModelDirectory, weights: Mapping[str, NDArray[Any]]) -> "MorphemeVectors":
        """Those of a verified model directory, whose `ModelDirectory.weights` are given.

        Raises:
            ModelError: the table of words doesn't fit the vocabulary.
        """
        letters = model.config.model.subword_letters
        return cls(model.vocabulary, *model.tables(weights), letters=letters)

    def rows(self, morphemes: Iterable[str]) -> NDArray[np.int64]:
        """The rows of ``table`` that hold the morphemes' vectors, valid until the next call."""
        kept = self._kept
        if len(kept) > KEPT:
            kept.clear()
        known = len(kept)
        rows = np.array([kept.setdefault(m, len(kept)) for m in morphemes], dtype=np.int64)
        new = list(islice(reversed(kept), len(kept) - known))[::-1]
        for start in range(0, len(new), AT_ONCE):
            self._add(new[start : start + AT_ONCE], known + start)
        return rows

    def _add(self, morphemes: list[str], first: int) -> None:
        """Put the vectors of M new morphemes into the rows from ``first`` on."""
        end = first + len(morphemes)
        if end > len(self.table):
            grown = np.empty((max(end, 2 * len(self.table)), self.table.shape[1]), np.float32)
            grown[:first] = self.table[:first]
            self.table = grown
        words = [self._word_rows.get(m, 0) for m in morphemes]  # [M]
        self.table[first:end] = self._words.rows(words)  # [M, E]
        if self._ngrams is not None:
            ids = [subword_ids(m, len(self._ngrams), letters=self._letters) for m in morphemes]
            counts = np.array([len(i) for i in ids])  # [M]
            flat = self._ngrams.rows([i for of_one in ids for i in of_one])  # [G, E]
            sums = np.add.reduceat(flat, np.cumsum(counts) - counts)  # [M, E]
            self.table[first:end] += sums / counts[:, None].astype(np.float32)
