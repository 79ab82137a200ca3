"""Character and letter n-grams: what gives a misspelt or new morpheme a vector of its own.

After fastText: Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017;
with letters, after Park et al., "Subword-level Word Vector Representations for Korean", ACL 2018.
"""

from zlib import crc32

from nsmc.text.jamo import letters_of

LONGEST = 3
"""n-grams of one to three characters: Hangul syllables carry what two or three letters do."""
LETTERS = (3, 5)
"""Shortest and longest n-grams of letters, as in Park et al."""


def subword_ids(morpheme: str, buckets: int, *, letters: bool = False) -> list[int]:
    """Hash the character n-grams of ``<morpheme>`` into ``buckets`` rows.

    The angle brackets mark beginning and end, so that a suffix differs from a prefix; they count
    as characters but not as n-grams of their own.

    Args:
        morpheme: one unit; overlong ones (a run of misspelt text is one unknown morpheme to
            Mecab) are taken whole.
        buckets: rows of the n-gram table; 0 gives no n-grams.
        letters: hash the n-grams of its letters (``재밌`` is ``ㅈㅐㅁㅣ-ㅆ``) into the same rows as
            well: one wrong key changes a syllable, but leaves most letters around it alone.

    Returns:
        One row number in ``[0, buckets)`` per n-gram, repeats kept.
    """
    if buckets == 0:
        return []
    marked = f"<{morpheme}>"
    # CRC-32 and not hash(), which differs from process to process.
    found = [
        crc32(marked[start : start + n].encode()) % buckets
        for n in range(1, LONGEST + 1)
        for start in range(len(marked) - n + 1)
        if marked[start : start + n] not in ("<", ">")
    ]
    if letters:
        keys = [letter for character in marked for letter in letters_of(character)]
        shortest, longest = LETTERS
        # The slash keeps them apart from n-grams of characters that look the same.
        found += [
            crc32(f"/{''.join(keys[start : start + n])}".encode()) % buckets
            for n in range(shortest, longest + 1)
            for start in range(len(keys) - n + 1)
        ]
    return found
