"""Which texts a model has seen, as a set of hashes small enough to travel with it.

Every distinct text is a hash of K bits; sorted, the gaps between them are Rice-coded (Golomb,
"Run-length encodings", IEEE Trans. Inf. Theory 12, 1966; Rice, JPL Publication 79-22, 1979), as in
Putze, Sanders and Singler, "Cache-, hash- and space-efficient Bloom filters", WEA 2007. With false
positives of probability p that takes some log2(1/p) + 1.5 bits a text, where a Bloom filter takes
1.44 log2(1/p). A text that is in the set is always found; one that isn't is taken for one of them
with the probability p.

Of two sets the one with the longer hashes can be cut to the shorter: a hash is the first K bits of
one of 64, whatever K is.

Shapes: R reviews, M distinct hashes, K bits of each.
"""

import math
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError
from nsmc.text.syllables import SPACE

LIMIT = 400 * 1024
"""Bytes of a set at most: the more texts, the fewer bits of their hashes are kept."""
BITS = 40
"""Bits of a hash at most: of fewer texts than fill `LIMIT` one in millions is found by mistake. As
many for a handful of texts, so that to join them with a large set costs nothing of that one's."""
MAGIC = b"seen"
VERSION = 1
_HEADER = struct.Struct("<4sBBBxQQ")
"""`MAGIC`, `VERSION`, K, bits of a gap's remainder, the number of texts, M."""

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """A set of texts that can be asked whether a text is in it, and nothing else."""

    bits: int
    """K."""
    values: Hashes
    """[M] the first K bits of each text's hash as a number; sorted, each once."""
    texts: int
    """Distinct texts in it; of a union an estimate."""

    @classmethod
    def of(cls, reviews: Iterable[Sequence[str]]) -> "Fingerprint":
        """The set of some comments, each as its units: see `text_hashes`."""
        hashes = _each_once(np.sort(text_hashes(reviews)))
        return cls(64, hashes, len(hashes))._fitted()

    @property
    def false_positive_rate(self) -> float:
        """The probability that a text that isn't in the set is taken for one that is."""
        return len(self.values) / (1 << self.bits)

    def contains(self, reviews: Iterable[Sequence[str]]) -> NDArray[np.bool_]:
        """Whether each of R comments, as its units, is in the set: [R].

        True of every one that is, and of others with the probability `false_positive_rate`.
        """
        asked = text_hashes(reviews) >> np.uint64(64 - self.bits)  # [R]
        if not len(self.values):
            return np.zeros(len(asked), np.bool_)
        places = np.searchsorted(self.values, asked)  # [R]
        found: NDArray[np.bool_] = self.values[np.minimum(places, len(self.values) - 1)] == asked
        return found

    def union(self, *others: "Fingerprint") -> "Fingerprint":
        """The set of all texts of this one and others, with hashes as long as the shortest.

        How many distinct texts it has is estimated from how many hashes coincide (linear counting:
        Whang, Vander-Zanden and Taylor, ACM TODS 15, 1990).
        """
        sets = (self, *others)
        bits = min(one.bits for one in sets)
        values = _each_once(np.sort(np.concatenate([one._cut(bits) for one in sets])))
        free = 1 - len(values) / 2**bits
        estimate = -(2**bits) * math.log(free) if free else math.inf
        least, most = max(one.texts for one in sets), sum(one.texts for one in sets)
        return Fingerprint(bits, values, round(min(max(estimate, least), most)))._fitted()

    def to_bytes(self) -> bytes:
        """The set as a file of at most `LIMIT` bytes; the same for the same texts."""
        rest, gaps = self._rest, self._gaps  # gaps of [M]
        ends = np.cumsum((gaps >> rest) + 1) - 1  # [M]
        unary = np.zeros(int(ends[-1]) + 1 if len(ends) else 0, np.uint8)
        unary[ends] = 1
        low = gaps[:, None] >> np.arange(rest - 1, -1, -1) & 1  # [M, rest]
        header = _HEADER.pack(MAGIC, VERSION, self.bits, rest, self.texts, len(gaps))
        packed = np.packbits(unary).tobytes() + np.packbits(low.astype(np.uint8)).tobytes()
        return header + packed

    @classmethod
    def from_bytes(cls, data: bytes) -> "Fingerprint":
        """What `to_bytes` gave.

        Raises:
            ModelError: it is of a later version of nsmc, or no such set.
        """
        size = _HEADER.size
        if len(data) < size or data[: len(MAGIC)] != MAGIC:
            raise _damaged(f"a file that begins with {MAGIC!r}", repr(data[: len(MAGIC)]))
        _, version, bits, rest, texts, count = _HEADER.unpack(data[:size])
        if version != VERSION:
            raise ModelError(
                f"the hashes of the model's training texts have version {version}, and this nsmc "
                f"reads version {VERSION}; upgrade nsmc"
            )
        split = len(data) - (count * rest + 7) // 8
        if not 1 <= bits <= BITS or rest > bits or split < size:
            raise _damaged(f"{count:,} hashes of {bits} bits", f"{len(data) - size:,} bytes")
        content = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(np.unpackbits(content[size:split]))  # [M]
        if len(ends) != count:
            raise _damaged(f"{count:,} hashes", f"{len(ends):,}")
        high = np.diff(ends, prepend=-1) - 1  # [M]
        low = np.unpackbits(content[split:], count=count * rest).reshape(count, rest)  # [M, rest]
        gaps = (high << rest) + low @ (1 << np.arange(rest - 1, -1, -1, dtype=np.int64))  # [M]
        values = np.cumsum(gaps + 1) - 1  # [M]
        if count and int(values[-1]) >> bits:
            raise _damaged(f"hashes of {bits} bits", f"one of {int(values[-1]).bit_length()}")
        return cls(bits, values.astype(np.uint64), texts)

    @property
    def size(self) -> int:
        """Bytes of `to_bytes`."""
        rest, count = self._rest, len(self.values)
        unary = count + int((self._gaps >> rest).sum())
        return _HEADER.size + (unary + 7) // 8 + (count * rest + 7) // 8

    def _cut(self, bits: int) -> Hashes:
        """The first ``bits`` bits of the hashes, sorted and each once."""
        return _each_once(self.values >> np.uint64(self.bits - bits))

    def _fitted(self) -> "Fingerprint":
        """The set with the longest hashes that `BITS` and `LIMIT` allow."""
        # Never longer than a bit for each possible hash, so this ends.
        for bits in range(min(self.bits, BITS), 0, -1):
            found = Fingerprint(bits, self._cut(bits), self.texts)
            if found.size <= LIMIT:
                break
        return found

    @cached_property
    def _gaps(self) -> NDArray[np.int64]:
        """[M] numbers between each hash and the one before it."""
        values = self.values.astype(np.int64)  # [M]
        before = np.concatenate([np.full(1, -1), values[:-1]])  # [M]
        gaps: NDArray[np.int64] = values - before - 1
        return gaps

    @cached_property
    def _rest(self) -> int:
        """How many of a gap's bits are written as they are; what is above them, in unary."""
        if not len(self.values):
            return 0
        near = int(self._gaps.mean() + 1).bit_length() - 1
        lengths = {
            rest: rest * len(self._gaps) + int((self._gaps >> rest).sum())
            for rest in range(max(0, near - 1), near + 2)
        }
        return min(lengths, key=lambda rest: lengths[rest])


def text_hashes(reviews: Iterable[Sequence[str]]) -> Hashes:
    """64 bits [R] of each of R comments by its units, as a model's tokenizer cuts them.

    What is hashed is the units end to end, without spaces: the normalized comment, wherever its
    spaces stand and into whatever morphemes, syllables or pieces it was cut. Letters of syllables
    give hashes of their own.
    """
    digests = (
        blake2b(
            "".join(units).replace(SPACE, "").encode("utf-8", "surrogatepass"),
            digest_size=8,
            person=b"nsmc seen texts",
        ).digest()
        for units in reviews
    )
    return np.frombuffer(b"".join(digests), ">u8").astype(np.uint64)


def _each_once(hashes: Hashes) -> Hashes:
    """Sorted hashes without repetitions."""
    new = np.ones(len(hashes), np.bool_)
    np.not_equal(hashes[1:], hashes[:-1], out=new[1:])
    return hashes[new]


def _damaged(expected: str, found: str) -> ModelError:
    return ModelError(
        f"the hashes of the model's training texts are damaged: expected {expected}, found "
        f"{found}; copy the model directory again from where it was whole, or train it again"
    )
