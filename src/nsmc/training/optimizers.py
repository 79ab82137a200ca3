"""The optimizers: one for the tables' few touched rows, one for everything else."""

from collections.abc import Iterable

import torch
from torch import nn
from torch.optim import AdamW, Optimizer, SparseAdam

from nsmc.model.network import SentimentNetwork
from nsmc.training.config import TrainingConfig


def supports_sparse(device: torch.device) -> bool:
    """Whether sparse gradients of the embedding tables work on this kind of device."""
    return device.type in ("cpu", "cuda")


def make_optimizers(
    network: SentimentNetwork, config: TrainingConfig, device: torch.device
) -> dict[str, Optimizer]:
    """Adam for both parts (Kingma and Ba, ICLR 2015), lazily for the tables.

    `SparseAdam` updates only the rows that a batch touched; a dense Adam would move all of them at
    every step, which costs more than the recurrent layers do.
    """
    tables = network.tables()
    rate = config.learning_rate
    return {
        "tables": SparseAdam(tables, lr=rate)
        if supports_sparse(device)
        else torch.optim.Adam(tables, lr=rate),
        "dense": AdamW(
            network.dense_parameters(),
            lr=rate,
            weight_decay=config.weight_decay,
            fused=device.type == "cuda",
        ),
    }


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
