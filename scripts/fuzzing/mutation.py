"""Inputs without a fuzzer's library: seeds, changed at random."""

import random

TOKENS = (
    *(b"", b"\0", b"\xff" * 4, b"\r\n", b'"', b"\\u0000", b"\\ud800", b"1e999", b"NaN", b"-1"),
    *(b"null", b"true", b"[" * 50, b"{" * 50, b"9" * 400, b"2" * 20, b"../", b"\x1b]0;"),
    *(b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xe3\x85\x8b", "\u202e".encode(), "👍🏽".encode()),
    *("가".encode(), "ᄀ".encode() * 9),
)
MOST = 1 << 13
"""Bytes of an input at most."""


def mutated(seed: bytes, rng: random.Random) -> bytes:
    """A seed after one to six changes: bits, bytes, ranges, tokens."""
    data = bytearray(seed)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        place = rng.randrange(len(data) + 1)
        end = min(len(data), place + rng.choice((1, 1, 2, 4, 16, 64)))
        match rng.randrange(7):
            case 0 if place < len(data):
                data[place] ^= 1 << rng.randrange(8)
            case 1 if place < len(data):
                data[place] = rng.randrange(256)
            case 2:
                del data[place:end]
            case 3:
                data[place:place] = data[place:end] * rng.choice((1, 2, 9))
            case 4:
                data[place:place] = rng.choice(TOKENS)
            case 5:
                data[place:end] = rng.choice(TOKENS)
            case 6:
                data[place:end] = rng.randbytes(end - place)
    return bytes(data[:MOST])
