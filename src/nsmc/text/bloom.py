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
    """The set of strings of the `bloom_bits` made with as many hashes; it answers only ``in``."""

    def __init__(self, bits: bytes, hashes: int = HASHES) -> None:
        self._bits, self._hashes = bits, hashes

    def __contains__(self, member: str) -> bool:
        bits = self._bits
        places = _places(member, 8 * len(bits), self._hashes)
        return bool(bits) and all(bits[place >> 3] >> (place & 7) & 1 for place in places)


def bloom_bits(members: Collection[str], *, size: int | None = None, hashes: int = HASHES) -> bytes:
    """The bits of a `BloomFilter` of ``size`` bytes (None: `BITS` a member), by the set alone."""
    bits = bytearray(-(-BITS * len(members) // 8) if size is None else size)
    for member in members:
        for place in _places(member, 8 * len(bits), hashes):
            bits[place >> 3] |= 1 << (place & 7)
    return bytes(bits)


def _places(member: str, size: int, hashes: int) -> Iterator[int]:
    """The numbers of the bits that a member sets."""
    # Half of an emoji, cut off by a limit, is a code point that UTF-8 alone doesn't have.
    digest = hashlib.blake2b(member.encode(errors="surrogatepass"), digest_size=16).digest()
    first, second = int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
    return ((first + index * second) % size for index in range(hashes))
