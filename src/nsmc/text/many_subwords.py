"""The n-grams of `nsmc.text.subwords` for many morphemes at once, in numpy.

Shapes: M morphemes, N characters or letters of all of them, P distinct ones, G n-grams.
"""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from nsmc.text.subwords import LETTERS, LONGEST, MARKS, SLASH, letters_in_bytes, subword_ids

FEW = 16
"""Morphemes below which numpy's calls take longer than Python's."""
AT_ONCE = 1 << 13
"""Morphemes whose n-grams are in memory at once before they are put together."""
_BYTE = np.uint32(255)
Integers = NDArray[np.int64]
Codes = NDArray[np.uint32]


def subword_rows(
    morphemes: Sequence[str], buckets: int, *, with_letters: bool
) -> tuple[Integers, Integers]:
    """What `subword_ids` gives for each of M morphemes.

    Returns:
        The rows [G], morpheme after morpheme in the same order, and how many each has [M].
    """
    if len(morphemes) < FEW or not buckets:
        each = [subword_ids(one, buckets, letters=with_letters) for one in morphemes]
        rows = np.array(list(chain.from_iterable(each)), np.int64)
        return rows, np.array([len(one) for one in each], np.int64)
    if len(morphemes) > AT_ONCE:
        parts = [
            subword_rows(morphemes[start : start + AT_ONCE], buckets, with_letters=with_letters)
            for start in range(0, len(morphemes), AT_ONCE)
        ]
        return np.concatenate([r for r, _ in parts]), np.concatenate([c for _, c in parts])
    marked = [f"<{one}>" for one in morphemes]
    pieces = {one: one.encode() for one in dict.fromkeys("".join(marked))}
    of = np.repeat(np.arange(len(marked)), [len(one) for one in marked])  # [N]
    hashes, owners = _runs([pieces[c] for one in marked for c in one], of, (1, LONGEST), 0)
    if with_letters:
        apart = {one: letters_in_bytes(one) for one in pieces}
        split = [apart[c] for one in marked for c in one]
        counts = [len(one) for one in split]
        found = _runs(list(chain.from_iterable(split)), np.repeat(of, counts), LETTERS, SLASH)
        hashes, owners = hashes + found[0], owners + found[1]
    owner = np.concatenate(owners)  # [G]
    order = np.argsort(owner, kind="stable")
    rows = np.concatenate(hashes)[order].astype(np.int64) % buckets
    return rows, np.bincount(owner, minlength=len(marked))


def _runs(
    pieces: list[bytes], of: Integers, sizes: tuple[int, int], start: int
) -> tuple[list[Codes], list[Integers]]:
    """CRC-32 of all runs of pieces within a morpheme, and the morpheme of each, by size.

    Args:
        pieces: [N] of all morphemes, end to end.
        of: [N] the morpheme of each piece.
        sizes: pieces of the shortest and the longest run; single marks are no runs.
        start: the CRC-32 of what stands before each run.
    """
    numbers = dict(zip(dict.fromkeys(pieces), range(len(pieces)), strict=False))  # P
    longest = max(map(len, numbers))
    table = np.frombuffer(b"".join(one.ljust(longest, b"\0") for one in numbers), np.uint8)
    columns = table.reshape(-1, longest).T.astype(np.uint32)  # [longest, P]
    lengths = np.array([len(one) for one in numbers])  # [P]
    piece = np.fromiter(map(numbers.__getitem__, pieces), np.int64, len(pieces))  # [N]
    codes = np.full(len(piece), ~np.uint32(start))  # [N], of the run that begins at each place
    hashes, owners = [], []
    for size in range(1, sizes[1] + 1):
        inside = of[size - 1 :] == of[: len(of) - size + 1]
        codes = codes[: len(inside)]
        added = piece[size - 1 :]
        for place, column in enumerate(columns):
            further = _TABLE[(codes ^ column[added]) & _BYTE] ^ codes >> np.uint32(8)
            codes = np.where(lengths[added] > place, further, codes)
        if size >= sizes[0]:
            if size == 1:
                inside = np.array([one not in MARKS for one in numbers])[piece]
            hashes.append(~codes[inside])
            owners.append(of[: len(inside)][inside])
    return hashes, owners


def _crc_table() -> Codes:
    """What CRC-32 makes of each byte, reflected as in zlib: [256]."""
    codes = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        codes = np.where(
            codes & 1, codes >> np.uint32(1) ^ np.uint32(0xEDB88320), codes >> np.uint32(1)
        )
    return codes


_TABLE = _crc_table()
