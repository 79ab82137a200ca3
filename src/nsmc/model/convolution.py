"""A convolution over time before the recurrent layers.

Filters over a few units in a row: Kim, "Convolutional neural networks for sentence classification",
EMNLP 2014. Recurrent layers over their outputs: Zhou et al., "A C-LSTM neural network for text
classification", 2015.

Shapes: T units, B reviews, E embedding size, F filters, K units in a kernel, P steps pooled
into one, T' = ⌈T/P⌉ steps.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, pad, relu

from nsmc.config.model import ModelConfig


class Convolution(nn.Module):
    """Conv → ReLU → max pooling, for reviews of one length.

    With v_t = 0 for the places before the first unit and after the last,

        c_t = max(0, b + Σ_{k=0}^{K-1} W_k v_{t + k - (K-1)/2}),  0 ≤ t < T
        o_s = max c_t over P·s ≤ t < min(P·(s + 1), T),           0 ≤ s < T'

    so that the last step is of fewer places where P doesn't divide T, and a review of a single
    unit has one step still. The weights start after He et al., "Delving deep into rectifiers",
    ICCV 2015, the biases at zero.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        conv, self.pooling = config.conv, config.conv.pooling
        self.weight = nn.Parameter(torch.empty(conv.filters, config.embedding_size, conv.kernel))
        self.bias = nn.Parameter(torch.zeros(conv.filters))  # [F]
        nn.init.kaiming_uniform_(self.weight, nonlinearity="relu")  # [F, E, K]

    def forward(self, vectors: Tensor) -> Tensor:
        """From the vectors [T, B, E] of B reviews to their steps [T', B, F]."""
        filters, _, kernel = self.weight.shape
        length = len(vectors)
        padded = pad(vectors, (0, 0, 0, 0, kernel // 2, kernel // 2))  # [T + K - 1, B, E]
        # One product of all that a kernel covers: `conv1d` wants time last, and the transposes cost
        # the CPU half as much again.
        covered = torch.cat([padded[k : k + length] for k in range(kernel)], dim=-1)  # [T, B, K·E]
        weight = self.weight.transpose(1, 2).reshape(filters, -1)  # [F, K·E]
        steps = relu(linear(covered, weight, self.bias))  # [T, B, F]
        if self.pooling == 1:
            return steps
        # Nothing is below what ReLU leaves, so zeros fill up the last step.
        steps = pad(steps, (0, 0, 0, 0, 0, -length % self.pooling))  # [T'·P, B, F]
        return steps.reshape(-1, self.pooling, *steps.shape[1:]).amax(dim=1)  # [T', B, F]
