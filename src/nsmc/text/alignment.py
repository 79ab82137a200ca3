"""Where in a comment as typed each of its units stands.

Shapes: N characters of the normalized comment, T units.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from nsmc.text.normalize import PLAIN, TABLE

Span = tuple[int, int]
"""First code point and the one after the last."""


def align(text: str, spans: Sequence[Span], max_characters: int) -> list[Span]:
    """Find the code points of a comment that became each stretch of its normalized form.

    Spans in order give spans in order, which don't reach beyond ``text`` and don't overlap unless
    those given do. A span begins and ends with what was kept, except that characters dropped by
    `nsmc.text.normalize.normalize` directly after a kept one (a variation selector, a zero-width
    joiner) belong to it: an emoji is not cut from its selector. Normalized by itself,
    ``text[start:end]`` is the stretch again, unless the tokenizer cut inside what Unicode calls a
    combining sequence, say between a letter and an accent that has no precomposed form; a letter
    that normalization turns into several gives its span to the first unit that has a part of it,
    and a second one an empty span behind it. An empty stretch gives an empty span.

    Args:
        text: the comment as typed.
        spans: [T] where in the normalized comment its units stand.
        max_characters: the tokenizer's.

    Returns:
        [T] spans in code points of ``text``.

    Raises:
        ValueError: a span reaches beyond the normalized comment.
    """
    origins = _normalized(text, max_characters)  # [N]
    if any(not 0 <= start <= end <= len(origins) for start, end in spans):
        raise ValueError(f"{spans!r} reach beyond the {len(origins)} characters of {text!r}")
    found = []
    for start, end in spans:
        first = origins[start][1][0] if start < len(origins) else len(text)
        found.append((first, origins[end - 1][1][1] if end > start else first))
    return found


def places(text: str, pieces: Sequence[str]) -> list[Span]:
    """Where in a text its pieces stand, one after the other, white space before each skipped.

    Raises:
        ValueError: they aren't pieces of the text, in order.
    """
    spans, place = [], 0
    for piece in pieces:
        while text[place : place + 1] == " " and not piece.startswith(" "):
            place += 1
        if not piece or not text.startswith(piece, place):
            raise ValueError(f"{piece!r} doesn't stand at {place} of {text!r}")
        spans.append((place, place + len(piece)))
        place += len(piece)
    return spans


def side_by_side(pieces: Sequence[str]) -> list[Span]:
    """Where pieces stand in the text that they make together."""
    return list(pairwise(accumulate(map(len, pieces), initial=0)))


def _normalized(text: str, max_characters: int) -> list[tuple[str, Span]]:
    """The characters of the normalized comment [N], each with the span of ``text`` it came from."""
    found: list[tuple[str, Span]] = []
    for character, span in _composed(_kept(text[: 4 * max_characters])):
        if not character.isspace():
            found.append((character, span))
        elif found and found[-1][0] != " ":
            found.append((" ", span))
    found = found[:max_characters]
    while found and found[-1][0] == " ":
        found.pop()
    return found


def _kept(text: str) -> Iterator[tuple[str, Span]]:
    """Characters after translation, each with the dropped ones directly behind it."""
    waiting: tuple[str, Span] | None = None
    for place, character in enumerate(text):
        # As `str.translate` does, but one by one.
        kept = character if PLAIN.fullmatch(character) else character.translate(TABLE)
        if kept:
            if waiting is not None:
                yield waiting
            waiting = (kept, (place, place + 1))
        elif waiting is not None and not waiting[0].isspace():
            waiting = (waiting[0], (waiting[1][0], place + 1))
    if waiting is not None:
        yield waiting


def _composed(characters: Iterator[tuple[str, Span]]) -> Iterator[tuple[str, Span]]:
    """Characters after NFC: sequences that compose or reorder are handled as one."""
    sequence: list[tuple[str, Span]] = []
    for character, span in characters:
        if sequence and _begins_anew(sequence, character):
            yield from _compose(sequence)
            sequence = []
        sequence.append((character, span))
    yield from _compose(sequence)


def _begins_anew(sequence: list[tuple[str, Span]], character: str) -> bool:
    """Whether nothing from ``character`` on composes or changes places with what is before it."""
    if PLAIN.fullmatch(character):
        return True
    if unicodedata.combining(unicodedata.normalize("NFD", character)[0]):
        return False
    nfc, before = unicodedata.normalize, "".join(c for c, _ in sequence)
    return nfc("NFC", before + character) == nfc("NFC", before) + nfc("NFC", character)


def _compose(sequence: list[tuple[str, Span]]) -> Iterator[tuple[str, Span]]:
    composed = unicodedata.normalize("NFC", "".join(c for c, _ in sequence))
    if len(composed) < len(sequence):
        # The first letter has taken up what became fewer; what is left stands behind it.
        taken = len(sequence) - len(composed)
        whole = (sequence[0][1][0], sequence[taken][1][1])
        spans = [whole, *(span for _, span in sequence[taken + 1 :])]
    else:
        spans = [span for _, span in sequence]
        end = spans[-1][1] if spans else 0
        spans += [(end, end)] * (len(composed) - len(sequence))
    yield from zip(composed, spans, strict=True)
