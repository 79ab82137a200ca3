"""Spelling correction before a comment is cut, of words that one wrong key explains.

The noisy channel of Kernighan, Church and Gale, "A spelling correction program based on a noisy
channel model", COLING 1990, at its simplest: every wrong key is as likely as any other, so the
likeliest word is the most frequent one that is a single wrong key away. Two kinds of words are
right and stay. Words of the training comments, however rare: slang and names are rare, too, and the
model has learnt from them. And words that Mecab's dictionary explains about as well as it explains
the correction, which are those of other subjects. That it consists of known morphemes is no sign of
a word: nearly every syllable is one.
"""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain, product
from typing import Protocol

from nsmc.errors import DataError, ModelError
from nsmc.storage.compressed import decompress
from nsmc.text.bloom import BloomFilter, bloom_bits
from nsmc.text.hangul import FINALS, compose, decompose
from nsmc.text.keyboard import intended_syllables
from nsmc.text.near_words import NearWords, Slips

RULES = 3
"""Raise it with any change of the corrections: models made with other rules are refused."""
LEAST = 5
"""Occurrences of a word that others are corrected to: rarer ones may be mistyped themselves."""
LONGEST = 9
"""Syllables of the longest word that is corrected; a longer one is several without spaces."""
MOST = 1 << 26
"""Bytes of all words at most: some millions."""
LIKELIER = 4000
"""By how much a correction's cost (`nsmc.text.mecab.KonlpyMecab.cost`) must be below the word's."""
MANY = 2000
"""Words of comments that come together from which on `NearWords` is worth the time to make it."""
FEW = 200
"""Words looked up before it is worth the time to make a dictionary of the known ones."""
CACHED = 20_000
"""Words whose cost, and unknown ones whose correction, is remembered."""
_WORD = re.compile("(?<![0-9a-z가-힣])[가-힣]++(?![0-9a-z])")
"""A whole word; ``항제`` of ``제1항제2호`` is none."""
_POLITE = re.compile("(.*)([가-힣])(?:니다만?|니까|시다)")
_FINAL_B = FINALS.index("ㅂ") + 1
_SIZE = 4  # bytes of the number of bytes of the compressed words


class Dictionary(Protocol):
    """Knows how likely a word is: `nsmc.text.mecab.KonlpyMecab`."""

    def cost(self, text: str) -> int:
        """The cost of the likeliest analysis."""

    def identity(self) -> dict[str, str]:
        """All that the costs depend on."""


class Spelling:
    """Corrects unknown words that are one wrong key away from a known one.

    A syllable becomes a syllable, so a comment keeps its length and every character its place.

    Args:
        learned: what `learn_spelling` returned.
        dictionary: what knows the words of other subjects.

    Raises:
        ModelError: ``learned`` can't be read.
    """

    def __init__(self, learned: bytes, dictionary: Dictionary) -> None:
        size, rest = int.from_bytes(learned[:_SIZE], "big"), learned[_SIZE:]
        try:
            self._words = f"\n{decompress(rest[:size], MOST).decode()}\n"
        except (zlib.error, UnicodeDecodeError) as error:
            raise ModelError(
                "the words that this model was trained with can't be read: expected what "
                "text.spelling learns, found something else ({error}); train again",
                error=error,
            ) from error
        self._rarer = BloomFilter(rest[size:])
        self._looked, self._asked = 0, 0
        self._cost = lru_cache(CACHED)(dictionary.cost)
        self._corrected = lru_cache(CACHED)(self._correct_unknown)
        digest = hashlib.sha256(learned).hexdigest()[:16]
        self._identity = {**dictionary.identity(), "spelling": digest}

    def __call__(self, text: str, protects: Callable[[str], bool] | None = None) -> str:
        """Correct the mistyped words of a normalized comment but those that are protected."""
        return self.of_each([text], protects)[0]

    def of_each(
        self, texts: Sequence[str], protects: Callable[[str], bool] | None = None
    ) -> list[str]:
        """The same of several comments, whose words are looked up together."""
        words = list(map(_WORD.findall, texts))
        distinct = list(dict.fromkeys(chain.from_iterable(words)))
        corrections = {}
        for word, slips in self._maybe_mistyped(self._unknown(distinct)).items():
            corrected = self._corrected(word, slips)
            if corrected != word and not (protects and protects(word)):
                corrections[word] = corrected
        if not corrections:  # nearly always of a single comment
            return list(texts)
        return [
            text
            if corrections.keys().isdisjoint(some)
            else _WORD.sub(lambda match: corrections.get(match[0], match[0]), text)
            for text, some in zip(texts, words, strict=True)
        ]

    def _maybe_mistyped(self, unknown: list[str]) -> dict[str, Slips]:
        """Those of some unknown words that one wrong key may have made of a known one."""
        self._asked += len(unknown)
        if self._asked < MANY:
            return {word: tuple(product(range(len(word)), range(3))) for word in unknown}
        return self._near(unknown)

    def _unknown(self, words: list[str]) -> list[str]:
        """Those of some words that may be mistyped."""
        self._looked += len(words)
        if self._looked < FEW:  # a typed comment doesn't wait for the dictionary: this takes 0.1 ms
            unknown = [word for word in words if f"\n{word}\n" not in self._words]
        else:
            known = self._rank
            unknown = [word for word in words if word not in known]
        return [word for word in unknown if len(word) <= LONGEST]

    @cached_property
    def _rank(self) -> dict[str, int]:
        """The known words, the most frequent first."""
        words = self._words[1:-1].split("\n")
        return dict(zip(words, range(len(words)), strict=True))

    @cached_property
    def _near(self) -> NearWords:
        return NearWords(self._rank, LONGEST)

    def _correct_unknown(self, word: str, slips: Slips) -> str:
        correction = _correction(word, self._rank, slips)
        if correction is None or word in self._rarer or _is_right(word, correction, self._cost):
            return word
        return correction

    def identity(self) -> dict[str, str]:
        """The dictionary with its version, and the hash of what was learnt."""
        return self._identity


def _correction(word: str, rank: Mapping[str, int], slips: Slips) -> str | None:
    """The most frequent word of which one wrong key makes this unknown one.

    Args:
        word: of Hangul syllables.
        rank: the known words, the most frequent first.
        slips: the letters that may be wrong.
    """
    best, correction = len(rank), None
    for place, letter in slips:
        before, behind = word[:place], word[place + 1 :]
        for intended in intended_syllables(word[place], letter):  # twice as fast as generators
            candidate = before + intended + behind
            if candidate in rank and rank[candidate] < best:
                best, correction = rank[candidate], candidate
    return correction


def _is_right(word: str, correction: str, cost: Callable[[str], int]) -> bool:
    """Whether Mecab's dictionary explains a word about as well as it explains its correction."""
    bound = cost(correction) + LIKELIER
    return cost(word) <= bound or ((plain := _plain_form(word)) != word and cost(plain) <= bound)


def _plain_form(word: str) -> str:
    """``느리다`` for ``느립니다``: of many verbs the dictionary lacks the polite form."""
    match = _POLITE.fullmatch(word)
    if match is None or match[2] == "습" or decompose(match[2])[2] != _FINAL_B:
        return word
    initial, medial, _ = decompose(match[2])
    return f"{match[1]}{compose(initial, medial)}다"


def learn_spelling(texts: Iterable[str], dictionary: Dictionary) -> bytes:
    """Learn the words of normalized comments; the same comments give the same bytes.

    These are the words (runs of up to `LONGEST` Hangul syllables) that occur `LEAST` times, the
    most frequent first; and, as a `BloomFilter`, rarer ones that would be corrected otherwise.

    Raises:
        DataError: no word occurs `LEAST` times.
    """
    counts = Counter(word for text in texts for word in _WORD.findall(text))
    known = sorted(
        (-count, word) for word, count in counts.items() if count >= LEAST and len(word) <= LONGEST
    )
    if not known:
        raise DataError(
            "text.spelling: expected words that occur {least} times in the comments, to "
            "know how they are spelt, found none; leave it out for so few comments",
            least=LEAST,
        )
    rank = {word: place for place, (_, word) in enumerate(known)}
    cost = lru_cache(CACHED)(dictionary.cost)
    unknown = [word for word in counts if len(word) <= LONGEST and word not in rank]
    near = NearWords(rank, LONGEST)
    rarer = [
        word
        for word, slips in near(unknown).items()
        if (correction := _correction(word, rank, slips)) and not _is_right(word, correction, cost)
    ]
    words = zlib.compress("\n".join(rank).encode(), 9)
    return len(words).to_bytes(_SIZE, "big") + words + bloom_bits(rarer)
