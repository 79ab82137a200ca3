"""Comments into the letters of their syllables: what a keyboard of Korea types, key by key nearly.

A syllable's code point tells its letters (The Unicode Standard, section 3.12):
``0xAC00 + (initial * 21 + medial) * 28 + final``, with final 0 for none.
"""

from collections.abc import Sequence

from nsmc.text.alignment import Span
from nsmc.text.syllables import SPACE, clusters, jamo_kind

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
FINAL_MARK = "-"
"""Before a final, as in grammars: ``-ㄱ``. No other unit has two characters of which the second is
a Hangul letter."""


class Jamo:
    """One unit a letter of a Hangul syllable, and one for each other character.

    ``각`` is ``ㄱ ㅏ -ㄱ``: the initial, the medial, and the final, which is a kind of its own
    because it sounds and works otherwise (``-ㅆ`` is the past tense). An initial or a medial is
    the same unit as the letter typed alone, so that ``ㄱㅐ노잼`` has the letters of ``개노잼``:
    whoever types letters apart means the syllable. What ``ㅋㅋㅋ`` means is told by its
    neighbours, of which none is a medial. Compound letters (``ㅘ``, ``-ㄺ``, ``ㄲ``) are one
    unit: they sound as one.
    """

    def __init__(self) -> None:
        self._letters = _Letters()

    def __call__(self, text: str) -> list[str]:
        """Cut a normalized text into letters; an empty one gives ``[]``."""
        letters = self._letters
        return [unit for cluster in clusters(text) for unit in letters[cluster]]

    def spans(self, text: str) -> list[Span]:
        """Where the character of each letter stands: the letters of a syllable share its place."""
        found, place = [], 0
        for cluster in clusters(text):
            found += [(place, place + len(cluster))] * len(self._letters[cluster])
            place += len(cluster)
        return found

    def join(self, units: Sequence[str]) -> str:
        """The syllables that letters spell: an initial, a medial, and a final if one follows.

        Letters typed apart that spell one come back as a syllable; a ``▁`` as a space.
        """
        found, place = [], 0
        while place < len(units):
            taken, text = _spelt(units[place : place + 3])
            found.append(text)
            place += taken
        return "".join(found).replace(SPACE, " ")

    def identity(self) -> dict[str, str]:
        """Nothing beyond what the configuration declares."""
        return {}


def _spelt(units: Sequence[str]) -> tuple[int, str]:
    """What up to three units spell from the first on: how many of them, and the text."""
    initial, medial, final = (*units, "", "")[:3]
    if initial not in _INITIALS or medial not in _MEDIALS:
        return 1, initial.removeprefix(FINAL_MARK) if initial in _FINALS else initial
    point = 0xAC00 + (_INITIALS[initial] * 21 + _MEDIALS[medial]) * 28
    if final in _FINALS:
        return 3, chr(point + _FINALS[final])
    return 2, chr(point)


_INITIALS = {letter: number for number, letter in enumerate(INITIALS)}
_MEDIALS = {letter: number for number, letter in enumerate(MEDIALS)}
_FINALS = {FINAL_MARK + letter: number for number, letter in enumerate(FINALS, 1)}


class _Letters(dict[str, tuple[str, ...]]):
    """Characters to their letters, filled as they are met."""

    def __missing__(self, cluster: str) -> tuple[str, ...]:
        if cluster == " ":
            letters: tuple[str, ...] = (SPACE,)
        elif jamo_kind(cluster[0]) is None:
            letters = (cluster,)
        else:  # a syllable, or an old one of several conjoining letters, with marks behind it
            letters = tuple(letter for part in cluster for letter in letters_of(part))
        if len(self) < _KEPT:
            self[cluster] = letters
        return letters


_KEPT = 20_000
"""Characters remembered: all syllables of Unicode and more; the rest can be any number."""


def letters_of(character: str) -> tuple[str, ...]:
    """The letters of a syllable or of a conjoining jamo; any other character is its own.

    Conjoining jamo come from programs that wrote NFD or NFKC: ``ᄏᄏ`` is ``ㅋㅋ``.
    """
    point = ord(character)
    if 0xAC00 <= point <= 0xD7A3:
        rest, final = divmod(point - 0xAC00, 28)
        initial, medial = divmod(rest, 21)
        letters = (INITIALS[initial], MEDIALS[medial])
        return (*letters, FINAL_MARK + FINALS[final - 1]) if final else letters
    if 0x1100 <= point <= 0x1112:
        return (INITIALS[point - 0x1100],)
    if 0x1161 <= point <= 0x1175:
        return (MEDIALS[point - 0x1161],)
    if 0x11A8 <= point <= 0x11C2:
        return (FINAL_MARK + FINALS[point - 0x11A8],)
    return (character,)
