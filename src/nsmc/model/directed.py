"""Recurrent layers of which each direction keeps to itself.

Letters: T steps, B texts, I input size, D directions, H hidden size.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from nsmc.model.cells import make_encoder
from nsmc.model.config import ModelConfig


class DirectedEncoder(nn.Module):
    """Recurrent layers [T, B, I] → [T, B, D·H] in which each direction has a stack of its own.

    The upper layers of `nsmc.model.cells.make_encoder` read both directions, and so have seen the
    whole text at every place. Here they read their own direction's output alone. The parameters
    have the names that they have there, and for one layer the same shapes and results.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        single = replace(config, bidirectional=False)
        suffixes = ["", "_reverse"][: config.directions]
        # In a tuple, where modules aren't registered: the parameters are, under other names.
        self._stacks = tuple(make_encoder(single) for _ in suffixes)
        for stack, suffix in zip(self._stacks, suffixes, strict=True):
            for name, parameter in stack.named_parameters():
                self.register_parameter(f"{name}{suffix}", parameter)

    def forward(self, vectors: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, None]:
        """The outputs [T, B, D·H], forward half first: at each place of all units up to it.

        Args:
            vectors: [T, B, I].
            lengths: [B] steps of each text, behind which its outputs mean nothing; None if all
                have T. What stands there has no part in the outputs before it.
        """
        halves = []
        for index, stack in enumerate(self._stacks):
            read = _turned(vectors, lengths) if index else vectors  # [T, B, I]
            outputs, _ = stack(read)  # [T, B, H]
            halves.append(_turned(outputs, lengths) if index else outputs)
        return torch.cat(halves, dim=-1), None

    def train(self, mode: bool = True) -> "DirectedEncoder":
        """Switch dropout between the layers on or off."""
        for stack in self._stacks:
            stack.train(mode)
        return super().train(mode)

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> "DirectedEncoder":
        # The parameters move in place; CUDA wants them in one piece again after that.
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for stack in self._stacks:
            stack.flatten_parameters()
        return self


def _turned(steps: Tensor, lengths: Tensor | None) -> Tensor:
    """The steps [T, B, X] of each text from its last to its first; those behind it stay behind."""
    if lengths is None:
        return steps.flip(0)
    order = torch.arange(len(steps), device=steps.device)[:, None]  # [T, 1]
    order = torch.where(order < lengths, lengths - 1 - order, order)  # [T, B]
    return steps[order, torch.arange(steps.shape[1], device=steps.device)]  # [T, B, X]
