"""The arithmetic of Hangul syllables and the names of their letters (jamo).

The Unicode Standard, section 3.12: the code point of a syllable is
``0xAC00 + (initial * 21 + medial) * 28 + final``, with final 0 for none.
"""

import unicodedata
from collections.abc import Sequence

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
FINAL_MARK = "-"
"""Before a final, as in grammars: ``-ㄱ``."""

# Conjoining jamo of modern Korean, in the order of the letters.
_LETTERS = {
    chr(first + number): mark + letter
    for first, letters, mark in (
        (0x1100, INITIALS, ""),
        (0x1161, MEDIALS, ""),
        (0x11A8, FINALS, FINAL_MARK),
    )
    for number, letter in enumerate(letters)
}
_INITIALS = {letter: number for number, letter in enumerate(INITIALS)}
_MEDIALS = {letter: number for number, letter in enumerate(MEDIALS)}
_FINALS = {FINAL_MARK + letter: number for number, letter in enumerate(FINALS, 1)}
_TYPES = {"HANGUL CHOSEONG": "L", "HANGUL JUNGSEONG": "V", "HANGUL JONGSEONG": "T"}


def is_syllable(character: str) -> bool:
    """Whether a character is a precomposed syllable of modern Korean."""
    return "가" <= character <= "힣"


def decompose(syllable: str) -> tuple[int, int, int]:
    """The numbers of a syllable's initial, medial and final; the final counts from 1, 0 is none."""
    rest, final = divmod(ord(syllable) - 0xAC00, 28)
    return (*divmod(rest, 21), final)


def compose(initial: int, medial: int, final: int = 0) -> str:
    """The syllable of three numbers: the inverse of `decompose`."""
    return chr(0xAC00 + (initial * 21 + medial) * 28 + final)


def letters_of(character: str) -> tuple[str, ...]:
    """The letters of a syllable or of a conjoining jamo; any other character is its own.

    A final comes with `FINAL_MARK`. Conjoining jamo come from programs that wrote NFD or NFKC:
    ``ᄏᄏ`` is ``ㅋㅋ``.
    """
    parts = unicodedata.normalize("NFD", character) if is_syllable(character) else (character,)
    return tuple(_LETTERS.get(part, part) for part in parts)


def compose_letters(letters: Sequence[str]) -> tuple[int, str]:
    """The first character that up to three of `letters_of` make, after their number."""
    initial, medial, final = (*letters, "", "")[:3]
    if initial not in _INITIALS or medial not in _MEDIALS:
        return 1, initial.removeprefix(FINAL_MARK) if initial in _FINALS else initial
    count = 3 if final in _FINALS else 2
    return count, compose(_INITIALS[initial], _MEDIALS[medial], _FINALS.get(final, 0))


def syllable_type(character: str) -> str | None:
    """Unicode's Hangul_Syllable_Type: L (initial), V (medial), T (final), LV or LVT (syllables).

    None for any other character, and for the compatibility jamo of which ``ㅋㅋ`` consists.
    """
    if is_syllable(character):
        return "LVT" if decompose(character)[2] else "LV"
    name = unicodedata.name(character, "")
    return _TYPES.get(" ".join(name.split(maxsplit=2)[:2]))
