"""Many outputs along a comment to one vector.

Letters: T steps, B reviews, D directions (1 or 2), H hidden size.
"""

import torch
from torch import Tensor


def pool(outputs: Tensor, kind: str, directions: int) -> Tensor:
    """Reduce the outputs of the last recurrent layer over time.

    Args:
        outputs: [T, B, D·H], forward half first; every review is T steps long.
        kind: ``last``: the last step of each direction, which for the backward one is at the
            first morpheme; ``max``, ``mean``, or ``max+mean`` side by side.
        directions: D.

    Returns:
        [B, D·H], or [B, 2·D·H] for ``max+mean``.
    """
    if kind == "last":
        if directions == 1:
            return outputs[-1]  # [B, H]
        half = outputs.shape[-1] // 2
        return torch.cat([outputs[-1, :, :half], outputs[0, :, half:]], dim=-1)  # [B, 2H]
    parts = {"max": lambda: outputs.amax(dim=0), "mean": lambda: outputs.mean(dim=0)}
    return torch.cat([parts[name]() for name in kind.split("+")], dim=-1)  # [B, D·H] or [B, 2·D·H]
