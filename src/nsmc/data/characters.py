"""The characters of reviews as tensors, for a network that reads them beside the units.

Letters: B reviews of a batch, S characters of the longest, U distinct ones, G n-grams of those end
to end; of the corpus, M units, C characters of all of them end to end, A distinct ones.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torchtext.vocab import Vocab

from nsmc.data.corpus import Corpus
from nsmc.data.units import Rows, UnitRows

if TYPE_CHECKING:
    from nsmc.data.config import DataConfig


class CharacterBatch(NamedTuple):
    """B reviews by their characters, every distinct one described once."""

    words: Tensor
    """[U] row of each distinct character in the vocabulary; 0 is the unknown one."""
    ngrams: Tensor
    """[G] rows of the n-gram table, the distinct characters' end to end."""
    offsets: Tensor
    """[U] where in ``ngrams`` each character's begin."""
    positions: Tensor
    """[S, B] which of the U stands at each place; anything behind a review's last."""
    lengths: Tensor
    """[B] characters of each review."""


class CharacterRows:
    """The characters of a corpus: those of a review are those of its units, end to end.

    So where a comment was cut changes nothing, and of morphemes neither where it has spaces.

    Args:
        units: [M] of the corpus.
        buckets: rows of the n-gram table; 0 for none.
    """

    def __init__(self, units: Sequence[str], buckets: int) -> None:
        text = "".join(units)
        distinct = list(dict.fromkeys(text))  # [A]
        place = {character: index for index, character in enumerate(distinct)}
        self._distinct = distinct
        self._characters = np.array([place[c] for c in text], dtype=np.int64)  # [C]
        self._counts = np.array([len(unit) for unit in units], dtype=np.int64)  # [M]
        self._starts = np.cumsum(self._counts) - self._counts  # [M]
        self._rows = UnitRows(distinct, buckets, letters=buckets > 0)

    def lengths(self, corpus: Corpus) -> Rows:
        """[R] characters of each review of the corpus."""
        found: Rows = np.add.reduceat(self._counts[corpus.tokens], corpus.offsets[:-1])
        return found

    def count_vocabulary(
        self, units: Rows, config: "DataConfig", known: Sequence[str], unknown: str
    ) -> None:
        """Build ``self.vocab`` (a torchtext ``Vocab``).

        Args:
            units: [M] how often each unit stands in the reviews to count.
            config: how frequent a character must be there, and how many there may be.
            known: characters that get a row besides, behind those counted.
            unknown: the name of row 0.
        """
        weights = np.repeat(units, self._counts)  # [C]
        counts = np.bincount(self._characters, weights, minlength=len(self._distinct))  # [A]
        counter = Counter({c: int(n) for c, n in zip(self._distinct, counts, strict=True) if n})
        vocab = Vocab(
            counter, max_size=config.max_size, min_freq=config.min_freq, specials=[unknown]
        )
        vocab.extend(Vocab(Counter(known), specials=[]))
        self.use_vocabulary(vocab)

    def use_vocabulary(self, vocab: Vocab) -> None:
        """Take a vocabulary whose entry 0 is the unknown character."""
        self.vocab = vocab
        self._rows.use_vocabulary(vocab)

    def arrays(self, tokens: NDArray[np.int32]) -> list[Rows]:
        """What a `CharacterBatch` is made of.

        Args:
            tokens: [B, T] the units of B reviews of T units each.
        """
        counts = self._counts[tokens]  # [B, T]
        lengths = counts.sum(axis=1)  # [B]
        flat = counts.ravel()  # [B·T]
        begins = np.cumsum(flat) - flat
        picks = np.repeat(self._starts[tokens.ravel()] - begins, flat) + np.arange(flat.sum())
        distinct, positions = np.unique(self._characters[picks], return_inverse=True)  # [U]
        padded = np.zeros((len(lengths), int(lengths.max())), np.int64)  # [B, S]
        padded[np.arange(padded.shape[1]) < lengths[:, None]] = positions
        return [*self._rows.of(distinct), np.ascontiguousarray(padded.T), lengths]
