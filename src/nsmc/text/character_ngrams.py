"""Hashed character n-grams of whole comments, across the units that they were cut into.

After Weinberger et al., "Feature hashing for large scale multitask learning", ICML 2009.

Shapes: B comments, N characters of all of them with the marks between, G n-grams.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

MARK = "\n"
"""Comes before and after each comment; a normalized one holds no line break."""

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_MIXER = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(32)


def character_ngrams(
    comments: Sequence[Sequence[str]], longest: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hash the distinct n-grams of one to ``longest`` characters of each comment.

    The units of a comment are joined with nothing between, so it does not matter where it was cut.
    Morphemes hold no spaces; of other units, the mark for a space counts as a character. So do the
    marks of beginning and end, but not as n-grams of their own.

    Args:
        comments: [B] comments already cut into units.
        longest: characters of the longest n-grams.
        buckets: rows that they are hashed into, a power of two.

    Returns:
        Row numbers [G], comment after comment, ascending and none twice within one; and their count
        for each comment [B], which is 0 only without units.
    """
    text = MARK.join(["", *("".join(units) for units in comments), ""])
    return _ngrams(_points(text), len(comments), longest, buckets)


def subset_ngrams(
    units: Sequence[str], mask: NDArray[np.bool_], longest: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same of comments that are subsets of one comment's units.

    Args:
        units: [T] of the comment.
        mask: [B, T] the units of each subset, which are in order.
        longest, buckets: as for `character_ngrams`.
    """
    unit = np.repeat(np.arange(len(units)), [len(one) for one in units])  # [characters]
    before = np.ones((len(mask), 1), np.bool_)  # the mark
    has = np.concatenate([before, mask[:, unit]], axis=1)  # [B, 1 + characters]
    row = _points(MARK + "".join(units))  # [1 + characters]
    points = np.append(np.broadcast_to(row, has.shape)[has], row[0])  # [N]
    return _ngrams(points, len(mask), longest, buckets)


def _points(text: str) -> NDArray[np.uint64]:
    """The code points [N] of a text."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32).astype(np.uint64)


def _ngrams(
    points: NDArray[np.uint64], comments: int, longest: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The n-grams of code points [N]; see `character_ngrams`."""
    bits = buckets.bit_length() - 1
    marks = points == ord(MARK)  # [N]
    # The number of each character's comment; a mark that ends one begins the next.
    comment = np.cumsum(marks) - 1  # [N]
    hashes = np.zeros(len(points), np.uint64)  # [N], of the n-gram that begins at each place
    parts, owners = [], []
    for n in range(1, longest + 1):
        count = len(points) - n + 1
        if count <= 0:
            break
        hashes = (hashes[:count] + points[n - 1 :] + np.uint64(1)) * _FACTOR  # [count]
        hashes ^= hashes >> _SHIFT
        if n == 1:
            whole = ~marks  # [count]
        else:
            # No n-gram goes over a mark: it may begin with one and end with the next.
            whole = comment[n - 2 : count + n - 2] == comment[:count]  # [count]
            if n == 2:
                whole &= ~(marks[:-1] & marks[1:])
        parts.append(hashes[whole])
        owners.append(comment[:count][whole])
    # Together: a comment that is typed waits for every call.
    rows = (np.concatenate(parts) * _MIXER).astype(np.int64) >> (64 - bits) & (buckets - 1)
    joined = np.concatenate(owners) << bits | rows
    joined.sort()
    distinct = joined[np.append(True, joined[1:] != joined[:-1])[: len(joined)]]  # [G]
    counts = np.bincount(distinct >> bits, minlength=comments)  # [B]
    return distinct & (buckets - 1), counts


def character_pairs(
    comments: Sequence[str], rows: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hash the pairs of neighbouring characters of each comment, the marks around it included.

    Args:
        comments: [B].
        rows: what they are hashed into, a power of two.

    Returns:
        Row numbers [P] in the order of the text, and which comment each is of [P].
    """
    points = _points(MARK.join(["", *comments, ""]))  # [N]
    marks = points == ord(MARK)  # [N]
    whole = ~(marks[:-1] & marks[1:])  # [N - 1]; an empty comment has none
    pairs = ((points[:-1] << np.uint64(21) | points[1:]) * _FACTOR)[whole]  # [P]
    owners = (np.cumsum(marks) - 1)[:-1][whole]  # [P]
    return (pairs >> np.uint64(64 - rows.bit_length() + 1)).astype(np.int64), owners
