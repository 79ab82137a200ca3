"""What a network looks up for units: rows of the vocabulary and of the table of n-grams.

Letters: M units, G n-grams of all of them end to end, U of a batch.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torchtext.vocab import Vocab

from nsmc.text.subwords import subword_ids

Rows = NDArray[np.int64]


class UnitRows:
    """The rows of M units, looked up once.

    Args:
        units: [M].
        buckets: rows of the n-gram table; 0 for none.
        letters: whether there are n-grams of letters in it, too.
    """

    def __init__(self, units: Sequence[str], buckets: int, *, letters: bool) -> None:
        self._units = units
        ngrams = [subword_ids(unit, buckets, letters=letters) for unit in units]
        self._counts = np.array([len(ids) for ids in ngrams], dtype=np.int64)  # [M]
        self._starts = np.cumsum(self._counts) - self._counts  # [M]
        self._ngrams = np.array([i for ids in ngrams for i in ids], dtype=np.int64)  # [G]
        self._words = np.zeros(len(units), dtype=np.int64)  # [M]

    def use_vocabulary(self, vocab: Vocab) -> None:
        """Take a vocabulary whose entry 0 is the unknown unit."""
        self._words = np.array([vocab[unit] for unit in self._units], dtype=np.int64)  # [M]

    def of(self, units: Rows) -> tuple[Rows, Rows, Rows]:
        """What `nsmc.model.embedding.MorphemeEmbedding` looks up for some of the units.

        Args:
            units: [U] which, as indices.

        Returns:
            Their rows in the vocabulary [U], those of their n-grams end to end, and where each
            one's begin [U].
        """
        counts = self._counts[units]  # [U]
        offsets = np.cumsum(counts) - counts  # [U]
        # Each unit's run of n-grams, picked out of the flat array without a loop.
        picks = np.repeat(self._starts[units] - offsets, counts) + np.arange(counts.sum())
        return self._words[units], self._ngrams[picks], offsets
