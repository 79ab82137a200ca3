"""Character and letter n-grams, which give a misspelt or new morpheme a vector of its own.

After fastText: Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017;
with letters, after Park et al., "Subword-level Word Vector Representations for Korean", ACL 2018.
"""

from functools import lru_cache
from itertools import repeat
from zlib import crc32

from nsmc.text.hangul import letters_of

LONGEST = 3
"""Characters of the longest n-grams: a Hangul syllable carries as much as two or three letters."""
LETTERS = (3, 5)
"""Shortest and longest n-grams of letters, as in Park et al."""
MARKS = (b"<", b">")
"""Around a morpheme; alone, they are no n-grams."""
SLASH = crc32(b"/")
"""Keeps n-grams of letters apart from n-grams of characters that look the same."""


def subword_ids(morpheme: str, buckets: int, *, letters: bool = False) -> list[int]:
    """Hash the character n-grams of ``<morpheme>`` into ``buckets`` rows.

    The angle brackets mark beginning and end, so that a suffix differs from a prefix. Alone, they
    are no n-grams.

    Args:
        morpheme: one unit of any length.
        buckets: rows of the n-gram table; 0 gives no n-grams.
        letters: hash the n-grams of its letters (``재밌`` is ``ㅈㅐㅁㅣ-ㅆ``) as well: a wrong key
            changes a syllable, but few of its letters' n-grams.
    """
    if buckets == 0:
        return []
    pieces = [character.encode() for character in f"<{morpheme}>"]
    # CRC-32 and not hash(), which differs from process to process. That of an n-gram goes on from
    # that of the n-gram which is one character shorter.
    hashes = list(map(crc32, pieces))
    found = [code for piece, code in zip(pieces, hashes, strict=True) if piece not in MARKS]
    for n in range(1, LONGEST):
        hashes = list(map(crc32, pieces[n:], hashes))
        found += hashes
    if letters:
        jamo: list[bytes] = []
        for character in f"<{morpheme}>":
            jamo += letters_in_bytes(character)
        shortest, longest = LETTERS
        hashes = list(map(crc32, jamo, repeat(SLASH)))
        for n in range(1, longest):
            hashes = list(map(crc32, jamo[n:], hashes))
            if n >= shortest - 1:
                found += hashes
    return [code % buckets for code in found]


@lru_cache(1 << 14)
def letters_in_bytes(character: str) -> tuple[bytes, ...]:
    """The letters of a character in UTF-8, as `nsmc.text.hangul.letters_of` gives them."""
    return tuple(letter.encode() for letter in letters_of(character))
