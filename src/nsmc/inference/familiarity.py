"""Whether a comment says anything to a model, or its prediction is a guess.

A unit says something if it is one of the model's most frequent ones and has meaning by itself: a
syllable, a word of Latin letters, laughter and weeping, a picture. Numbers, punctuation and single
letters don't. The rule was chosen on validation reviews of NSMC-R, of which it calls 1% unfamiliar,
against random letters, random syllables, numbers and six other languages (docs/words.md).
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

FREQUENT = 8000
"""Units of the vocabulary that count, the most frequent ones."""
UNFAMILIAR = 0.7
"""Share of unknown characters above which a comment is unfamiliar."""
CACHED = 50_000
"""Units of which it is remembered what they say."""
WORD = re.compile("[가-힣]|[a-z]{2}")
LETTERS = re.compile(
    "[ㅋㅎㅠㅜㅡ]+|ㅇㅈ|ㄹㅇ|ㅇㄱㄹㅇ|ㅎ?ㄷㄷ+|ㅅㅂ|ㅆㅂ|ㅂㅅ|ㅈㄴ|ㅁㅊ|ㄱㅅ|ㄳ|ㅊㅊ|ㅊㅋ|ㄴㄴ|ㅇㅇ"
)
"""Letters that are typed for a whole word: 인정, 리얼, 덜덜 and so on."""
FACES = re.compile(r"\^[_~.oㅁ]?\^|[tㅠㅜ;]_[tㅠㅜ;]|:\)|:d")
LETTER_RUN = re.compile("[ㄱ-ㅎㅏ-ㅣ]+")


class Familiarity:
    """Measures how much of a comment is unknown to a model.

    Args:
        vocabulary: [V] the model's units by row, the most frequent first but for row 0.
        unit: the config's ``text.unit``.
    """

    def __init__(self, vocabulary: Sequence[str], unit: str) -> None:
        self._known = frozenset(vocabulary[1 : FREQUENT + 1])
        self._jamo = unit == "jamo"
        self._of = lru_cache(CACHED)(self._measure)

    def unknown(self, units: Sequence[str]) -> float:
        """The share of a comment's letters and pictures that say nothing, from 0 to 1.

        1 for a comment of nothing but numbers and punctuation, unless these make a face; 0 for one
        without units.
        """
        text = "".join(units)
        # Mecab cuts between letters that belong together.
        said = sum(map(len, filter(LETTERS.fullmatch, LETTER_RUN.findall(text))))
        letters = 0
        for unit in units:
            says, count = self._of(unit)
            letters += count
            said += count if says else 0
        if not letters:
            return float(bool(units) and not FACES.search(text))
        return max(0.0, 1 - said / letters)

    def _measure(self, unit: str) -> tuple[bool, int]:
        """Whether a unit says something, and its letters and pictures."""
        count = sum(map(counts, unit))
        if not count:
            return False, 0
        if not any(character.isalpha() for character in unit):  # pictures
            return True, count
        # Runs of letters are counted apart.
        return unit in self._known and (bool(WORD.search(unit)) or self._jamo), count


def counts(character: str) -> bool:
    """Whether a character is a letter or a picture."""
    category = unicodedata.category(character)
    return category[0] == "L" or (category == "So" and not character.isascii())
