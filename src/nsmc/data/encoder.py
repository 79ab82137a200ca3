"""Comments to indices in worker processes: without numpy, which is half of such a one's start."""

import os
from array import array
from typing import NamedTuple

from nsmc.config.text import TextConfig
from nsmc.text.tokenizer import Tokenizer, make_tokenizer


class Encoded(NamedTuple):
    """A chunk of R comments of N units in all, as one `Encoder` numbers these."""

    encoder: int
    """Which it was: the number of its process."""
    tokens: "array[int]"
    """[N] every comment's units end to end, as 32-bit numbers."""
    lengths: "array[int]"
    """[R] the units of each comment, as 64-bit numbers."""
    new: list[str]
    """The units that no chunk before had, in order of first appearance: the next numbers' units."""


class Encoder:
    """Cuts chunks of comments and numbers their units across all of them.

    So each unit is sent as text once by each process, far less than once a chunk.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._numbers = _Numbers()

    def __call__(self, texts: list[str]) -> Encoded:
        """Cut and number comments."""
        numbers, lengths = self._numbers, array("q")
        numbers.new = []
        units: list[str] = []
        for prepared in self._tokenizer.prepare_each(texts):
            cut = self._tokenizer.cut(prepared)
            units += cut
            lengths.append(len(cut))
        tokens = array("i", map(numbers.__getitem__, units))
        return Encoded(os.getpid(), tokens, lengths, numbers.new)


def make_encoder(config: TextConfig, learned: bytes | None) -> Encoder:
    """What a worker makes of the arguments of `nsmc.text.tokenizer.make_tokenizer`."""
    return Encoder(make_tokenizer(config, learned))


class _Numbers(dict[str, int]):
    """From a unit to its number: a look-up in C but for what is new."""

    new: list[str]

    def __missing__(self, unit: str) -> int:
        number = self[unit] = len(self)
        self.new.append(unit)
        return number
