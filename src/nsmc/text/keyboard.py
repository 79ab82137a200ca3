"""The two-set keyboard (KS X 5002), and what one wrong key makes of a syllable."""

from functools import cache
from random import Random

from nsmc.text.jamo import FINALS, INITIALS, MEDIALS

# The letters of a row, and how far it stands to the right, in keys.
_ROWS = (("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", 0.0), ("ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", 0.25), ("ㅋㅌㅊㅍㅠㅜㅡ", 0.75))
_SHIFTED = dict(zip("ㅂㅈㄷㄱㅅㅐㅔ", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))
# Letters of two keys, one after the other.
_COMPOUND = {
    letter: first + second
    for letter, first, second in zip(
        "ㅘㅙㅚㅝㅞㅟㅢㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ",
        "ㅗㅗㅗㅜㅜㅜㅡㄱㄴㄴㄹㄹㄹㄹㄹㄹㄹㅂ",
        "ㅏㅐㅣㅓㅔㅣㅣㅅㅈㅎㄱㅁㅂㅅㅌㅍㅎㅅ",
        strict=True,
    )
}


def _beside() -> dict[str, str]:
    """Each key's letter to those on the keys that touch it, of its kind."""
    keys = [
        (letter, column + shift, row)
        for row, (letters, shift) in enumerate(_ROWS)
        for column, letter in enumerate(letters)
    ]
    return {
        one: "".join(
            other
            for other, across, down in keys
            if other != one
            and (other in MEDIALS) == (one in MEDIALS)
            and (abs(across - x) <= 1 if down == y else abs(down - y) == 1 > abs(across - x))
        )
        for one, x, y in keys
    }


def _slips(letters: str) -> list[tuple[int, ...]]:
    """For each of some letters the numbers of those that it may become."""
    beside, plain = _beside(), {shifted: letter for letter, shifted in _SHIFTED.items()}
    spelt = {keys: letter for letter, keys in _COMPOUND.items()}
    found = []
    for letter in letters:
        if letter in _COMPOUND:
            typed = [*_COMPOUND[letter]]
            first, second = typed
            pairs = [wrong + second for wrong in beside[first]]
            pairs += [first + wrong for wrong in beside[second]]
            typed += [spelt[pair] for pair in pairs if pair in spelt]
        elif letter in plain:
            key = plain[letter]
            typed = [key, *(_SHIFTED.get(wrong, wrong) for wrong in beside[key])]
        else:
            typed = list(beside[letter])
        # The same letter by two ways is no likelier; not every consonant can stand at the end.
        found.append(tuple(letters.index(one) for one in dict.fromkeys(typed) if one in letters))
    return found


_INITIAL_SLIPS, _MEDIAL_SLIPS, _FINAL_SLIPS = map(_slips, (INITIALS, MEDIALS, FINALS))


def _sources(slips: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """For each letter those that may become it."""
    letters = range(len(slips))
    return [tuple(one for one in letters if letter in slips[one]) for letter in letters]


_INITIAL_SOURCES, _MEDIAL_SOURCES, _FINAL_SOURCES = map(
    _sources, (_INITIAL_SLIPS, _MEDIAL_SLIPS, _FINAL_SLIPS)
)


def mistyped(syllable: str, rng: Random) -> str:
    """The syllable with one letter, each as likely as the others, become one beside it."""
    initial, medial, final = _letters(syllable)
    which = int(rng.random() * (3 if final else 2))
    slips = (_INITIAL_SLIPS[initial], _MEDIAL_SLIPS[medial], _FINAL_SLIPS[final - 1])[which]
    wrong = slips[int(rng.random() * len(slips))]
    if which == 0:
        return _syllable(wrong, medial, final)
    if which == 1:
        return _syllable(initial, wrong, final)
    return _syllable(initial, medial, wrong + 1)


@cache
def meant_by(syllable: str) -> tuple[str, ...]:
    """The syllables of which `mistyped` may make this one."""
    initial, medial, final = _letters(syllable)
    found = [_syllable(one, medial, final) for one in _INITIAL_SOURCES[initial]]
    found += [_syllable(initial, one, final) for one in _MEDIAL_SOURCES[medial]]
    if final:
        found += [_syllable(initial, medial, one + 1) for one in _FINAL_SOURCES[final - 1]]
    return tuple(found)


def _letters(syllable: str) -> tuple[int, int, int]:
    """The numbers of its initial, medial and final, the last from 1 on or 0 for none."""
    rest, final = divmod(ord(syllable) - 0xAC00, 28)
    return (*divmod(rest, 21), final)


def _syllable(initial: int, medial: int, final: int) -> str:
    return chr(0xAC00 + (initial * 21 + medial) * 28 + final)
