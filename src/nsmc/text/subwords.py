"""Character n-grams: what gives a misspelt or new morpheme a vector of its own.

After fastText: Bojanowski et al., "Enriching Word Vectors with Subword Information", TACL 2017.
"""

from zlib import crc32

LONGEST = 3
"""n-grams of one to three characters: Hangul syllables carry what two or three letters do."""


def subword_ids(morpheme: str, buckets: int) -> list[int]:
    """Hash the character n-grams of ``<morpheme>`` into ``buckets`` rows.

    The angle brackets mark beginning and end, so that a suffix differs from a prefix; they count
    as characters but not as n-grams of their own.

    Args:
        morpheme: one unit; overlong ones (a run of misspelt text is one unknown morpheme to
            Mecab) are taken whole.
        buckets: rows of the n-gram table; 0 gives no n-grams.

    Returns:
        One row number in ``[0, buckets)`` per n-gram, repeats kept.
    """
    if buckets == 0:
        return []
    marked = f"<{morpheme}>"
    # CRC-32 and not hash(), which differs from process to process.
    return [
        crc32(marked[start : start + n].encode()) % buckets
        for n in range(1, LONGEST + 1)
        for start in range(len(marked) - n + 1)
        if marked[start : start + n] not in ("<", ">")
    ]
