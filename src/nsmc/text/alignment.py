"""From spans of a normalized comment to spans of the comment as typed.

Shapes: N characters of the normalized comment, T units.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from nsmc.text.normalize import LETTERS, MARKUP, PLAIN, TABLE
from nsmc.text.rewriting import Placed, Span, rewrite_placed, spread

if TYPE_CHECKING:
    from nsmc.text.new_words import NewWords


def align(
    text: str, spans: Sequence[Span], max_characters: int, words: "NewWords | None" = None
) -> list[Span]:
    """Find the code points of a comment that became each span of its normalized form.

    Spans in order give spans in order, within ``text``, which overlap only if the given ones do.
    A character that `nsmc.text.normalize.normalize` drops (a variation selector, a zero-width
    joiner) belongs to the one before it. Normalized by itself, ``text[start:end]`` is the span's
    text again, unless the tokenizer cut inside a combining sequence, such as between a letter and
    an accent that has no precomposed form. A letter that normalization turns into several gives its
    span to the first unit with a part of it, and an empty span behind it to the next. An empty span
    stays empty.

    Both the given spans [T] and the returned ones [T] count code points. ``max_characters`` is the
    tokenizer's; ``words`` are those whose meanings are in the normalized comment, each with the
    span of its word.

    Raises:
        ValueError: a span reaches beyond the normalized comment.
    """
    characters = normalized_with_spans(text, max_characters)
    if words is not None:
        characters = words.placed(characters)
    origins = [span for _, span in characters]  # [N]
    if any(not 0 <= start <= end <= len(origins) for start, end in spans):
        raise ValueError(f"{spans!r} reach beyond the {len(origins)} characters of {text!r}")
    starts = [start for start, _ in origins] + [len(text)]  # [N + 1]
    aligned = [
        (starts[start], origins[end - 1][1] if end > start else starts[start])
        for start, end in spans
    ]
    return aligned if words is None else _apart(aligned)


def _apart(spans: list[Span]) -> list[Span]:
    """Spans in order that are equal or don't overlap: a unit may hold a part of a meaning."""
    result: list[Span] = []
    for start, end in spans:
        before = result[-1] if result else (0, 0)
        if (start, end) != before and start < before[1]:
            start, end = before if end <= before[1] else (before[1], end)
        result.append((start, end))
    return result


def find_spans(text: str, pieces: Sequence[str]) -> list[Span]:
    """The spans of a text's pieces, one after the other, with spaces before each skipped.

    Raises:
        ValueError: they aren't pieces of the text, in order.
    """
    spans, place = [], 0
    for piece in pieces:
        while text[place : place + 1] == " " and not piece.startswith(" "):
            place += 1
        if not piece or not text.startswith(piece, place):
            raise ValueError(f"{piece!r} is not at {place} of {text!r}")
        spans.append((place, place + len(piece)))
        place += len(piece)
    return spans


def consecutive_spans(pieces: Sequence[str]) -> list[Span]:
    """The spans of pieces in the text that they make together."""
    return list(pairwise(accumulate(map(len, pieces), initial=0)))


def normalized_with_spans(text: str, max_characters: int) -> Placed:
    """The characters of the normalized comment [N], each with the span of ``text`` it came from."""
    characters = list(_translate(text[: 4 * max_characters]))
    while (unmarked := rewrite_placed(characters, MARKUP)) != characters:
        characters = unmarked
    result: Placed = []
    for character, span in _compose_all(iter(characters)):
        if not character.isspace():
            result.append((character, span))
        elif result and result[-1][0] != " ":
            result.append((" ", span))
    result = result[:max_characters]
    while result and result[-1][0] == " ":
        result.pop()
    return rewrite_placed(result, LETTERS)


def _translate(text: str) -> Iterator[tuple[str, Span]]:
    """Characters after translation, each with the dropped ones directly behind it."""
    waiting: Placed = []
    for place, character in enumerate(text):
        replacement = character.translate(TABLE)
        if replacement:
            yield from waiting
            waiting = spread(replacement, (place, place + 1))
        elif waiting and not waiting[0][0].isspace():
            waiting = spread("".join(one for one, _ in waiting), (waiting[0][1][0], place + 1))
    yield from waiting


def _compose_all(characters: Iterator[tuple[str, Span]]) -> Iterator[tuple[str, Span]]:
    """Characters after NFC: sequences that compose or reorder are handled as one."""
    sequence: Placed = []
    for character, span in characters:
        if sequence and _starts_sequence(character, sequence):
            yield from _compose(sequence)
            sequence = []
        sequence.append((character, span))
    yield from _compose(sequence)


def _starts_sequence(character: str, sequence: Placed) -> bool:
    """Whether nothing from ``character`` on composes or changes places with what is before it."""
    if PLAIN.fullmatch(character):
        return True
    if unicodedata.combining(unicodedata.normalize("NFD", character)[0]):
        return False
    nfc, before = unicodedata.normalize, "".join(c for c, _ in sequence)
    return nfc("NFC", before + character) == nfc("NFC", before) + nfc("NFC", character)


def _compose(sequence: Placed) -> Iterator[tuple[str, Span]]:
    composed = unicodedata.normalize("NFC", "".join(c for c, _ in sequence))
    spans = [span for _, span in sequence]
    if (fewer := len(sequence) - len(composed)) > 0:
        # The first letter has taken up the others; what is left is behind it.
        spans[: fewer + 1] = [(spans[0][0], spans[fewer][1])]
    elif fewer < 0:
        spans += [(spans[-1][1], spans[-1][1])] * -fewer
    yield from zip(composed, spans, strict=True)
