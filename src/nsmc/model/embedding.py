"""A vector for every morpheme, known or not.

Shapes: B reviews, T morphemes in each, U distinct morphemes among them, G n-grams of those end
to end, V vocabulary rows, K n-gram rows, E embedding size.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nsmc.config.model import ModelConfig

if TYPE_CHECKING:
    from nsmc.data.fields import MorphemeBatch


class MorphemeEmbedding(nn.Module):
    """The morpheme's own row plus the mean of the rows of its character n-grams.

    vector(m) = W[id(m)] + 1/|g(m)| · Σ_{n in g(m)} S[hash(n) mod K]

    after Bojanowski et al. 2017, with the mean in place of their sum, so that long unknown
    morphemes don't get long vectors. An unknown morpheme has row 0 of W and n-grams of its own.

    With ``subword_buckets = 0`` there is no S. With ``sparse``, gradients are sparse, for
    `nsmc.training.optimizers.RowAdam`: a dense update of all rows at every step would cost more
    than the recurrent layers.
    """

    def __init__(self, vocabulary: int, config: ModelConfig, *, sparse: bool = False) -> None:
        super().__init__()
        size = config.embedding_size
        self.words = nn.Embedding(vocabulary, size, sparse=sparse)  # [V, E]
        nn.init.normal_(self.words.weight, std=0.1)
        self.ngrams: nn.EmbeddingBag | None = None
        if config.subword_buckets:
            rows = config.subword_buckets
            self.ngrams = nn.EmbeddingBag(rows, size, mode="mean", sparse=sparse)  # [K, E]
            nn.init.normal_(self.ngrams.weight, std=0.1)

    def forward(self, batch: "MorphemeBatch") -> Tensor:
        """Look up a batch: [T, B, E]."""
        vectors = self.words(batch.words)  # [U, E]
        if self.ngrams is not None:
            vectors = vectors + self.ngrams(batch.ngrams, batch.offsets)  # [U, E]
        return torch.nn.functional.embedding(batch.positions, vectors)  # [T, B, E]
