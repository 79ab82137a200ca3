"""Comments into the letters of their syllables: nearly what is typed on a Korean keyboard."""

from collections.abc import Sequence
from functools import lru_cache

from nsmc.text.alignment import consecutive_spans
from nsmc.text.hangul import compose_letters, letters_of, syllable_type
from nsmc.text.rewriting import Span
from nsmc.text.syllables import SPACE, Syllables, clusters


class Jamo(Syllables):
    """One unit a letter of a Hangul syllable, and one for each other character.

    ``각`` is ``ㄱ ㅏ -ㄱ``: the initial, the medial, and the final, which is a kind of its own
    because it sounds and works otherwise (``-ㅆ`` is the past tense). No other unit has two
    characters of which the second is a Hangul letter. An initial or a medial is the same unit as
    that letter typed alone: whoever types ``ㄱㅐ노잼`` means ``개노잼``. Compound letters (``ㅘ``,
    ``-ㄺ``, ``ㄲ``) are one unit, as they are one sound.
    """

    def __call__(self, text: str) -> list[str]:
        """The letters of a normalized text."""
        return [unit for cluster in clusters(text) for unit in _units_of(cluster)]

    def spans(self, text: str) -> list[Span]:
        """The span of each letter's character: the letters of a syllable share one."""
        parts = clusters(text)
        spans = zip(parts, consecutive_spans(parts), strict=True)
        return [span for cluster, span in spans for _ in _units_of(cluster)]

    def join(self, units: Sequence[str]) -> str:
        """Compose syllables: an initial, a medial, and a final if one follows.

        Letters that were typed apart and make a syllable come back as one; a ``▁`` as a space.
        """
        characters, place = [], 0
        while place < len(units):
            count, character = compose_letters(units[place : place + 3])
            characters.append(character)
            place += count
        return super().join(characters)


@lru_cache(20_000)  # all syllables of Unicode and more
def _units_of(cluster: str) -> tuple[str, ...]:
    if cluster == " ":
        return (SPACE,)
    if syllable_type(cluster[0]) is None:
        return (cluster,)
    # A syllable, or an old one of several conjoining letters, with marks behind it.
    return tuple(letter for character in cluster for letter in letters_of(character))
