"""What rough comments look like: no spaces, wrong keys, letters held down, emoji lost.

Each kind is a function of a comment and a random generator, which those that leave nothing to
chance ignore. They serve to measure how much of a model survives, and to train on such comments.
"""

import re
from collections.abc import Callable
from random import Random

from nsmc.errors import NsmcError
from nsmc.text.emoji_augmentation import with_pictures
from nsmc.text.jamo import MEDIALS
from nsmc.text.keyboard import mistyped
from nsmc.text.normalize import normalize


def without_spaces(text: str, rng: Random | None = None) -> str:
    """All spaces gone: ``정말 재밌다`` is ``정말재밌다``."""
    return "".join(text.split())


def without_every_second_space(text: str, rng: Random | None = None) -> str:
    """The first, third, fifth … space gone: ``이 영화 정말 좋다`` is ``이영화 정말좋다``.

    A run of white space counts as one; what stands around the comment goes too.
    """
    words = text.split()
    return " ".join(map("".join, zip(words[::2], [*words[1::2], ""], strict=False)))


def with_typos(text: str, rng: Random, share: float = 1.0) -> str:
    """One wrong key in every eojeol, which is what stands between spaces.

    One letter of one of its syllables, each as likely as the others, becomes one beside it on the
    two-set keyboard (KS X 5002): a consonant a consonant and a vowel a vowel, so that a syllable
    stays a syllable and the comment as long as it was. Of a compound letter one key is missed or
    left out, of a doubled one a key beside it or no shift is pressed.

    Args:
        text: the comment; an eojeol without a Hangul syllable stays as it is.
        rng: what decides.
        share: how likely an eojeol is to get one.
    """

    def slipped(match: re.Match[str]) -> str:
        if share < 1 and rng.random() >= share:
            return match[0]
        word = match[0]
        places = [place for place, letter in enumerate(word) if "가" <= letter <= "힣"]
        if not places:
            return word
        place = places[int(rng.random() * len(places))]
        wrong = mistyped(word[place], rng)
        return f"{word[:place]}{wrong}{word[place + 1 :]}"

    return _EOJEOL.sub(slipped, text)


def with_repeats(text: str, rng: Random) -> str:
    """One or two eojeols drawn out: ``재밌다 ㅋㅋ`` is ``재밌다아아아 ㅋㅋㅋㅋㅋ``.

    A syllable without a final gets its vowel 2 to 4 times behind it, without the glide
    (``봐아아``, ``세요오오``); a letter alone or a mark such as ``!`` stands 2 to 5 times more.
    Nothing happens to a comment of which no eojeol ends in one.
    """
    places = [match.end() for match in _DRAWN_OUT.finditer(text) if _echo(match[0])]
    count = min(len(places), 1 + int(rng.random() * 2))
    for place in sorted(rng.sample(places, count), reverse=True):
        last = text[place - 1]
        times = 2 + int(rng.random() * (3 if "가" <= last <= "힣" else 4))
        text = text[:place] + _echo(last) * times + text[place:]
    return text


def without_emoji(text: str, rng: Random | None = None) -> str:
    """No emoji and no pictographs such as ``♥``, with all that belongs to them.

    That is skin tones, joiners and variation selectors. ``★``, ``☆`` and faces made of signs,
    ``^^``, stay: they are typed as text. A comment of nothing else stays whole.
    """
    cut = _EMOJI.sub("", text)
    if cut == text:
        return text
    cut = " ".join(cut.split())
    return cut if normalize(cut, len(cut)) else text


KINDS: dict[str, Callable[[str, Random], str]] = {
    "no-spaces": without_spaces,
    "half-spaces": without_every_second_space,
    "typos": with_typos,
    "repeats": with_repeats,
    "no-emoji": without_emoji,
}
"""Every kind of noise that a comment should survive, by its name."""
LEARNT = {"typos": 0.35, "no-spaces": 0.1, "half-spaces": 0.1, "repeats": 0.2, "pictures": 0.25}
"""The kinds that trainings add noisy copies of, and the share of each among these: most are of the
kind that changes most. Without its emoji a comment is as any other; what emoji are put in for
(`nsmc.text.emoji_augmentation`) may have been all that it said."""
VERSION = 2
"""Raise it with any change of what `perturb` gives: copies are made once and kept."""


def perturb(text: str, kind: str, seed: int) -> str:
    """The comment with one kind of noise, the same for the same seed.

    Args:
        text: the comment.
        kind: a name in `KINDS` or `LEARNT`.
        seed: of this comment alone; its row number for example.

    Raises:
        NsmcError: there is no such kind.
    """
    if kind not in _ALL:
        raise NsmcError(f"noise: expected one of {', '.join(_ALL)}, found {kind!r}; choose one")
    return _ALL[kind](text, Random(seed))


_ALL = {**KINDS, "pictures": with_pictures}


_EOJEOL = re.compile(r"\S+")
_DRAWN_OUT = re.compile(r"[가-힣ㄱ-ㅣ!?.,~^;…♥♡★☆](?!\S)")
"""The last character of an eojeol, if it may be one that is drawn out."""
_PICTURES = "⌚⌛⏩-⏳⏸-⏺☀-☄☇-➿⬛⬜⭐⭕\U0001f000-\U0001faff"
"""Inside of a regular expression's brackets: Unicode's blocks of symbols and pictures, without the
stars that are typed as text (U+2605 and U+2606). Skin tones and flags are among them."""
_EMOJI = re.compile(
    rf"[0-9#*]\ufe0f?\u20e3|[{_PICTURES}][{_PICTURES}\ufe0e\ufe0f\u200d\U000e0020-\U000e007f]*"
    "|[\ufe0e\ufe0f]"
)

_HELD = dict(zip(MEDIALS, "아애아애어에어에오아애에오우어에이우으이이", strict=True))
"""A medial to the syllable that is heard when it is drawn out."""


def _echo(character: str) -> str:
    """What stands again when a character is drawn out; nothing behind a syllable with a final."""
    if "가" <= character <= "힣":
        rest, final = divmod(ord(character) - 0xAC00, 28)
        return "" if final else _HELD[MEDIALS[rest % 21]]
    return character
