"""Which texts a model was trained on, to measure the overlap of training and test data.

A Bloom filter (`nsmc.text.bloom`) of all training texts, small enough to travel with the model. It
never misses a training text, and takes another for one with a known probability. All filters have
one size, so that two can be joined; zlib keeps the file of a small set small.

Shapes: R reviews.
"""

import math
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError
from nsmc.storage.compressed import decompress
from nsmc.text.bloom import BloomFilter, bloom_bits
from nsmc.text.syllables import SPACE

SIZE = 384 * 1024
"""Bytes of every filter. 620,000 texts give 8.8% false positives, 150,000 one in a thousand."""
HASHES = 4
"""Bits that each text sets: ln 2 times five bits a text, rounded up for smaller sets."""
MAGIC = b"seen\2"
_HEADER = struct.Struct(f"<{len(MAGIC)}sQ")
"""`MAGIC` and the number of texts; the compressed bits follow."""


@dataclass(frozen=True, eq=False)
class TrainingTexts:
    """The texts of a training as a set."""

    bits: bytes
    """The filter: `SIZE` bytes."""
    texts: int
    """Distinct texts in it; of a union an estimate."""

    @classmethod
    def from_units(cls, reviews: Iterable[Sequence[str]]) -> "TrainingTexts":
        """The set of comments, given as units."""
        keys = {_key(units) for units in reviews}
        return cls(bloom_bits(keys, size=SIZE, hashes=HASHES), len(keys))

    @cached_property
    def false_positive_rate(self) -> float:
        """The probability that a text that isn't in the set is taken for one that is."""
        return (int.from_bytes(self.bits).bit_count() / (8 * SIZE)) ** HASHES

    def contains(self, reviews: Iterable[Sequence[str]]) -> NDArray[np.bool_]:
        """[R] whether each comment, given as its units, is in the set, or is taken for one that
        is."""
        members = BloomFilter(self.bits, HASHES)
        return np.array([_key(units) in members for units in reviews], np.bool_)

    def union(self, other: "TrainingTexts") -> "TrainingTexts":
        """The set of all texts of both.

        Their number is estimated from the bits that are set (Swamidass and Baldi, "Mathematical
        correction for fingerprint similarity measures", J. Chem. Inf. Model. 2007).
        """
        joined = int.from_bytes(self.bits) | int.from_bytes(other.bits)
        free = 1 - joined.bit_count() / (8 * SIZE)
        estimate = -8 * SIZE / HASHES * math.log(free) if free else math.inf
        least, most = max(self.texts, other.texts), self.texts + other.texts
        return TrainingTexts(joined.to_bytes(SIZE), round(min(max(estimate, least), most)))

    def to_bytes(self) -> bytes:
        """The content of a file; the same for the same texts."""
        return _HEADER.pack(MAGIC, self.texts) + zlib.compress(self.bits, 9)

    @classmethod
    def from_bytes(cls, content: bytes) -> "TrainingTexts":
        """Read what `to_bytes` returned.

        Raises:
            ModelError: it is something else, or of another version.
        """
        try:
            magic, texts = _HEADER.unpack(content[: _HEADER.size])
            bits = decompress(content[_HEADER.size :], SIZE)
        except (struct.error, zlib.error) as error:
            raise _unreadable(str(error)) from error
        if magic != MAGIC or len(bits) != SIZE:
            raise _unreadable(f"{magic!r} and {len(bits):,} bytes")
        return cls(bits, texts)


def _key(units: Sequence[str]) -> str:
    """The normalized comment without spaces: the same however it was cut and spaced.

    The letters of ``unit = "jamo"`` give another key than syllables.
    """
    return "".join(units).replace(SPACE, "")


def _unreadable(found: str) -> ModelError:
    return ModelError(
        "the model's set of training texts can't be read: expected {magic!r} and a "
        "filter of {size:,} bytes, found {found}; copy the model directory again from "
        "where it was whole, or train it again with this version",
        magic=MAGIC,
        size=SIZE,
        found=found,
    )
