"""A language model's own layers: recurrent ones that don't look ahead, and the softmax.

Shapes: T units of a text with a boundary at both ends, B texts, I input size, D directions, H
hidden size, N predictions, V rows of the vocabulary, C classes of a group, K groups, n predictions
at once.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

from nsmc.config.model import ModelConfig
from nsmc.config.tasks import LanguageModelConfig
from nsmc.model.cells import make_encoder
from nsmc.model.dropout import Dropout
from nsmc.tasks.language_model import group_ends, group_sizes


class DirectedEncoder(nn.Module):
    """Recurrent layers [T, B, I] → [T, B, D·H] in which each direction has a stack of its own.

    The upper layers of `nsmc.model.cells.make_encoder` read both directions, so the whole text at
    every place. Here they read their own direction alone. Parameters have the same names as there,
    and for one layer the same shapes.
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

    def forward(self, vectors: Tensor) -> tuple[Tensor, None]:
        """The outputs [T, B, D·H], forward half first: at each place of all units up to it."""
        halves = []
        for index, stack in enumerate(self._stacks):
            read = vectors.flip(0) if index else vectors  # [T, B, I]
            outputs, _ = stack(read)  # [T, B, H]
            halves.append(outputs.flip(0) if index else outputs)
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


class NextUnitHead(nn.Module):
    """The softmax over the vocabulary, plain or adaptive.

    With the units in K groups by falling frequency, W the weights of the first group's units and of
    the K - 1 other groups,

        log p(u) = log softmax(W h + b)_u                                     u in the first group
        log p(u) = log softmax(W h + b)_k + log softmax(V_k P_k h)_u          u in group k

    (Grave et al., "Efficient softmax approximation for GPUs", ICML 2017), where P_k h is shorter
    the rarer the units are. `nsmc.tasks.language_model.group_ends` decides on the groups.
    """

    def __init__(self, config: ModelConfig, vocabulary: int, options: LanguageModelConfig) -> None:
        super().__init__()
        self._directions = config.directions
        self._ends = group_ends(vocabulary, options)
        (first, size), *others = group_sizes(vocabulary, config.hidden_size, options)
        self.first = nn.Linear(size, first + len(others))  # [C + K - 1, H]
        self.down = nn.ModuleList(nn.Linear(size, s, bias=False) for _, s in others)
        self.up = nn.ModuleList(nn.Linear(s, count, bias=False) for count, s in others)
        self._dropout = Dropout(config.dropout)

    def forward(self, states: Tensor, rows: Tensor) -> Tensor:
        """The mean loss [] in nats of predicting each unit but the first from those before it.

        Backwards likewise, each but the last from those behind it; the mean of both directions.
        From ``states`` [T, B, D·H] of `DirectedEncoder` and ``rows`` [T, B] of the vocabulary.
        """
        halves = states.chunk(self._directions, dim=-1)  # of [T, B, H]
        seen = [half[1:] if index else half[:-1] for index, half in enumerate(halves)]
        coming = [rows[:-1] if index else rows[1:] for index in range(len(halves))]
        flat = torch.cat(seen).flatten(0, 1)  # [N, H]
        targets = torch.cat(coming).flatten()  # [N]
        return self.loss(self._dropout(flat), targets) / len(targets)

    def loss(self, states: Tensor, targets: Tensor) -> Tensor:
        """The losses [] summed of predicting the rows ``targets`` [N] from states [N, H]."""
        with torch.autocast(states.device.type, enabled=False):
            states = states.float()
            shortlist = self._ends[0]
            chosen = targets  # [N]
            for index, end in enumerate(self._ends[:-1]):
                chosen = torch.where(targets >= end, shortlist + index, chosen)  # [N]
            total = _cross_entropy(states, self.first.weight, self.first.bias, chosen)
            for index, (down, up) in enumerate(zip(self.down, self.up, strict=True)):
                start, end = self._ends[index], self._ends[index + 1]
                places = torch.nonzero((targets >= start) & (targets < end))[:, 0]  # [n]
                if len(places):
                    short = down(states.index_select(0, places))  # [n, size]
                    of_group = targets[places] - start  # [n]
                    weight = up.get_parameter("weight")  # [C, size]
                    total = total + _cross_entropy(short, weight, None, of_group)
        return total


def _cross_entropy(states: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor) -> Tensor:
    """Losses [] summed, of targets [N] by softmax(W h + b) of states [N, H]."""
    loss: Tensor = _LinearCrossEntropy.apply(  # type: ignore[no-untyped-call]
        states, weight, bias, targets, torch.is_grad_enabled()
    )
    return loss


class _LinearCrossEntropy(torch.autograd.Function):
    """A linear layer and its cross-entropy, a few predictions at a time.

    The logits of a batch would take hundreds of megabytes. Here a few predictions' logits at a time
    become loss and gradients and are dropped.
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, learn: bool
    ) -> Tensor:
        total = states.new_zeros((), dtype=torch.float64 if states.device.type == "cpu" else None)
        of_states, of_weight = torch.empty_like(states), torch.zeros_like(weight)
        of_bias = None if bias is None else torch.zeros_like(bias)
        size = max(1, AT_ONCE[states.device.type == "cpu"] // len(weight))
        for start in range(0, len(states), size):
            some = states[start : start + size]  # [n, H]
            target = targets[start : start + size, None]  # [n, 1]
            scores = linear(some, weight, bias)  # [n, C]
            scores -= scores.amax(dim=1, keepdim=True)
            right = scores.gather(1, target)  # [n, 1]
            sums = scores.exp_().sum(dim=1, keepdim=True)  # [n, 1]
            total += (sums.log() - right).sum()
            if learn:
                scores /= sums
                scores.scatter_add_(1, target, torch.full_like(right, -1))  # [n, C]
                torch.mm(scores, weight, out=of_states[start : start + size])
                of_weight.addmm_(scores.T, some)
                if of_bias is not None:
                    of_bias += scores.sum(dim=0)
        ctx.gradients = (of_states, of_weight, of_bias) if learn else None
        return total.to(states.dtype)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        of_states, of_weight, of_bias = ctx.gradients
        of_bias = None if of_bias is None else of_bias * gradient  # [C]
        return of_states * gradient, of_weight * gradient, of_bias, None, None


AT_ONCE = {True: 1 << 19, False: 1 << 26}
"""Logits in memory at once on the CPU, where they shall stay in its caches, and elsewhere."""
