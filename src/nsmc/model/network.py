"""The many-to-one network: Embedding → (Bi)RNN → pooling → Linear.

Letters: T morphemes, B reviews, E embedding size, D directions, H hidden size, P pooled size.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import Tensor, nn

from nsmc.model.cells import make_encoder
from nsmc.model.config import ModelConfig
from nsmc.model.dropout import Dropout
from nsmc.model.embedding import MorphemeEmbedding
from nsmc.model.pooling import pool

if TYPE_CHECKING:
    from nsmc.data.fields import MorphemeBatch


class SentimentNetwork(nn.Module):
    """Scores B reviews of T morphemes each: logits above 0 speak for positive.

    `embed` and `classify` are apart because adversarial training needs the gradient, and the
    scoring graph its input, between them.

    Args:
        vocabulary: rows of the vocabulary, the unknown morpheme's included.
        config: the network's configuration.
        sparse: give the embedding tables sparse gradients.
    """

    def __init__(self, vocabulary: int, config: ModelConfig, *, sparse: bool = False) -> None:
        super().__init__()
        self.config = config
        self.embedding = MorphemeEmbedding(vocabulary, config, sparse=sparse)
        self.embedding_dropout = Dropout(config.embedding_dropout)
        self.encoder = make_encoder(config)
        self.dropout = Dropout(config.dropout)
        self.head = nn.Linear(config.pooled_size, 1)

    def forward(self, batch: "MorphemeBatch") -> Tensor:
        """Logits [B] of a batch."""
        return self.classify(self.embed(batch))

    def embed(self, batch: "MorphemeBatch") -> Tensor:
        """Morpheme vectors [T, B, E] of a batch."""
        vectors: Tensor = self.embedding(batch)
        return vectors

    def classify(self, vectors: Tensor) -> Tensor:
        """Logits [B] of reviews whose morphemes' vectors are [T, B, E]."""
        outputs, _ = self.encoder(self.embedding_dropout(vectors))  # [T, B, D·H]
        pooled = pool(outputs, self.config.pooling, self.config.directions)  # [B, P]
        logits: Tensor = self.head(self.dropout(pooled)).squeeze(-1)  # [B]
        return logits

    def tables(self) -> list[nn.Parameter]:
        """The embedding tables, of whose rows a batch touches few."""
        return list(self.embedding.parameters())

    def dense_parameters(self) -> list[nn.Parameter]:
        """All parameters but the tables."""
        return [p for name, p in self.named_parameters() if not name.startswith("embedding.")]


def describe(network: nn.Module) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Name, shape and number of elements of each parameter, in the order data flows."""
    for name, parameter in network.named_parameters():
        yield name, tuple(parameter.shape), parameter.numel()
