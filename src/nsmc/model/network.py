"""The network of every task: Embedding → (convolution) → (Bi)RNN → head.

Shapes: T units, B reviews, E embedding size, T' steps (T but after a convolution that pools), D
directions, H hidden size, O outputs.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nsmc.config.model import ModelConfig
from nsmc.model.cells import make_encoder
from nsmc.model.convolution import Convolution
from nsmc.model.dropout import Dropout
from nsmc.model.embedding import MorphemeEmbedding
from nsmc.model.pooling import PooledLinear
from nsmc.model.wide import WideLinear
from nsmc.tasks.task import LabelTask, Task

if TYPE_CHECKING:
    from nsmc.data.fields import MorphemeBatch

_TABLES = ("embedding.", "wide.")


class RecurrentNetwork(nn.Module):
    """B texts of T units each to the outputs of the task's head.

    `embed` and `encode` are apart because adversarial training needs the gradient, and scoring its
    input, between them. ``vocabulary`` counts the unknown unit's row, too; the task decides on the
    head and its outputs; with ``sparse``, the tables have sparse gradients.
    """

    def __init__(
        self, vocabulary: int, config: ModelConfig, task: Task, *, sparse: bool = False
    ) -> None:
        super().__init__()
        self.config = config
        self.embedding = MorphemeEmbedding(vocabulary, config, sparse=sparse)
        self.embedding_dropout = Dropout(config.embedding_dropout)
        self.convolution = Convolution(config) if config.conv.filters else None
        self.encoder: nn.Module
        self.head: nn.Module
        self.wide: WideLinear | None = None
        if task.head == "next-unit":
            from nsmc.model.next_unit import DirectedEncoder, NextUnitHead

            self.encoder = DirectedEncoder(config)
            self.head = NextUnitHead(config, vocabulary, task.config.language_model)
        else:
            assert isinstance(task, LabelTask)
            self.encoder = make_encoder(config)
            self.head = PooledLinear(config, task.outputs)
            if config.wide.buckets:
                self.wide = WideLinear(config.wide, task.outputs, sparse=sparse)

    def forward(self, batch: "MorphemeBatch") -> Tensor:
        """Outputs of a batch: [B, O] of a head that pools."""
        return self.classify(self.embed(batch), batch)

    def embed(self, batch: "MorphemeBatch") -> Tensor:
        """Vectors [T, B, E] of a batch's units."""
        vectors: Tensor = self.embedding(batch)
        return vectors

    def encode(self, vectors: Tensor) -> Tensor:
        """States [T', B, D·H] of reviews whose units' vectors are [T, B, E]."""
        vectors = self.embedding_dropout(vectors)  # [T, B, E]
        if self.convolution is not None:
            vectors = self.convolution(vectors)  # [T', B, F]
        states: Tensor = self.encoder(vectors)[0]  # [T', B, D·H]
        return states

    def classify(self, vectors: Tensor, batch: "MorphemeBatch | None" = None) -> Tensor:
        """Outputs [B, O] of reviews whose units' vectors are [T, B, E].

        Without the ``batch``, what its n-grams add is left out.
        """
        outputs: Tensor = self.head(self.encode(vectors))  # [B, O]
        if self.wide is not None and batch is not None:
            outputs = outputs + self.wide(batch)  # [B, O]
        return outputs

    @torch.no_grad()
    def scale_outputs(self, factors: Tensor) -> None:
        """Multiply each output by one of ``factors`` [O], for good: in the weights that make it."""
        assert isinstance(self.head, nn.Linear)
        self.head.weight.mul_(factors[:, None])
        self.head.bias.mul_(factors)
        if self.wide is not None:
            self.wide.weight.mul_(factors)

    def tables(self) -> list[nn.Parameter]:
        """The tables, of whose rows a batch touches few."""
        return [p for name, p in self.named_parameters() if name.startswith(_TABLES)]

    def dense_parameters(self) -> list[nn.Parameter]:
        """All parameters but the tables."""
        return [p for name, p in self.named_parameters() if not name.startswith(_TABLES)]


def describe(network: nn.Module) -> Iterator[tuple[str, tuple[int, ...], int]]:
    """Name, shape and number of elements of each parameter, in the order data flows."""
    for name, parameter in network.named_parameters():
        yield name, tuple(parameter.shape), parameter.numel()
