"""Morphemes to vectors, each computed when it is first met and kept.

Letters: V vocabulary rows, K n-gram rows, E embedding size.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nsmc.text.subwords import subword_ids

KEPT = 200_000
"""Vectors kept at most: comments bring new misspellings for ever, memory should not follow them."""


class MorphemeVectors:
    """The embedding of `nsmc.model.embedding.MorphemeEmbedding`, in numpy.

    Args:
        vocabulary: [V] morphemes by row; row 0 is the unknown one.
        words: [V, E].
        ngrams: [K, E], or None for a model without them.
    """

    def __init__(
        self,
        vocabulary: list[str],
        words: NDArray[np.float16],
        ngrams: NDArray[np.float16] | None,
    ) -> None:
        # Row 0 is reached by not being found; a comment that says <unk> is no exception.
        self._word_rows = {m: row for row, m in enumerate(vocabulary) if row}
        self._words, self._ngrams = words, ngrams
        self._kept: dict[str, int] = {}
        self.table: NDArray[np.float32] = np.empty((1024, words.shape[1]), dtype=np.float32)
        """[at least as many as rows were given out, E]; replaced as it grows."""

    def rows(self, morphemes: Iterable[str]) -> list[int]:
        """The rows of ``table`` that hold the morphemes' vectors, valid until the next call."""
        if len(self._kept) > KEPT:
            self._kept.clear()
        kept = self._kept
        rows = []
        for morpheme in morphemes:
            row = kept.get(morpheme)
            rows.append(self._add(morpheme) if row is None else row)
        return rows

    def _add(self, morpheme: str) -> int:
        row = len(self._kept)
        if row == len(self.table):
            self.table = np.concatenate([self.table, np.empty_like(self.table)])
        vector = self._words[self._word_rows.get(morpheme, 0)].astype(np.float32)  # [E]
        if self._ngrams is not None:
            ids = subword_ids(morpheme, len(self._ngrams))
            vector = vector + self._ngrams[ids].mean(axis=0, dtype=np.float32)  # [E]
        self.table[row] = vector
        self._kept[morpheme] = row
        return row
