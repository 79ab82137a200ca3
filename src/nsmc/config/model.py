"""The shape of the network."""

from dataclasses import dataclass, field
from typing import Literal

from nsmc.config.fields import require, require_at_least, require_at_most, require_share

WIDEST = 1 << 20
"""Far beyond what any machine trains, and small enough to be multiplied."""


@dataclass(frozen=True)
class ConvConfig:
    """The convolution between the embedding and the recurrent layers."""

    filters: int = 0
    """Patterns looked for at every place, each over ``kernel`` units in a row; 0 leaves the
    convolution out, whatever the other two fields say."""
    kernel: int = 3
    """Units that a filter sees at once: an odd number, so that one of them is in the middle."""
    pooling: int = 1
    """Steps of which only the highest value of each filter is kept: 2 halves what the recurrent
    layers have to read; 1 keeps every step."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "filters")
        require_at_most(self, WIDEST, "filters", "kernel", "pooling")
        require(
            self.kernel >= 1 and self.kernel % 2 == 1,
            "kernel must be an odd number from 1 on, found {kernel}",
            kernel=self.kernel,
        )
        require_at_least(self, 1, "pooling")


@dataclass(frozen=True)
class WideConfig:
    """The weights of a comment's character n-grams, which go straight to the outputs."""

    buckets: int = 0
    """Rows that the n-grams are hashed into, a power of two; 0 leaves them out, whatever the other
    two fields say."""
    longest: int = 5
    """Characters of the longest n-grams; all shorter ones are there as well."""
    dropout: float = 0.0
    """Share of a comment's n-grams dropped in training."""

    def __post_init__(self) -> None:
        _require_power_of_two(self.buckets)
        require_at_most(self, 1 << 30, "buckets")
        require(
            1 <= self.longest <= 16,
            "longest must be from 1 to 16, found {longest}",
            longest=self.longest,
        )
        require_share(self, "dropout")


@dataclass(frozen=True)
class ExitConfig:
    """The early exit of a model with a wide layer: comments that n-grams answer alone, and of the
    others those that a narrow recurrent network does."""

    buckets: int = 1 << 19
    """Rows of its table, a power of two, at most those of the wide layer; 0 leaves it out."""
    hidden_size: int = 64
    """Of the narrow network's GRUs; 0 leaves it out."""
    accuracy: float = 0.0002
    """Accuracy that it may cost, as a share: the most comments are answered that cost no more, by
    what the whole model expects of the validation part."""
    log_loss: float = 0.002
    """Log loss (nats) that it may cost, in the same way."""

    def __post_init__(self) -> None:
        _require_power_of_two(self.buckets)
        require_at_least(self, 0, "hidden_size", "accuracy", "log_loss")
        require_at_most(self, WIDEST, "hidden_size")


def _require_power_of_two(buckets: int) -> None:
    require(
        buckets >= 0 and buckets & (buckets - 1) == 0,
        "buckets must be 0 or a power of two, found {buckets}",
        buckets=buckets,
    )


@dataclass(frozen=True)
class ModelConfig:
    """Embedding → (convolution) → (Bi)RNN → pooling → Linear, in numbers."""

    cell: Literal["rnn", "gru", "lstm"] = "gru"
    """The recurrent cell: ``rnn`` is the plain tanh cell, quick to train and quick to forget;
    ``gru`` has three gates' weights to the four of ``lstm``."""
    layers: int = 1
    """Recurrent layers on top of one another."""
    bidirectional: bool = True
    """Read every comment from both ends; twice the cost."""
    embedding_size: int = 128
    """Length of a morpheme's vector."""
    subword_buckets: int = 30000
    """Rows of the table of character n-grams whose mean is added to a morpheme's vector, so that a
    misspelt or new one has a vector too; 0 leaves it out, as the classic pipeline does."""
    subword_letters: bool = False
    """Add n-grams of the letters of syllables to those of characters, in the same table: a syllable
    with a wrong letter then still has something in common with the right one."""
    hidden_size: int = 128
    """Units of each recurrent layer and direction."""
    pooling: Literal["last", "max", "mean", "max+mean"] = "max+mean"
    """How the outputs along a comment become one vector: the last of each direction, their
    maximum, their mean, or the latter two side by side."""
    embedding_dropout: float = 0.4
    """Share of the morpheme vectors' elements dropped in training."""
    dropout: float = 0.3
    """Share dropped between layers and before the last, linear one."""
    conv: ConvConfig = field(default_factory=ConvConfig)
    """A convolution before the recurrent layers."""
    wide: WideConfig = field(default_factory=WideConfig)
    """A linear layer of character n-grams beside them."""
    exit: ExitConfig = field(default_factory=ExitConfig)
    """An answer by character n-grams alone where they are sure of it."""

    def __post_init__(self) -> None:
        require_at_least(self, 1, "layers", "embedding_size", "hidden_size")
        require_at_least(self, 0, "subword_buckets")
        require_at_most(self, WIDEST, "layers", "embedding_size", "hidden_size")
        require_at_most(self, 1 << 30, "subword_buckets")
        require(
            self.subword_buckets > 0 or not self.subword_letters,
            "subword_letters needs a table of n-grams; set subword_buckets above 0",
        )
        require_share(self, "embedding_dropout", "dropout")

    @property
    def directions(self) -> int:
        """1, or 2 for a bidirectional network."""
        return 2 if self.bidirectional else 1

    @property
    def encoder_input_size(self) -> int:
        """Length of the vectors that the recurrent layers read."""
        return self.conv.filters or self.embedding_size

    @property
    def pooled_size(self) -> int:
        """Length of the vector that the last layer gets."""
        parts = 2 if self.pooling == "max+mean" else 1
        return self.hidden_size * self.directions * parts
