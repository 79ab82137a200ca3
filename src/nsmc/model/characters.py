"""A second reading of the same comment, by its characters.

Letters: S characters of the longest of B comments, E embedding size, D directions, H hidden size,
O outputs.
"""

from typing import TYPE_CHECKING

from torch import Tensor, nn

from nsmc.model.config import ModelConfig
from nsmc.model.directed import DirectedEncoder
from nsmc.model.dropout import Dropout
from nsmc.model.embedding import MorphemeEmbedding
from nsmc.model.heads import PooledLinear

if TYPE_CHECKING:
    from nsmc.data.characters import CharacterBatch


class CharacterNetwork(nn.Module):
    """Embedding → (Bi)RNN → pooling → Linear over the characters of comments.

    A typing mistake makes other morphemes of a word, before any vector can help; of its characters
    it changes one: Heigold et al., "How robust are character-based word embeddings in tagging and
    MT against wrod scramlbing or randdm nouse?", AMTA 2018. What both readings say is added up.

    Comments of one number of units have different numbers of characters, so here, and only here,
    shorter ones have something behind them: it is never read before them, and never pooled.

    Args:
        vocabulary: rows of the vocabulary of characters, the unknown one's included.
        config: `nsmc.model.config.ModelConfig.of_characters`.
        outputs: O.
        sparse: give sparse gradients, as `nsmc.model.embedding.MorphemeEmbedding` does.
    """

    def __init__(
        self, vocabulary: int, config: ModelConfig, outputs: int, *, sparse: bool = False
    ) -> None:
        super().__init__()
        self.embedding = MorphemeEmbedding(vocabulary, config, sparse=sparse)
        self.embedding_dropout = Dropout(config.embedding_dropout)
        self.encoder = DirectedEncoder(config)
        self.head = PooledLinear(config, outputs)

    def forward(self, batch: "CharacterBatch") -> Tensor:
        """What the characters of a batch's comments add to the outputs: [B, O]."""
        vectors = self.embedding_dropout(self.embedding(batch))  # [S, B, E]
        states, _ = self.encoder(vectors, batch.lengths)  # [S, B, D·H]
        outputs: Tensor = self.head(states, batch.lengths)  # [B, O]
        return outputs
