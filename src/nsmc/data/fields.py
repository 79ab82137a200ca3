"""The torchtext fields: which tensors a batch of reviews becomes.

Shapes: B reviews in a batch, T morphemes in each, U distinct morphemes among them, G n-grams of
those end to end, M morphemes of the corpus and marks around reviews, V rows of the vocabulary,
R reviews of the corpus, K numbers of a target.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchtext.data import Field, LabelField
from torchtext.vocab import Vocab

from nsmc.data.corpus import Corpus
from nsmc.data.special_units import EOS, UNKNOWN
from nsmc.text.character_ngrams import character_ngrams
from nsmc.text.many_subwords import subword_rows

if TYPE_CHECKING:
    from nsmc.config.data import DataConfig


class MorphemeBatch(NamedTuple):
    """B reviews of exactly T morphemes each, every distinct morpheme described once."""

    words: Tensor  # [U] row of each distinct morpheme in the vocabulary; 0 is the unknown one
    ngrams: Tensor  # [G] rows of the n-gram table, the distinct morphemes' end to end
    offsets: Tensor  # [U] where in ``ngrams`` each morpheme's begin
    positions: Tensor  # [T, B] which of the U morphemes is at each place of each review
    grams: Tensor | None = None
    """Rows of the reviews' character n-grams in the wide layer's table, review after review."""
    gram_counts: Tensor | None = None  # [B] how many of them each review has


class MorphemeField(Field):  # type: ignore[misc]
    """A torchtext ``Field`` whose examples are row numbers of an encoded corpus.

    torchtext's own ``Field`` keeps every review as a list of strings and pads and numericalizes
    them in Python loops, batch after batch. Here the corpus is encoded once, a batch holds reviews
    of one length only, and `process` is a few array operations. The vocabulary is torchtext's.

    Args:
        corpus: the encoded reviews.
        buckets: rows of the n-gram table; 0 for none.
        letters: whether there are n-grams of letters in it, too.
        grams: characters of the longest n-grams of whole reviews, and rows of the table that they
            are hashed into; None for none.
        adds_eos: put `nsmc.data.special_units.EOS` before and after each review.
    """

    def __init__(
        self,
        corpus: Corpus,
        buckets: int,
        *,
        letters: bool = False,
        grams: tuple[int, int] | None = None,
        adds_eos: bool = False,
    ) -> None:
        super().__init__(pad_token=None, unk_token=UNKNOWN)
        self.corpus = corpus
        self._grams = grams
        self._marks = [EOS] if adds_eos else []
        self._units = corpus.morphemes + self._marks
        self._ngrams, self._ngram_counts = subword_rows(
            self._units, buckets, with_letters=letters
        )  # [G], [M]
        self._ngram_starts = np.cumsum(self._ngram_counts) - self._ngram_counts  # [M]
        self._words = np.zeros(len(self._units), dtype=np.int64)  # [M]

    @property
    def subwords(self) -> float:
        """N-grams of a unit in the mean."""
        return float(self._ngram_counts.mean())

    def count_vocabulary(
        self, rows: NDArray[np.int64], config: "DataConfig", known: Sequence[str] = ()
    ) -> None:
        """Build ``self.vocab`` (a torchtext ``Vocab``) from the reviews in ``rows`` alone.

        The units in ``known`` get a row besides, behind those counted, in their order.
        """
        corpus = self.corpus
        chosen = np.zeros(len(corpus), dtype=bool)
        chosen[rows] = True
        of_chosen = np.repeat(chosen, corpus.lengths)
        counts = np.bincount(corpus.tokens[of_chosen], minlength=len(corpus.morphemes))
        counter = Counter(
            {m: int(n) for m, n in zip(corpus.morphemes, counts, strict=True) if n > 0}
        )
        specials = [UNKNOWN, *self._marks]
        vocab = Vocab(counter, config.max_size, config.min_freq, specials)
        # A Vocab sorts by frequency, and what is as frequent by alphabet.
        in_order = {unit: len(known) - place for place, unit in enumerate(known)}
        vocab.extend(Vocab(Counter(in_order), specials=[]))
        self.use_vocabulary(vocab)

    def use_vocabulary(self, vocab: Vocab) -> None:
        """Take a vocabulary whose entry 0 is the unknown morpheme."""
        self.vocab = vocab
        self._words = np.array([vocab[unit] for unit in self._units], dtype=np.int64)  # [M]

    def process(self, batch: Sequence[int], device: torch.device | None = None) -> MorphemeBatch:
        """Make the tensors of the reviews whose row numbers are given, all of one length."""
        starts = self.corpus.offsets[np.asarray(batch)]  # [B]
        length = int(self.corpus.offsets[batch[0] + 1] - starts[0])
        places = np.arange(length)[:, None] + starts[None, :]  # [T, B]
        tokens = self.corpus.tokens[places]  # [T, B]
        if self._marks:
            around = ((1, 1), (0, 0))
            tokens = np.pad(tokens, around, constant_values=len(self._units) - 1)  # [T + 2, B]
        distinct, positions = np.unique(tokens, return_inverse=True)  # [U]
        counts = self._ngram_counts[distinct]  # [U]
        offsets = np.cumsum(counts) - counts  # [U]
        # Each morpheme's run of n-grams, picked out of the flat array without a loop.
        picks = np.repeat(self._ngram_starts[distinct] - offsets, counts) + np.arange(counts.sum())
        positions = positions.reshape(tokens.shape)  # [T, B]
        arrays = [self._words[distinct], self._ngrams[picks], offsets, positions]
        if self._grams is not None:
            rows = self.corpus.tokens[places].T.tolist()  # B lists of T
            units = [[self._units[token] for token in row] for row in rows]
            arrays += character_ngrams(units, *self._grams)
        return MorphemeBatch(*(_on(device, torch.from_numpy(array)) for array in arrays))


def _on(device: torch.device | None, tensor: Tensor) -> Tensor:
    if device is not None and device.type == "cuda":
        # Only from pinned memory does a copy go on while the GPU computes.
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)


class TargetField(LabelField):  # type: ignore[misc]
    """A torchtext ``LabelField`` whose examples are rows of ``targets`` [R, K]."""

    def __init__(self, targets: NDArray[np.float32]) -> None:
        super().__init__(use_vocab=False, dtype=torch.float32)
        self._targets = targets

    def process(self, batch: Sequence[int], device: torch.device | None = None) -> Tensor:
        """Targets [B, K] of the reviews whose row numbers are given."""
        return _on(device, torch.from_numpy(self._targets[np.asarray(batch)]))  # [B, K]
