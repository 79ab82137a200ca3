"""How a model reads a comment, as plain values for programs in other languages.

Made from the modules of `nsmc.text` themselves, so that nothing is written down twice. What other
languages lack or have in another version of Unicode (categories, combining classes) comes as
tables. `docs/exporting.md` describes every entry.
"""

import functools
import html
import html.entities
import itertools
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

from nsmc.errors import UsageError
from nsmc.inference import familiarity
from nsmc.inference.classifier import PASSAGE, TIMES_LONGER
from nsmc.inference.directory import ModelDirectory
from nsmc.text import hangul
from nsmc.text.normalize import (
    LETTERS,
    MARKUP,
    PLAIN,
    TABLE,
    UNCHANGED,
    VERSION,
    WITHIN_WORDS,
    meaning,
    replacement,
)
from nsmc.text.syllables import REGIONAL, SKIN_TONES, SPACE

FORMAT = 1
"""Raise it with any change of what `text_side` returns."""
POINTS = (*range(0x40000), *range(0xE0000, 0xE1000))
"""The code points of the planes that hold characters other than private ones."""
JAMO = range(0x1100, 0xD800)
Ranges = list[tuple[int, int, str]]


def check_needs_no_mecab(model: ModelDirectory, what: str) -> None:
    """Refuse a model whose text side is Mecab.

    Raises:
        UsageError: it is one of morphemes, or corrects spelling, which asks Mecab for unknown
            words; ``what`` says what can't be written.
    """
    text = model.config.text
    if text.unit == "morpheme":
        raise UsageError(
            "{what} cuts comments without Mecab, so it needs a model of other units; "
            "expected syllables, jamo or pieces, found morphemes in {path}. Train one, it "
            "is a matter of minutes: nsmc train --config configs/syllable.toml --output "
            "runs/syllable",
            what=what,
            path=model.path,
        )
    if text.spelling:
        raise UsageError(
            "{what} has no spelling correction, which asks Mecab; {path} was trained with "
            "it. Train without: --set text.spelling=false",
            what=what,
            path=model.path,
        )


def text_side(model: ModelDirectory) -> dict[str, Any]:
    """The values of a model that `check_needs_no_mecab` lets through."""
    text = model.config.text
    side = {
        "format": FORMAT,
        "normalizer": VERSION,
        "unit": text.unit,
        "characters_read": TIMES_LONGER * text.max_characters,
        "window": (3 if text.unit == "jamo" else 1) * text.max_characters,
        "passage": (3 if text.unit == "jamo" else 1) * PASSAGE,
        "space": SPACE,
        "vocabulary": model.vocabulary,
        **_characters(),
    }
    if text.unit == "bpe":
        assert model.learned is not None
        side["pieces"] = _pieces(model.learned)
    return side


@functools.cache
def _characters() -> dict[str, Any]:
    """What is the same for all models of this version."""
    return {
        "characters": _runs(
            (point, new)
            for point in POINTS
            if (new := replacement(character := chr(point))) != character
        ),
        "plain": PLAIN.pattern,
        "unchanged": UNCHANGED.pattern,
        "markup": MARKUP[0][0].pattern,
        "within_words": WITHIN_WORDS.pattern,
        "entities": _entities(),
        "numbers": _numbers(),
        "spaces": "".join(c for c in map(chr, range(0x3001)) if c.isspace()),
        "conjoining": {"pattern": LETTERS[0][0].pattern, "letters": hangul.CONJOINING},
        "apart": {
            "run": LETTERS[1][0].pattern,
            "syllable": hangul.APART.pattern,
            "vowels": hangul.VOWELS,
            "ends": hangul.ENDS,
            "laughs": hangul.LAUGHS,
            "weeps": hangul.WEEPS,
        },
        "initials": hangul.INITIALS,
        "medials": hangul.MEDIALS,
        "finals": hangul.FINALS,
        "cluster": _cluster(),
        "hangul": _class(lambda c: hangul.syllable_type(c) is not None, JAMO),
        "unassigned": _class(lambda c: unicodedata.category(c) == "Cn"),
        "combining": _class(lambda c: unicodedata.combining(c) > 0),
        "familiar": {
            "frequent": familiarity.FREQUENT,
            "unfamiliar": familiarity.UNFAMILIAR,
            "word": familiarity.WORD.pattern,
            "letters": familiarity.LETTERS.pattern,
            "letter_run": familiarity.LETTER_RUN.pattern,
            "faces": familiarity.FACES.pattern,
            "counts": _class(familiarity.counts),
            "alphabetic": _class(str.isalpha),
        },
    }


def _runs(replacements: Iterable[tuple[int, str]]) -> Ranges:
    """First code point, last one, and what each between becomes."""
    result: Ranges = []
    for point, new in replacements:
        if result and result[-1][1:] == (point - 1, new):
            result[-1] = (result[-1][0], point, new)
        else:
            result.append((point, point, new))
    return result


def _class(holds: Callable[[str], bool], points: Iterable[int] = POINTS) -> str:
    """A character class of regular expressions, without brackets; nothing in it is special."""
    points = (point for point in points if holds(chr(point)))
    runs = []
    for _, group in itertools.groupby(enumerate(points), lambda pair: pair[1] - pair[0]):
        some = [chr(point) for _, point in group]
        runs.append(some[0] if len(some) == 1 else f"{some[0]}-{some[-1]}")
    return "".join(runs)


def _entities() -> dict[str, str]:
    """Names, all of them in lower case as normalized texts are, and what they stand for."""
    names = (name.removesuffix(";") for name in html.entities.html5 if name.endswith(";"))
    return {
        name: meaning(f"&{name};", name).translate(TABLE)
        for name in names
        if re.fullmatch("[a-z][a-z0-9]{1,30}", name)
    }


def _numbers() -> Ranges:
    """Numbers of ``&#…;`` that don't stand for their own character, as HTML says; 0x110000 stands
    for all above Unicode."""
    planes = {plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)}
    points = {*range(0xA1), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), *planes, 0x110000}
    meanings = {n: html.unescape(f"&#{n};").translate(TABLE) for n in sorted(points)}
    own = {n: chr(n).translate(TABLE) for n in points if n <= sys.maxunicode}
    return _runs((n, new) for n, new in meanings.items() if own.get(n) != new)


def _cluster() -> str:
    """One of `nsmc.text.syllables.clusters`, as a pattern."""
    syllables = range(0xAC00, 0xD7A4)
    initial, medial, final = (
        f"[{_class(lambda c, kind=kind: hangul.syllable_type(c) == kind, JAMO)}]"  # type: ignore[misc]
        for kind in "LVT"
    )
    opened = "".join(chr(point) for point in syllables[::28])
    marks = _class(
        lambda c: c in SKIN_TONES or (c >= "\u0300" and unicodedata.category(c)[0] == "M")
    )
    region = f"[{_class(REGIONAL.__contains__)}]"
    return (
        f" |(?:{region}{region}?|{initial}(?:{medial}+{final}*)?|{medial}+{final}*|{final}+"
        f"|[{opened}]{medial}*{final}*|[{chr(syllables[0])}-{chr(syllables[-1])}]{final}*|.)"
        f"[{marks}]*"
    )


def _pieces(learned: bytes) -> dict[str, float]:
    """The score of each piece of a SentencePiece model; the highest pair is joined first."""
    import sentencepiece

    model: Any = sentencepiece.SentencePieceProcessor()
    model.LoadFromSerializedProto(learned)
    usual = (n for n in range(len(model)) if not model.IsUnknown(n) and not model.IsControl(n))
    return {model.IdToPiece(n): model.GetScore(n) for n in usual}
