"""Comments into what a person calls their characters: no dictionary, nothing learnt.

A unit is an extended grapheme cluster (Unicode Standard Annex 29) of a normalized text. As
normalization drops the zero-width joiner, an emoji of a family comes as one unit for each person;
these are more frequent than the family is.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from nsmc.text.alignment import consecutive_spans
from nsmc.text.hangul import syllable_type
from nsmc.text.normalize import PLAIN
from nsmc.text.rewriting import Span

SPACE = "▁"
"""The unit of a space, made visible: where words begin and end is a unit of its own. A comment that
holds this very character is read as if it were a space."""
RULES = "1"
"""Raise it with any change of how comments are cut here or in `nsmc.text.jamo`."""


class Syllables:
    """One unit a character: a Hangul syllable, a letter, a digit, a sign, an emoji, a space."""

    def __call__(self, text: str) -> list[str]:
        """The characters of a normalized text."""
        return [SPACE if cluster == " " else cluster for cluster in clusters(text)]

    def spans(self, text: str) -> list[Span]:
        """The span of each character."""
        return consecutive_spans(clusters(text))

    def join(self, units: Sequence[str]) -> str:
        """The text that was cut; a ``▁`` that somebody typed comes back as a space."""
        return "".join(units).replace(SPACE, " ")

    def identity(self) -> dict[str, str]:
        """Nothing beyond what the configuration declares."""
        return {}


def clusters(text: str) -> list[str]:
    """The characters of a normalized text as a person counts them; joined, they are the text.

    A mark belongs to the letter before it, a skin tone to its emoji, two regional indicators are
    a flag, and conjoining jamo without a precomposed syllable (``ᄒᆞᆫ``) are one old syllable.
    Unlike in Annex 29, initials in a row stay apart, because nobody sees ``ᄏᄏᄏ`` as one letter,
    and so does a mark behind a space.
    """
    if PLAIN.fullmatch(text):  # most comments; the loop below takes many times as long
        return list(text)
    starts = [0]
    for place in range(1, len(text)):
        if not _continues(text, starts[-1], place):
            starts.append(place)
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _continues(text: str, start: int, place: int) -> bool:
    """Whether the character at ``place`` belongs to the cluster that begins at ``start``."""
    before, character = text[place - 1], text[place]
    if character < "\u0300" or before == " ":
        return False
    if character in REGIONAL:
        return before in REGIONAL and place - start == 1
    if (kind := syllable_type(character)) is not None:
        return kind in _FOLLOWING.get(syllable_type(before), "")
    # Marks: above and below letters, keycaps, the vowel signs of Indian scripts.
    return character in SKIN_TONES or unicodedata.category(character)[0] == "M"


REGIONAL = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
# What may follow an initial, a medial, a final, an open and a closed syllable within one syllable.
_FOLLOWING: dict[str | None, str] = {"L": "V", "V": "VT", "T": "T", "LV": "VT", "LVT": "T"}
