"""Noise as in hasty comments: no spaces, wrong keys, letters held down, emoji lost.

It serves to measure the robustness of a model, and to train on noisy copies of comments.
"""

import re
from collections.abc import Callable
from random import Random

from nsmc.errors import NsmcError
from nsmc.text.emoji_augmentation import add_emoji
from nsmc.text.hangul import MEDIALS, decompose, is_syllable
from nsmc.text.keyboard import mistype
from nsmc.text.normalize import normalize


def remove_every_second_space(text: str) -> str:
    """Remove the first, third, fifth … space: ``이 영화 정말 좋다`` is ``이영화 정말좋다``.

    A run of white space counts as one; what is around the comment is removed, too.
    """
    words = text.split()
    return " ".join(map("".join, zip(words[::2], [*words[1::2], ""], strict=False)))


def add_typos(text: str, rng: Random) -> str:
    """Put one wrong key into every eojeol (a run of characters without spaces).

    One letter of one of its syllables, each as likely as the others, becomes one beside it on the
    two-set keyboard (KS X 5002): a consonant a consonant and a vowel a vowel, so that a syllable
    stays a syllable and the comment keeps its length. Of a compound letter one key is wrong or
    missing, of a doubled one the key is wrong or not shifted. An eojeol without a Hangul syllable
    stays as it is.
    """

    def mistype_word(match: re.Match[str]) -> str:
        word = match[0]
        places = [place for place, character in enumerate(word) if is_syllable(character)]
        if not places:
            return word
        place = places[int(rng.random() * len(places))]
        return f"{word[:place]}{mistype(word[place], rng)}{word[place + 1 :]}"

    return _EOJEOL.sub(mistype_word, text)


def draw_out(text: str, rng: Random) -> str:
    """Draw out one or two eojeols: ``재밌다 ㅋㅋ`` is ``재밌다아아아 ㅋㅋㅋㅋㅋ``.

    A final syllable without a final letter gets its vowel 2 to 4 times behind it, without the glide
    (``봐아아``, ``세요오오``); a letter alone or a mark such as ``!`` is repeated 2 to 5 times.
    A comment of which no eojeol ends in one stays as it is.
    """
    places = [match.end() for match in _DRAWN_OUT.finditer(text) if _echo(match[0])]
    count = min(len(places), 1 + int(rng.random() * 2))
    for place in sorted(rng.sample(places, count), reverse=True):
        last = text[place - 1]
        times = 2 + int(rng.random() * (3 if is_syllable(last) else 4))
        text = text[:place] + _echo(last) * times + text[place:]
    return text


def remove_emoji(text: str) -> str:
    """Remove emoji and pictographs such as ``♥``, with all that belongs to them.

    That is skin tones, joiners and variation selectors. ``★``, ``☆`` and faces made of signs,
    ``^^``, stay: they are typed as text. A comment of nothing but emoji stays whole.
    """
    cut = _EMOJI.sub("", text)
    if cut == text:
        return text
    cut = " ".join(cut.split())
    return cut if normalize(cut, len(cut)) else text


KINDS: dict[str, Callable[[str, Random], str]] = {
    "no-spaces": lambda text, _: "".join(text.split()),
    "half-spaces": lambda text, _: remove_every_second_space(text),
    "typos": add_typos,
    "repeats": draw_out,
    "no-emoji": lambda text, _: remove_emoji(text),
}
"""Every kind of noise that a prediction should survive, by its name."""
LEARNT = {"typos": 0.35, "no-spaces": 0.1, "half-spaces": 0.1, "repeats": 0.2, "pictures": 0.25}
"""The kinds that trainings add noisy copies of, to their shares. Most copies are of the kind that
changes most. Not ``no-emoji``, after which a comment is like any other, or has lost what it said;
``pictures`` is `nsmc.text.emoji_augmentation`."""
VERSION = 2
"""Raise it with any change of what `perturb` returns: copies are made once and kept."""

_ALL = {**KINDS, "pictures": add_emoji}


def perturb(text: str, kind: str, seed: int) -> str:
    """The comment with one kind of noise, the same for the same seed, such as its row number.

    Raises:
        NsmcError: ``kind`` is no name in `KINDS` or `LEARNT`.
    """
    if kind not in _ALL:
        raise NsmcError(
            "noise: expected one of {names}, found {kind!r}; choose one",
            names=", ".join(_ALL),
            kind=kind,
        )
    return _ALL[kind](text, Random(seed))


_EOJEOL = re.compile(r"\S+")
_DRAWN_OUT = re.compile(r"[가-힣ㄱ-ㅣ!?.,~^;…♥♡★☆](?!\S)")
"""The last character of an eojeol, if it may be drawn out."""
_PICTURES = "⌚⌛⏩-⏳⏸-⏺☀-☄☇-➿⬛⬜⭐⭕\U0001f000-\U0001faff"
"""For a regular expression's brackets: Unicode's blocks of symbols and pictures, without the stars
that are typed as text (U+2605 and U+2606). Skin tones and flags are among them."""
_EMOJI = re.compile(
    rf"[0-9#*]\ufe0f?\u20e3|[{_PICTURES}][{_PICTURES}\ufe0e\ufe0f\u200d\U000e0020-\U000e007f]*"
    "|[\ufe0e\ufe0f]"
)
_ECHOES = dict(zip(MEDIALS, "아애아애어에어에오아애에오우어에이우으이이", strict=True))
"""A medial to the syllable that is heard when it is drawn out."""


def _echo(character: str) -> str:
    """What is repeated when a character is drawn out; empty for a syllable with a final."""
    if not is_syllable(character):
        return character
    _, medial, final = decompose(character)
    return "" if final else _ECHOES[MEDIALS[medial]]
