"""A weight for every character n-gram of a comment, beside the recurrent network.

Shapes: B comments, G n-grams of all of them, K rows, O outputs.
"""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from nsmc.config.model import WideConfig
from nsmc.inference.wide import SCALE

if TYPE_CHECKING:
    from nsmc.data.fields import MorphemeBatch


class WideLinear(nn.Module):
    """A linear layer over which character n-grams a comment has.

        outputs = s / √|g(x)| · Σ_{n in g(x)} W[hash(n) mod K]

    with g(x) the distinct n-grams of the comment and s a constant. It memorizes phrases, which the
    recurrent layers are slow at; these read words that are far apart, and new ones. Both are
    trained together: Cheng et al., "Wide & deep learning for recommender systems", DLRS 2016.

    With ``sparse``, gradients are sparse, as those of `nsmc.model.embedding.MorphemeEmbedding`.
    """

    def __init__(self, config: WideConfig, outputs: int, *, sparse: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(config.buckets, outputs))  # [K, O]
        self._dropout = config.dropout
        self._sparse = sparse

    def forward(self, batch: "MorphemeBatch") -> Tensor:
        """The part [B, O] of the outputs that a batch's n-grams make."""
        assert batch.grams is not None and batch.gram_counts is not None
        offsets = batch.gram_counts.cumsum(0) - batch.gram_counts  # [B]
        mask = None
        if self.training and self._dropout:
            mask = torch.rand(len(batch.grams), device=batch.grams.device) >= self._dropout  # [G]
            mask = mask.to(self.weight.dtype).div_(1 - self._dropout)  # [G]
        sums = embedding_bag(
            batch.grams,
            self.weight,
            offsets,
            mode="sum",
            sparse=self._sparse,
            per_sample_weights=mask,
        )  # [B, O]
        return sums * (SCALE / batch.gram_counts.clamp_min(1).sqrt())[:, None]
