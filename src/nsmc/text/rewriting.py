"""Rewriting a text by patterns, with or without keeping where each character came from.

Shapes: N characters.
"""

import re
from collections.abc import Callable, Iterable
from functools import partial
from itertools import accumulate, pairwise

Span = tuple[int, int]
"""First code point and the one after the last."""
Placed = list[tuple[str, Span]]
"""[N] the characters of a rewritten text, each with the span of the original it came from."""
Pieces = list[tuple[int, str]]
"""What becomes of a match: numbers of characters, one after the other, with what replaces them."""
Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], Pieces]]
"""What is rewritten, and what each match becomes."""


def rewrite(text: str, rules: Iterable[Rule]) -> str:
    """Apply rules one after the other."""
    for pattern, pieces_of in rules:
        text = pattern.sub(partial(_replaced, pieces_of), text)
    return text


def _replaced(pieces_of: Callable[[re.Match[str]], Pieces], match: re.Match[str]) -> str:
    return "".join(new for _, new in pieces_of(match))


def rewrite_placed(characters: Placed, rules: Iterable[Rule]) -> Placed:
    """The same to characters with their spans [N]."""
    for pattern, pieces_of in rules:
        result: Placed = []
        done = 0
        for match in pattern.finditer("".join(character for character, _ in characters)):
            result += characters[done : match.start()]
            pieces = pieces_of(match)
            ends = pairwise(accumulate((count for count, _ in pieces), initial=match.start()))
            for (start, end), (_, new) in zip(ends, pieces, strict=True):
                result += spread(new, (characters[start][1][0], characters[end - 1][1][1]))
            done = match.end()
        characters = result + characters[done:]
    return characters


def spread(new: str, span: Span) -> Placed:
    """What replaces a span: its first character has all of it, the next an empty span behind."""
    return [(character, (span[1] if n else span[0], span[1])) for n, character in enumerate(new)]
