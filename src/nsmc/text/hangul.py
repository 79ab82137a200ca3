"""The arithmetic of Hangul syllables and the names of their letters (jamo).

The Unicode Standard, section 3.12: the code point of a syllable is
``0xAC00 + (initial * 21 + medial) * 28 + final``, with final 0 for none.
"""

import unicodedata

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


def syllable_type(character: str) -> str | None:
    """Unicode's Hangul_Syllable_Type: L (initial), V (medial), T (final), LV or LVT (syllables).

    None for any other character, and for the compatibility jamo of which ``ㅋㅋ`` consists.
    """
    if is_syllable(character):
        return "LVT" if decompose(character)[2] else "LV"
    name = unicodedata.name(character, "")
    return _TYPES.get(" ".join(name.split(maxsplit=2)[:2]))
