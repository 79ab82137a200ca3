"""Many outputs along a comment to one vector, and the head that classifies it.

Shapes: T steps, B reviews, D directions (1 or 2), H hidden size, P pooled size, O outputs.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from nsmc.config.model import ModelConfig
from nsmc.model.dropout import Dropout


class _MaximumAndMean(torch.autograd.Function):
    """`amax` and `mean` over time, side by side; both gradients are made at once.

    The maximum's whole gradient goes to each place that has it. torch's `amax` counts equal places
    and divides the gradient among them: three times the work, though two places of a comment are
    hardly ever equal.
    """

    @staticmethod
    def forward(ctx: Any, outputs: Tensor) -> Tensor:
        top = outputs.amax(dim=0)  # [B, D·H]
        ctx.save_for_backward(outputs, top)
        return torch.cat([top, outputs.mean(dim=0)], dim=-1)  # [B, 2·D·H]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        outputs, top = ctx.saved_tensors
        of_top, of_mean = gradient.chunk(2, dim=-1)  # [B, D·H]
        mask = torch.eq(outputs, top, out=torch.empty_like(outputs))  # [T, B, D·H], 0 or 1
        return mask.mul_(of_top).add_(of_mean / len(outputs))


def pool(outputs: Tensor, kind: str, directions: int) -> Tensor:
    """Reduce the outputs of the last recurrent layer over time.

    Args:
        outputs: [T, B, D·H], forward half first; every review is T steps long.
        kind: ``last``: the last step of each direction, which for the backward one is at the
            first morpheme; ``max``, ``mean``, or ``max+mean`` side by side: [B, 2·D·H].
        directions: D.
    """
    if kind == "last":
        if directions == 1:
            return outputs[-1]  # [B, H]
        half = outputs.shape[-1] // 2
        return torch.cat([outputs[-1, :, :half], outputs[0, :, half:]], dim=-1)  # [B, 2H]
    if kind == "mean":
        return outputs.mean(dim=0)  # [B, D·H]
    both: Tensor = _MaximumAndMean.apply(outputs)  # type: ignore[no-untyped-call]  # [B, 2·D·H]
    return both if kind == "max+mean" else both[:, : outputs.shape[-1]]


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
