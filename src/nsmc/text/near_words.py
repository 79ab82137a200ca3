"""Finds among many words those that a single wrong letter may have made of a known one.

A Bloom filter (Bloom 1970) of the known words with one letter of one syllable left out, of two
hashes a letter. All words of many comments are looked up together, in numpy.

Shapes: M words, L syllables of the longest, N of the known words with one letter left out.
"""

from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

BITS = 25
"""The filter has 2^BITS bits, of which a twentieth is set for NSMC."""
FIRST, LETTERS, FINALS = ord("가"), np.uint32(588), np.uint32(28)
"""The first syllable; how many have the same initial, and how many of these the same medial."""
AT_ONCE = 1 << 14
"""Known words whose hashes are in memory at once."""
FEW = 12
"""Words below which numpy's calls take longer than Python's numbers."""
_MIXER, _ALL = 0xD6E8FEB86659FD93, (1 << 64) - 1
_PLACES = 3
"""Letters of a syllable: initial, medial and final, if only one that is not there."""

Slips = tuple[tuple[int, int], ...]
"""Places of syllables in a word, each with the number of its letter: initial, medial, final."""
Hashes = NDArray[np.uint64]


class NearWords:
    """The words that are one letter away from one of some known words, and a few others.

    Args:
        known: words of Hangul syllables, none empty.
        longest: syllables of the longest word that is ever asked about.
    """

    def __init__(self, known: Collection[str], longest: int) -> None:
        rng = np.random.default_rng(0)
        size = (longest, _PLACES + 1)
        self._factors = rng.integers(0, 1 << 63, size, np.uint64) << np.uint64(1) | np.uint64(1)
        self._longest = longest
        words = [word for word in known if len(word) <= longest]
        bits = np.zeros(1 << BITS, np.bool_)
        for start in range(0, len(words), AT_ONCE):
            hashes, there = self._hashes(words[start : start + AT_ONCE])
            for places in _bits(hashes[there]):
                bits[places] = True
        self._bits = np.packbits(bits)
        self._bytes, self._numbers = self._bits.data, self._factors.tolist()

    def __call__(self, words: Sequence[str]) -> dict[str, Slips]:
        """The words among some that are near, and where the wrong letter may be.

        Args:
            words: [M] of up to ``longest`` Hangul syllables each, none empty.
        """
        if len(words) < FEW:
            return {word: slips for word in words if (slips := self._of_one(word))}
        hashes, there = self._hashes(words)
        found = there  # [M, L, 3]
        for places in _bits(hashes):
            found = found & (self._bits[places >> 3] << (places & 7) & 128).astype(np.bool_)
        near: dict[str, Slips] = {}
        for word, place, letter in np.argwhere(found).tolist():
            near[words[word]] = (*near.get(words[word], ()), (place, letter))
        return near

    def _of_one(self, word: str) -> Slips:
        """The same of one word, with Python's numbers."""
        bits, parts = self._bytes, list(map(_parts, word))
        whole = sum(own * each[0] for (own, *_), each in zip(parts, self._numbers, strict=False))
        slips = []
        for place, (own, *left) in enumerate(parts):
            factor, *factors = self._numbers[place]
            rest = whole - own * factor
            for letter in range(_PLACES):
                mixed = rest + left[letter] * factors[letter] & _ALL
                mixed = (mixed ^ mixed >> 32) * _MIXER & _ALL
                bit = mixed >> 64 - BITS
                if bits[bit >> 3] << (bit & 7) & 128:
                    bit = mixed & (1 << BITS) - 1
                    if bits[bit >> 3] << (bit & 7) & 128:
                        slips.append((place, letter))
        return tuple(slips)

    def _hashes(self, words: Sequence[str]) -> tuple[Hashes, NDArray[np.bool_]]:
        """The hashes [M, L, 3] of words without one letter, and which of them [M, L, 3] exist."""
        lengths = np.array([len(word) for word in words])  # [M]
        there = np.arange(self._longest) < lengths[:, None]  # [M, L]
        syllables = np.zeros(there.shape, np.uint32)  # [M, L]; 0 beyond the end
        points = np.frombuffer("".join(words).encode("utf-32-le"), np.uint32)
        syllables[there] = points - np.uint32(FIRST - 1)
        number = syllables - np.uint32(1)  # of no meaning beyond the end
        initial, whole = number // LETTERS, number // FINALS  # [M, L]; whole without its final
        # A syllable without its initial, medial and final.
        others = (number - initial * LETTERS, initial * FINALS + number - whole * FINALS, whole)
        left = np.stack(others, axis=2).astype(np.uint64)  # [M, L, 3]
        factors = self._factors  # [L, 4]
        own = syllables.astype(np.uint64) * factors[:, 0]  # [M, L]
        rest = own.sum(axis=1)[:, None] - own  # [M, L]
        return rest[..., None] + (left + np.uint64(1)) * factors[:, 1:], np.repeat(
            there[..., None], _PLACES, axis=2
        )


@cache
def _parts(syllable: str) -> tuple[int, int, int, int]:
    """A syllable's number, and those without its initial, medial and final; all from 1 on."""
    number = ord(syllable) - FIRST
    initial, within = divmod(number, 588)
    return number + 1, within + 1, initial * 28 + number % 28 + 1, number // 28 + 1


def _bits(hashes: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The numbers of the two bits of hashes [...], [...] each."""
    mixed = hashes ^ hashes >> np.uint64(32)
    mixed *= np.uint64(_MIXER)
    first = (mixed >> np.uint64(64 - BITS)).astype(np.int64)
    second = (mixed & np.uint64((1 << BITS) - 1)).astype(np.int64)
    return first, second
