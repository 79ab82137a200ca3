"""Keep composed comments apart from a suite that is to measure what they teach."""

import re
from collections.abc import Iterable, Iterator

from primer.compose import Comment

SURE_WORDS = frozenset({"재밌다", "최고", "별로", "굿", "good", "노잼"})
"""Words that have to be known, and so may stand in both."""
FEWEST = 4
"""Words of a comment from which on one of them may not be all that differs, either."""

_LETTERS = re.compile(r"[^\w\s]|_")
_LAUGHTER = re.compile(r"[ㅋㅎㅠㅜ\s]+$")


def forms(text: str) -> Iterator[str]:
    """What a comment is recognized by: its letters, and itself with one word left open."""
    letters = _LAUGHTER.sub("", _LETTERS.sub("", text)).lower()
    yield "".join((letters or text).split())
    words = letters.split()
    if len(words) >= FEWEST:
        for place in range(len(words)):
            yield " ".join([*words[:place], "*", *words[place + 1 :]])


def apart_from(comments: Iterable[Comment], others: Iterable[str]) -> Iterator[Comment]:
    """The comments of which none is another's text, nor becomes it by exchanging a word.

    Args:
        comments: composed ones.
        others: texts that may not be learnt.
    """
    taken = {form for other in others for form in forms(other)} - SURE_WORDS
    return (comment for comment in comments if taken.isdisjoint(forms(comment.text)))
