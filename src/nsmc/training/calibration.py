"""Probabilities that mean what they say.

Letters: R reviews of the validation part.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature T > 0 that makes σ(logit / T) fit the labels best, by cross-entropy.

    Guo et al., "On calibration of modern neural networks", ICML 2017. The loss is convex in 1/T;
    the search is in log T, where no bound is needed, and stays within a factor of 20, because a
    model that gets every validation review right would otherwise ask for T = 0.

    Args:
        logits: [R] of reviews that weren't trained on.
        labels: [R] floats, 0 or 1.
    """
    logits, labels = logits.double(), labels.double()
    low, high = torch.tensor(0.05).log().item(), torch.tensor(20.0).log().item()

    def loss(log_temperature: float) -> float:
        scaled = logits / torch.tensor(log_temperature).exp()
        return float(binary_cross_entropy_with_logits(scaled, labels))

    # Golden-section search: no gradient, no step size, and 60 rounds leave 1e-12 of the interval.
    golden = (5**0.5 - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(torch.tensor((low + high) / 2).exp())


@torch.no_grad()
def apply_temperature(head: nn.Linear, temperature: float) -> None:
    """Divide the logits by ``temperature`` for good, in the weights of the layer that makes them.

    Scoring then needs to know nothing of it, and no decision at 0.5 changes.
    """
    head.weight.div_(temperature)
    head.bias.div_(temperature)
