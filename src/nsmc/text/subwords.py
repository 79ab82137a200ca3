"""Character and letter n-grams, which give a misspelt or new morpheme a vector of its own.

After fastText: Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017;
with letters, after Park et al., "Subword-level Word Vector Representations for Korean", ACL 2018.
"""

from zlib import crc32

from nsmc.text.hangul import letters_of

LONGEST = 3
"""Characters of the longest n-grams: a Hangul syllable carries as much as two or three letters."""
LETTERS = (3, 5)
"""Shortest and longest n-grams of letters, as in Park et al."""


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
    marked = f"<{morpheme}>"
    # CRC-32 and not hash(), which differs from process to process.
    ids = [
        crc32(marked[start : start + n].encode()) % buckets
        for n in range(1, LONGEST + 1)
        for start in range(len(marked) - n + 1)
        if marked[start : start + n] not in ("<", ">")
    ]
    if letters:
        jamo = [letter for character in marked for letter in letters_of(character)]
        shortest, longest = LETTERS
        # The slash keeps them apart from n-grams of characters that look the same.
        ids += [
            crc32(f"/{''.join(jamo[start : start + n])}".encode()) % buckets
            for n in range(shortest, longest + 1)
            for start in range(len(jamo) - n + 1)
        ]
    return ids
