"""The head of a network that gives one answer for a whole comment.

Shapes: T steps, B reviews, D directions, H hidden size, P pooled size, O outputs.
"""

from torch import Tensor, nn

from nsmc.config.model import ModelConfig
from nsmc.model.dropout import Dropout
from nsmc.model.pooling import pool


class PooledLinear(nn.Linear):
    """Pooling over the steps, dropout and a linear layer."""

    def __init__(self, config: ModelConfig, outputs: int) -> None:
        super().__init__(config.pooled_size, outputs)
        self._pooling, self._directions = config.pooling, config.directions
        self._dropout = Dropout(config.dropout)

    def forward(self, states: Tensor) -> Tensor:
        """[T, B, D·H] → [B, O]."""
        pooled = pool(states, self._pooling, self._directions)  # [B, P]
        outputs: Tensor = super().forward(self._dropout(pooled))  # [B, O]
        return outputs
