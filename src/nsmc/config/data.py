"""Which reviews train, which validate, and which morphemes get a vector of their own."""

from dataclasses import dataclass

from nsmc.config.fields import require, require_at_least, require_below


@dataclass(frozen=True)
class DataConfig:
    """Which columns of a table hold the reviews, how they are split and the vocabulary is built."""

    column: str = ""
    """The column of the comments; empty takes ``document``, or else the only one of text."""
    label_column: str = ""
    """The column of the labels; empty takes ``label``."""
    positive_from: float = 0.0
    """For labels that are stars: a review of at least so many is positive; 0 takes labels as they
    are, 0 or 1 (or positive and negative, 긍정 and 부정, true and false, 1 and -1)."""
    negative_to: float = 0.0
    """With ``positive_from``: a review of at most so many stars is negative, and those between are
    left out."""
    validation: float = 0.05
    """Share of the training reviews held back to choose the best epoch."""
    validation_column: str = ""
    """A column that marks with 1 the reviews to validate on, and with 0 or nothing those to learn
    from; empty draws ``validation`` of them by ``split_seed``."""
    split_seed: int = 0
    """Seed of that split; apart from training.seed, so that other seeds stay comparable."""
    noise: float = 0.0
    """Share of the training reviews that are learnt from a second time with typing mistakes, lost
    spaces, repeated letters or emoji in them (`nsmc.text.noise`), with the same labels."""
    min_freq: int = 2
    """A morpheme rarer than this in the training part is unknown: fewer rows, and the unknown
    row learns what a new word usually means."""
    max_size: int = 50000
    """At most this many morphemes, the most frequent, get a row in the vocabulary."""

    def __post_init__(self) -> None:
        require(
            0 < self.validation < 1,
            "validation must be between 0 and 1, found {validation}",
            validation=self.validation,
        )
        if self.positive_from:
            require_below(self, "negative_to", "positive_from")
        require(0 <= self.noise <= 1, "noise must be from 0 to 1, found {noise}", noise=self.noise)
        require_at_least(self, 0, "split_seed")
        require_at_least(self, 1, "min_freq", "max_size")
