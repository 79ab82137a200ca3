"""One step: losses and gradients of a batch.

Shapes: T units, B reviews, E embedding size.
"""

from typing import Any

import torch
from torch import Tensor

from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.task import StepLoss, Task


def backward(
    network: RecurrentNetwork,
    task: Task,
    batch: Any,
    adversarial_norm: float,
    autocast: torch.dtype | None = None,
) -> StepLoss:
    """Add the gradients of a batch's loss to the parameters of a network in training mode.

    The loss is the task's. With ``adversarial_norm`` ε above 0 it is the sum of that and of the
    same at the worst nearby input, to first order:

        L(v) + L(v + ε · g / ‖g‖),  g = ∇_v L(v)

    with v the vectors of a whole review and g a constant (Miyato, Dai and Goodfellow, "Adversarial
    training methods for semi-supervised text classification", ICLR 2017, equations 5 and 6, but
    without its normalization of the vectors). The clean gradient serves twice: it points the way
    and is learnt from.

    ``autocast`` is the type of mixed precision. Returns what the clean pass gave, detached.
    """
    vectors = network.embed(batch.text)  # [T, B, E]
    leaf = vectors.detach().requires_grad_()  # [T, B, E]
    result = _loss(network, task, leaf, batch, autocast)
    result.loss.backward()  # type: ignore[no-untyped-call]
    gradient = leaf.grad
    assert gradient is not None
    if adversarial_norm:
        norms = torch.linalg.vector_norm(gradient, dim=(0, 2), keepdim=True)  # [1, B, 1]
        # A review learnt perfectly has a gradient of zero and is left where it is.
        norms = norms.clamp_min(1e-12)
        moved = torch.addcdiv(leaf.detach(), gradient, norms, value=adversarial_norm)  # [T, B, E]
        moved.requires_grad_()
        worst = _loss(network, task, moved, batch, autocast)
        worst.loss.backward()  # type: ignore[no-untyped-call]
        assert moved.grad is not None
        gradient = gradient + moved.grad  # [T, B, E]
    vectors.backward(gradient)  # type: ignore[no-untyped-call]
    return StepLoss(result.loss.detach(), result.examples, result.tally)


def _loss(
    network: RecurrentNetwork,
    task: Task,
    vectors: Tensor,
    batch: Any,
    autocast: torch.dtype | None,
) -> StepLoss:
    with torch.autocast(vectors.device.type, autocast, enabled=autocast is not None):
        return task.step_loss(network, vectors, batch)
