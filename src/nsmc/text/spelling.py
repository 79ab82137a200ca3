"""Mistyped words put right before a comment is cut, where one wrong key explains them.

The noisy channel of Kernighan, Church and Gale, "A spelling correction program based on a noisy
channel model", COLING 1990, at its simplest: every wrong key is as likely as any other, so the
likeliest word is the most frequent one of which a single slip makes what was typed. A word that
stands in the comments as it is, however seldom, is left so: slang and names are rare, too, and the
model has learnt from it.
"""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping

from nsmc.errors import DataError, NsmcError
from nsmc.text.bloom import BloomFilter, bloom_bits
from nsmc.text.keyboard import meant_by

RULES = 2
"""Raise it with any change of what is put right: models made with others are refused."""
LEAST = 5
"""Times that a word stands in the comments to be what others are put right to: rarer ones may be
mistyped themselves."""
LONGEST = 9
"""Syllables of the longest word that is looked at; a longer one is several without spaces."""
_WORD = re.compile("[가-힣]+")
_SIZE = 4  # bytes of the number of bytes of the compressed words


class Spelling:
    """Puts words right that aren't known, if a known one may have been meant.

    A syllable becomes a syllable, so a comment keeps its length and every character its place.

    Args:
        learned: what `learn_spelling` gave.

    Raises:
        NsmcError: it isn't that.
    """

    def __init__(self, learned: bytes) -> None:
        size, rest = int.from_bytes(learned[:_SIZE], "big"), learned[_SIZE:]
        try:
            words = zlib.decompress(rest[:size]).decode().split("\n")
        except (zlib.error, UnicodeDecodeError) as error:
            raise NsmcError(
                "the words that this model was trained with can't be read: expected what "
                f"text.spelling learns, found something else ({error}); train again"
            ) from error
        # Built in C: a typed comment waits for it.
        self._rank = dict(zip(words, range(len(words)), strict=True))
        self._rarer = BloomFilter(rest[size:])
        self._identity = {"spelling": hashlib.sha256(learned).hexdigest()[:16]}

    def __call__(self, text: str) -> str:
        """The comment, already normalized, with its mistyped words put right."""
        return _WORD.sub(self._put_right, text)

    def _put_right(self, match: re.Match[str]) -> str:
        word = match[0]
        meant = _meant(word, self._rank)
        return word if meant is None or word in self._rarer else meant

    def identity(self) -> dict[str, str]:
        """The hash of what was learnt."""
        return self._identity


def _meant(word: str, rank: Mapping[str, int]) -> str | None:
    """The most frequent word of which one wrong key makes this one; None for a known one."""
    if word in rank or len(word) > LONGEST:
        return None
    best, found = len(rank), None
    for place, syllable in enumerate(word):
        before, behind = word[:place], word[place + 1 :]
        for meant in meant_by(syllable):
            candidate = before + meant + behind
            if candidate in rank and rank[candidate] < best:
                best, found = rank[candidate], candidate
    return found


def learn_spelling(texts: Iterable[str]) -> bytes:
    """Learn the words of comments; the same comments give the same bytes.

    Args:
        texts: normalized comments.

    Returns:
        For `Spelling`: the words that stand there `LEAST` times, runs of Hangul syllables of up to
        `LONGEST`, the most frequent first; and, as a `BloomFilter`, those rarer ones that would be
        put right if they weren't there.

    Raises:
        DataError: there are none of the first.
    """
    counts = Counter(word for text in texts for word in _WORD.findall(text))
    known = sorted(
        (-count, word) for word, count in counts.items() if count >= LEAST and len(word) <= LONGEST
    )
    if not known:
        raise DataError(
            f"text.spelling: expected words that stand in the comments {LEAST} times, to know how "
            "they are spelt, found none; leave it out for so few comments"
        )
    rank = {word: place for place, (_, word) in enumerate(known)}
    rarer = [word for word in counts if _meant(word, rank) is not None]
    words = zlib.compress("\n".join(rank).encode(), 9)
    return len(words).to_bytes(_SIZE, "big") + words + bloom_bits(rarer)
