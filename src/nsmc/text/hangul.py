"""The arithmetic of Hangul syllables and the names of their letters (jamo).

The Unicode Standard, section 3.12: the code point of a syllable is
``0xAC00 + (initial * 21 + medial) * 28 + final``, with final 0 for none.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from nsmc.text.rewriting import Pieces

INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
MEDIALS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
FINAL_MARK = "-"
"""Before a final, as in grammars: ``-ㄱ``."""

# Conjoining jamo of modern Korean, in the order of the letters.
CONJOINING = {
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


@lru_cache(1 << 14)
def letters_of(character: str) -> tuple[str, ...]:
    """The letters of a syllable or of a conjoining jamo; any other character is its own.

    A final comes with `FINAL_MARK`. Conjoining jamo come from programs that wrote NFD or NFKC:
    ``ᄏᄏ`` is ``ㅋㅋ``.
    """
    parts = unicodedata.normalize("NFD", character) if is_syllable(character) else (character,)
    return tuple(CONJOINING.get(part, part) for part in parts)


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


def compatibility(run: re.Match[str]) -> Pieces:
    """The letters of which a run of conjoining ones consists, if they are all of one kind.

    Others are old syllables, such as ``ᄒᆞᆫ``.
    """
    letters = [CONJOINING.get(character, "") for character in run[0]]
    kinds = {syllable_type(character) for character in run[0]}
    if len(kinds) > 1 or not all(letters):
        return [(len(run[0]), run[0])]
    return [(1, letter.removeprefix(FINAL_MARK)) for letter in letters]


_C, _V = f"[{INITIALS}]", f"[{MEDIALS}]"
VOWELS = {"ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ"}
VOWELS |= {"ㅡㅣ": "ㅢ"}
ENDS = {"ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ"}
ENDS |= {"ㄹㅅ": "ㄽ", "ㄹㅌ": "ㄾ", "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ"}
APART = re.compile(
    f"({_C})({'|'.join(VOWELS)}|{_V})(?!{_V})"
    f"((?:{'|'.join(ENDS)})(?!{_V})"
    # Of ㄱㄱ, ㄷㄷ and the like none is a final, and of laughter only before another syllable.
    f"|(?![ㅋㅎ](?!(?![ㅋㅎ]){_C}{_V}))([{FINALS}])(?!{_V}|\\4(?!{_V})))?"
)
LAUGHS, WEEPS = "ㅋㅎ", "ㅠㅜㅡㅗ"


def joined_letters(run: re.Match[str]) -> Pieces:
    """Join letters that were typed apart: ``ㅈㅐㅁㅣㅆㄷㅏㅋㅋ`` is ``재밌다ㅋㅋ``.

    A run must hold two syllables, or one beside a whole one (``ㄱㅐ노잼``, ``재밌ㄷㅏ``). Letters
    of laughter, weeping and faces alone (``ㅋㅠㅋㅠ``, ``ㅇㅡㅇ``) stay what they are.
    """
    text = run[0]
    found = list(APART.finditer(text))
    words = any(one[1] not in LAUGHS and one[2] not in WEEPS for one in found)
    if len(found) == 1:
        before, behind = run.string[: run.start()][-1:], run.string[run.end() :][:1]
        words &= (found[0].start() == 0 and is_syllable(before)) or (
            found[0].end() == len(text) and is_syllable(behind)
        )
    if not words:
        return [(len(text), text)]
    pieces: Pieces = []
    done = 0
    for one in found:
        pieces += [(1, letter) for letter in text[done : one.start()]]
        initial, medial, final = one[1], VOWELS.get(one[2], one[2]), one[3] or ""
        number = _FINALS[FINAL_MARK + ENDS.get(final, final)] if final else 0
        pieces.append((len(one[0]), compose(_INITIALS[initial], _MEDIALS[medial], number)))
        done = one.end()
    return pieces + [(1, letter) for letter in text[done:]]
