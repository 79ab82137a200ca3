"""One step: losses and gradients of a batch.

Letters: T morphemes, B reviews, E embedding size.
"""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from nsmc.data.fields import MorphemeBatch
from nsmc.model.network import SentimentNetwork


def backward(
    network: SentimentNetwork,
    text: MorphemeBatch,
    labels: Tensor,
    adversarial_norm: float,
    autocast: torch.dtype | None = None,
) -> tuple[Tensor, Tensor]:
    """Add the gradients of a batch's loss to the network's parameters.

    The loss is binary cross-entropy. With ``adversarial_norm`` ε above 0 it is the sum of that
    and of the same at the worst nearby input, to first order:

        L(v) + L(v + ε · g / ‖g‖),  g = ∇_v L(v)

    with v the vectors of a whole review and g a constant (Miyato, Dai and Goodfellow, "Adversarial
    training methods for semi-supervised text classification", ICLR 2017, equations 5 and 6, but
    without its normalization of the vectors). The clean gradient serves twice: it points the way
    and is learnt from.

    Args:
        network: in training mode, its gradients zeroed.
        text: B reviews.
        labels: [B] floats, 0 negative and 1 positive.
        adversarial_norm: ε; 0 for the clean loss alone.
        autocast: the type of mixed precision, or None.

    Returns:
        The clean loss (mean over the batch, natural log) and the clean logits [B], both detached.
    """
    vectors = network.embed(text)  # [T, B, E]
    leaf = vectors.detach().requires_grad_()  # [T, B, E]
    loss, logits = _loss(network, leaf, labels, autocast)
    loss.backward()  # type: ignore[no-untyped-call]
    gradient = leaf.grad
    assert gradient is not None
    if adversarial_norm:
        norms = torch.linalg.vector_norm(gradient, dim=(0, 2), keepdim=True)  # [1, B, 1]
        # A review learnt perfectly has a gradient of zero and is left where it is.
        moved = leaf.detach() + adversarial_norm * gradient / norms.clamp_min(1e-12)  # [T, B, E]
        moved.requires_grad_()
        worst, _ = _loss(network, moved, labels, autocast)
        worst.backward()  # type: ignore[no-untyped-call]
        assert moved.grad is not None
        gradient = gradient + moved.grad  # [T, B, E]
    vectors.backward(gradient)  # type: ignore[no-untyped-call]
    return loss.detach(), logits.detach()


def _loss(
    network: SentimentNetwork, vectors: Tensor, labels: Tensor, autocast: torch.dtype | None
) -> tuple[Tensor, Tensor]:
    with torch.autocast(vectors.device.type, autocast, enabled=autocast is not None):
        logits = network.classify(vectors)  # [B]
    logits = logits.float()  # [B]
    return binary_cross_entropy_with_logits(logits, labels), logits
