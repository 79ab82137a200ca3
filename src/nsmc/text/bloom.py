"""Which words belong to a set, in ten bits each: never wrong about those that do.

Bloom, "Space/time trade-offs in hash coding with allowable errors", Communications of the ACM 13,
1970; the places of a word from two hashes, after Kirsch and Mitzenmacher, "Less hashing, same
performance: building a better Bloom filter", ESA 2006.
"""

import hashlib
from collections.abc import Collection, Iterator

BITS = 10
"""Of each word. With them one in a hundred of other words is taken for one of the set."""
PLACES = 7
"""Bits that a word sets: about ln 2 times `BITS` make the fewest mistakes."""


class BloomFilter:
    """A set of words that can only be asked.

    Args:
        bits: what `bloom_bits` gave.
    """

    def __init__(self, bits: bytes) -> None:
        self._bits = bits

    def __contains__(self, word: str) -> bool:
        bits = self._bits
        return bool(bits) and all(
            bits[place >> 3] >> (place & 7) & 1 for place in _places(word, 8 * len(bits))
        )


def bloom_bits(words: Collection[str]) -> bytes:
    """The bits of a `BloomFilter` of some words, `BITS` for each; the same for the same set."""
    bits = bytearray(-(-BITS * len(words) // 8))
    for word in words:
        for place in _places(word, 8 * len(bits)):
            bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def _places(word: str, size: int) -> Iterator[int]:
    """The numbers of the bits that stand for a word, of ``size``."""
    digest = hashlib.blake2b(word.encode(), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    return ((first + index * second) % size for index in range(PLACES))
