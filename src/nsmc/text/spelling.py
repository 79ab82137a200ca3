"""Mistyped words put right before a comment is cut, where one wrong key explains them.

The noisy channel of Kernighan, Church and Gale, "A spelling correction program based on a noisy
channel model", COLING 1990, at its simplest: every wrong key is as likely as any other, so the
likeliest word is the most frequent one of which a single slip makes what was typed.
"""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterable

from nsmc.errors import DataError, NsmcError
from nsmc.text.keyboard import meant_by

RULES = 1
"""Raise it with any change of what is put right: models made with others are refused."""
LEAST = 5
"""Times that a word stands in the comments to be known: rarer ones may be mistyped themselves."""
LONGEST = 9
"""Syllables of the longest word that is looked at; a longer one is several without spaces."""
_WORD = re.compile("[가-힣]+")


class Spelling:
    """Puts words right that aren't known, if a known one may have been meant.

    A syllable becomes a syllable, so a comment keeps its length and every character its place.

    Args:
        learned: what `learn_spelling` gave.

    Raises:
        NsmcError: it isn't that.
    """

    def __init__(self, learned: bytes) -> None:
        try:
            words = zlib.decompress(learned).decode().split("\n")
        except (zlib.error, UnicodeDecodeError) as error:
            raise NsmcError(
                "the words that this model was trained with can't be read: expected what "
                f"text.spelling learns, found something else ({error}); train again"
            ) from error
        # Built in C: a typed comment waits for it.
        self._rank = dict(zip(words, range(len(words)), strict=True))
        self._identity = {"spelling": hashlib.sha256(learned).hexdigest()[:16]}

    def __call__(self, text: str) -> str:
        """The comment, already normalized, with its mistyped words put right."""
        return _WORD.sub(self._put_right, text)

    def _put_right(self, match: re.Match[str]) -> str:
        word = match[0]
        rank, best, found = self._rank, len(self._rank), word
        if word in rank or len(word) > LONGEST:
            return word
        for place, syllable in enumerate(word):
            before, behind = word[:place], word[place + 1 :]
            for meant in meant_by(syllable):
                candidate = before + meant + behind
                if candidate in rank and rank[candidate] < best:
                    best, found = rank[candidate], candidate
        return found

    def identity(self) -> dict[str, str]:
        """The hash of what was learnt."""
        return self._identity


def learn_spelling(texts: Iterable[str]) -> bytes:
    """Learn the words of comments; the same comments give the same bytes.

    Args:
        texts: normalized comments.

    Returns:
        The words that stand there `LEAST` times, runs of Hangul syllables of up to `LONGEST`, the
        most frequent first, for `Spelling`.

    Raises:
        DataError: there are none.
    """
    counts = Counter(word for text in texts for word in _WORD.findall(text))
    known = [
        (-count, word) for word, count in counts.items() if count >= LEAST and len(word) <= LONGEST
    ]
    if not known:
        raise DataError(
            f"text.spelling: expected words that stand in the comments {LEAST} times, to know how "
            "they are spelt, found none; leave it out for so few comments"
        )
    return zlib.compress("\n".join(word for _, word in sorted(known)).encode(), 9)
