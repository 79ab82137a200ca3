"""The optimizers: one for the tables' few touched rows, one for everything else; their steps."""

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import AdamW, Optimizer, SparseAdam

from nsmc.config.training import TrainingConfig
from nsmc.model.network import RecurrentNetwork


class RowAdam(SparseAdam):
    """`SparseAdam`, with its rows read and written by index.

    The same arithmetic on the same rows: Adam (Kingma and Ba, ICLR 2015, the order of section 2's
    end) for the rows that have a gradient, while the others' moments stand still. torch's own adds
    sparse tensors to the dense moments and to the table, which takes three times as long.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update the rows of every parameter that have a sparse gradient."""
        for group in self.param_groups:
            first, second = group["betas"]
            for table in group["params"]:
                if table.grad is None:
                    continue
                gradient = table.grad.coalesce()
                state = self.state[table]
                if not state:
                    state["step"] = 0
                    state["exp_avg"] = torch.zeros_like(table)
                    state["exp_avg_sq"] = torch.zeros_like(table)
                state["step"] += 1
                bias_first, bias_second = 1 - first ** state["step"], 1 - second ** state["step"]
                rate = group["lr"] * math.sqrt(bias_second) / bias_first
                some = max(1, AT_ONCE // table.shape[1])
                parts = (part.split(some) for part in (gradient.indices()[0], gradient.values()))
                for rows, values in zip(*parts, strict=True):  # [S], [S, E]
                    mean = state["exp_avg"].index_select(0, rows).lerp_(values, 1 - first)  # [S, E]
                    square = state["exp_avg_sq"].index_select(0, rows)  # [S, E]
                    square.mul_(second).addcmul_(values, values, value=1 - second)
                    # By index: index_copy_ takes twice as long.
                    state["exp_avg"][rows], state["exp_avg_sq"][rows] = mean, square
                    move = mean.div_(square.sqrt_().add_(group["eps"]))  # [S, E]
                    # Not by its alpha, which takes a path many times slower for rows of one number.
                    table.index_add_(0, rows, move.mul_(-rate))


AT_ONCE = 1 << 16
"""Numbers that are updated together, so that what is computed of them stays in a core's cache."""


def supports_sparse(device: torch.device) -> bool:
    """Whether sparse gradients of the embedding tables work on this kind of device."""
    return device.type in ("cpu", "cuda")


def make_optimizers(
    network: RecurrentNetwork, config: TrainingConfig, device: torch.device
) -> dict[str, Optimizer]:
    """Adam for both parts (Kingma and Ba, ICLR 2015), lazily for the tables.

    `RowAdam` updates only the rows that a batch touched; a dense Adam would move all of them at
    every step, which costs more than the recurrent layers do.
    """
    tables = network.tables()
    rate = config.learning_rate
    lazily: type[SparseAdam | torch.optim.Adam] = (
        RowAdam if supports_sparse(device) else torch.optim.Adam
    )
    dense, decay = network.dense_parameters(), config.weight_decay
    return {
        "tables": lazily(tables, lr=rate),
        "dense": AdamW(dense, lr=rate, weight_decay=decay, fused=True),
    }


def learning_rate(step: int, steps: int, config: TrainingConfig) -> float:
    """Adam's step size at ``step`` of ``steps``, counted from 0; a resumed run remembers nothing.

    It rises in a line over the first ``warmup`` share of the steps, then stays (``constant``) or
    falls to zero in a line (``linear``; Goyal et al. 2017 for the warm-up) or along half a cosine
    (``cosine``; Loshchilov and Hutter, ICLR 2017, without restarts).
    """
    rising = config.warmup * steps
    if step < rising:
        return config.learning_rate * (step + 1) / (rising + 1)
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - rising) / max(1.0, steps - rising)
    left = 1 - done if config.schedule == "linear" else (1 + math.cos(math.pi * done)) / 2
    return config.learning_rate * left


def set_learning_rate(optimizers: Iterable[Optimizer], rate: float) -> None:
    """Give every parameter group of every optimizer the same step size."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate


def clip_gradients(parameters: list[nn.Parameter], norm: float) -> None:
    """Scale the gradients of ``parameters`` together to an L2 norm of at most ``norm``; 0 is off.

    Pascanu et al., "On the difficulty of training recurrent neural networks", ICML 2013. The
    embedding tables are left out: their gradients don't pass through time more than the layers'.
    """
    if norm:
        torch.nn.utils.clip_grad_norm_(parameters, norm)
