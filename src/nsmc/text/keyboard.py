"""The two-set keyboard (KS X 5002), and what one wrong key makes of a syllable."""

from functools import cache
from random import Random

from nsmc.text.hangul import FINALS, INITIALS, MEDIALS, compose, decompose

# The letters of a row, and how far it is shifted to the right, in keys.
_ROWS = (("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔ", 0.0), ("ㅁㄴㅇㄹㅎㅗㅓㅏㅣ", 0.25), ("ㅋㅌㅊㅍㅠㅜㅡ", 0.75))
_SHIFTED = dict(zip("ㅂㅈㄷㄱㅅㅐㅔ", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))
# Letters of two keys, one after the other.
_COMPOUND = {
    letter: (first, second)
    for letter, first, second in zip(
        "ㅘㅙㅚㅝㅞㅟㅢㄳㄵㄶㄺㄻㄼㄽㄾㄿㅀㅄ",
        "ㅗㅗㅗㅜㅜㅜㅡㄱㄴㄴㄹㄹㄹㄹㄹㄹㄹㅂ",
        "ㅏㅐㅣㅓㅔㅣㅣㅅㅈㅎㄱㅁㅂㅅㅌㅍㅎㅅ",
        strict=True,
    )
}


def _neighbours() -> dict[str, str]:
    """Each key's letter to the letters of its kind on the keys that touch it."""
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
    beside, plain = _neighbours(), {shifted: letter for letter, shifted in _SHIFTED.items()}
    compounds = {keys: letter for letter, keys in _COMPOUND.items()}
    slips = []
    for letter in letters:
        if letter in _COMPOUND:
            first, second = _COMPOUND[letter]
            pairs = [(wrong, second) for wrong in beside[first]]
            pairs += [(first, wrong) for wrong in beside[second]]
            typed = [first, second, *(compounds[pair] for pair in pairs if pair in compounds)]
        elif letter in plain:
            key = plain[letter]
            typed = [key, *(_SHIFTED.get(wrong, wrong) for wrong in beside[key])]
        else:
            typed = list(beside.get(letter, ""))
        # The same letter by two ways is no likelier; not every consonant can be a final.
        slips.append(tuple(letters.index(one) for one in dict.fromkeys(typed) if one in letters))
    return slips


# Of initials, medials and finals; finals count from 1, and none has no key to slip from.
_SLIPS = [_slips(letters) for letters in (INITIALS, MEDIALS, f" {FINALS}")]


def mistype(syllable: str, rng: Random) -> str:
    """The syllable with one letter, each as likely as the others, replaced by one beside it."""
    numbers = decompose(syllable)
    which = int(rng.random() * (3 if numbers[2] else 2))
    slips = _SLIPS[which][numbers[which]]
    return _replace(numbers, which, slips[int(rng.random() * len(slips))])


@cache
def intended_syllables(syllable: str, which: int) -> tuple[str, ...]:
    """The syllables of which `mistype` may make this one by its initial (0), medial or final."""
    numbers = decompose(syllable)
    return tuple(
        _replace(numbers, which, source)
        for source, typed in enumerate(_SLIPS[which])
        if numbers[which] in typed
    )


def _replace(numbers: tuple[int, int, int], which: int, number: int) -> str:
    changed = list(numbers)
    changed[which] = number
    return compose(*changed)
