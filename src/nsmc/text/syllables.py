"""Comments into what a person calls their characters: no dictionary, nothing learnt.

A unit is an extended grapheme cluster (Unicode Standard Annex 29), as far as one can still be there
after normalization: that drops the zero-width joiner, so the pictures of a family come as one unit
each, which are met more often than the family is.
"""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from nsmc.text.alignment import Span, side_by_side
from nsmc.text.normalize import PLAIN

SPACE = "▁"
"""The unit of a space, made visible: where words begin and end is a unit of its own. A comment that
holds this very character is read as if it were a space."""
RULES = "1"
"""Raise it with any change of how comments are cut here or in `nsmc.text.jamo`."""


class Syllables:
    """One unit a character: a Hangul syllable, a letter, a digit, a sign, an emoji, a space."""

    def __call__(self, text: str) -> list[str]:
        """Cut a normalized text into characters; an empty one gives ``[]``."""
        return [SPACE if cluster == " " else cluster for cluster in clusters(text)]

    def spans(self, text: str) -> list[Span]:
        """Where each character stands."""
        return side_by_side(clusters(text))

    def join(self, units: Sequence[str]) -> str:
        """The text that was cut; a ``▁`` that somebody typed comes back as a space."""
        return "".join(units).replace(SPACE, " ")

    def identity(self) -> dict[str, str]:
        """Nothing beyond what the configuration declares."""
        return {}


def clusters(text: str) -> list[str]:
    """The characters of a normalized text as a person counts them; joined, they are the text.

    A mark belongs to the letter before it, a skin tone to its emoji, two regional indicators are
    a flag, and conjoining jamo that have no syllable of their own in Unicode (``ᄒᆞᆫ``) are one
    old syllable. Unlike Annex 29, initials in a row stay apart, because nobody sees ``ᄏᄏᄏ`` as
    one letter, and so does a mark behind a space.
    """
    if PLAIN.fullmatch(text):  # most comments; the loop below takes many times as long
        return list(text)
    starts = [0]
    for place in range(1, len(text)):
        if not _goes_on(text, starts[-1], place):
            starts.append(place)
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _goes_on(text: str, start: int, place: int) -> bool:
    """Whether the cluster that begins at ``start`` has the character at ``place``, too."""
    before, character = text[place - 1], text[place]
    if character < "\u0300" or before == " ":
        return False
    if character in _REGIONAL:
        return before in _REGIONAL and place - start == 1
    if (kind := jamo_kind(character)) is not None:
        last = jamo_kind(before)
        return last is not None and kind in _FOLLOWING[last]
    # Marks: above and below letters, keycaps, the vowel signs of Indian scripts.
    return character in _SKIN_TONES or unicodedata.category(character)[0] == "M"


_REGIONAL = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
# What may follow an initial, a medial, a final, an open and a closed syllable within one syllable.
_FOLLOWING = {"L": "V", "V": "VT", "T": "T", "LV": "VT", "LVT": "T"}


def jamo_kind(character: str) -> str | None:
    """What of a Hangul syllable a character is, by Unicode's names: L, V, T, LV or LVT.

    None for any other character, and for the compatibility jamo of which ``ㅋㅋ`` consists.
    """
    point = ord(character)
    if 0xAC00 <= point <= 0xD7A3:
        return "LVT" if (point - 0xAC00) % 28 else "LV"
    for kind, ranges in _CONJOINING.items():
        if any(first <= point <= last for first, last in ranges):
            return kind
    return None


_CONJOINING = {
    "L": ((0x1100, 0x115F), (0xA960, 0xA97C)),
    "V": ((0x1160, 0x11A7), (0xD7B0, 0xD7C6)),
    "T": ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB)),
}
