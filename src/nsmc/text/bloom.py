"""Bloom filters: sets of strings in a few bits each, never wrong about members.

Bloom, "Space/time trade-offs in hash coding with allowable errors", Communications of the ACM 13,
1970; all bits of a member from two hashes, after Kirsch and Mitzenmacher, "Less hashing, same
performance: building a better Bloom filter", ESA 2006.
"""

import hashlib
from collections.abc import Collection, Iterator

BITS = 10
"""Bits a member. With them and `HASHES`, one in a hundred other strings is taken for a member."""
HASHES = 7
"""Bits that each member sets: about ln 2 times `BITS` make the fewest mistakes."""


class BloomFilter:
    """A set of strings that answers ``in`` and nothing else.

    Args:
        bits: what `bloom_bits` returned.
        hashes: what `bloom_bits` was given.
    """

    def __init__(self, bits: bytes, hashes: int = HASHES) -> None:
        self._bits = bits
        self._hashes = hashes

    def __contains__(self, member: str) -> bool:
        bits = self._bits
        return bool(bits) and all(
            bits[place >> 3] >> (place & 7) & 1
            for place in _places(member, 8 * len(bits), self._hashes)
        )


def bloom_bits(members: Collection[str], *, size: int | None = None, hashes: int = HASHES) -> bytes:
    """The bits of a `BloomFilter`; the same for the same set.

    Args:
        members: the strings of the set.
        size: bytes of the filter; None for `BITS` a member.
        hashes: bits that each member sets.
    """
    bits = bytearray(-(-BITS * len(members) // 8) if size is None else size)
    for member in members:
        for place in _places(member, 8 * len(bits), hashes):
            bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def _places(member: str, size: int, hashes: int) -> Iterator[int]:
    """The numbers of the bits, of ``size``, that a member sets."""
    # Half of an emoji, cut off by a limit, is a code point that UTF-8 alone doesn't have.
    digest = hashlib.blake2b(member.encode(errors="surrogatepass"), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    return ((first + index * second) % size for index in range(hashes))
