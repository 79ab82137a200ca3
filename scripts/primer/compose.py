"""Compose comments from the primer's patterns and words, and from its sentences.

What reviews teach too rarely: a network that has met 'boring' a thousand times in bad reviews and
never in 'there is no boring scene' can't know what the sentence does to the word. Every family has
patterns of both labels over the same words, so that no word gives the label away (patterns.txt,
lexicon.txt). What has no pattern is written out, with choices for some of its words (sentences/).
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from primer.korean import COPULA, VERB, conjugate, with_particle

HERE = Path(__file__).resolve().parent
DEVELOPMENT = HERE / "development.txt"
OPPOSITES = {"Y": "X", "T": "S", "U": "V", "O": "N", "E": "D"}
DOMAINS = {"film": 0.8, "product": 0.06, "food": 0.04, "game": 0.04, "place": 0.03, "book": 0.03}
FINALS = {
    "다": 5,
    "아요": 4,
    "습니다": 3,
    "음": 3,
    "네": 2,
    "네요": 3,
    "더라": 1,
    "더라고요": 1,
    "아": 1,
    "던데": 0.5,
    "았다": 1.5,
    "았어요": 1.5,
    "았습니다": 1,
    "았음": 1,
    "았네": 0.5,
    "았네요": 1,
    "았어": 0.5,
    "는 듯": 0.5,
    "지": 0.3,
    "죠": 0.3,
}
"""Endings of sentences with their weights."""
PAST = {f: w for f, w in FINALS.items() if f.startswith("았")}
WRITTEN = 0.9
"""The share of comments that are drawn from the sentences."""
OPENINGS = (
    *("진짜", "솔직히", "와", "역시", "아", "정말"),
    *("음", "개인적으로", "그냥", "헐", "결론은"),
)
CLOSINGS = ("ㅋㅋ", "ㅎㅎ", "ㅠㅠ", "!", ".", "..", "~", "ㅋ", "!!", "...", " ㅋㅋㅋ", "ㅠ")

_PART = re.compile(
    r"\{(?P<slot>[A-Z])(?P<number>\d?)(?P<sign>[+-]?)(?:\|(?P<ending>[^}^]*))?(?P<after>\^[^}]*)?\}"
)
_STEM = re.compile(r"<([^<>|]*)\|([^<>]*)>")
_CHOICE = re.compile(r"\(([^()]*)\)")
_FILM = re.compile("[봤본볼]|보[고는려길]|영화|감독|배우|극장|원작|예고편")
_AFTER = re.compile(r"\^([가-힣]+)")


@dataclass(frozen=True)
class Pattern:
    """A line of patterns.txt, or of a file of sentences, which have no slots."""

    family: str
    label: str
    """``=`` or ``!``: the slots' polarity or the other; ``+``, ``-``: whatever is in them."""
    template: str


@dataclass(frozen=True)
class Comment:
    """A composed comment."""

    text: str
    label: int
    """0 or 1."""
    family: str


@cache
def patterns() -> tuple[Pattern, ...]:
    """All patterns, in the order of the file."""
    return read_patterns(HERE / "patterns.txt")


@cache
def sentences() -> tuple[Pattern, ...]:
    """All sentences, in the order of the files."""
    files = sorted((HERE / "sentences").glob("*.txt"))
    return tuple(sentence for file in files for sentence in read_patterns(file))


@cache
def development() -> tuple[Comment, ...]:
    """Comments that nothing is learnt from: what the last training is chosen by."""
    lines = read_patterns(DEVELOPMENT)
    return tuple(Comment(line.template, int(line.label == "+"), line.family) for line in lines)


def read_patterns(file: Path) -> tuple[Pattern, ...]:
    """The lines of a file: headings are families, the others begin with their label."""
    result, family = [], file.stem
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            family = line[1:].strip()
        elif line:
            result.append(Pattern(family, line[0], line[2:]))
    return tuple(result)


@cache
def lexicon() -> dict[tuple[str, str, str], tuple[str, ...]]:
    """Words by slot, polarity (``+``, ``-`` or ``0``) and domain."""
    result = {}
    for line in (HERE / "lexicon.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            head, words = line.split(": ", 1)
            slot, sign, domain = head.split()
            result[slot, sign, domain] = tuple(word.strip() for word in words.split(","))
    return result


@dataclass
class _Sentence:
    """One comment being made: a word chosen for a slot stays for its next use."""

    rng: random.Random
    sign: str
    domain: str
    chosen: dict[str, str] = field(default_factory=dict)

    def word(self, slot: str, number: str, sign: str) -> str:
        if slot in OPPOSITES:
            slot, sign = OPPOSITES[slot], "-" if self.sign == "+" else "+"
        key = f"{slot}{number}{sign}"
        if key not in self.chosen:
            self.chosen[key] = self._draw(slot, number, sign or self.sign)
        return self.chosen[key]

    def _draw(self, slot: str, number: str, sign: str) -> str:
        words = lexicon()
        found = next(
            words[slot, s, d]
            for d in (self.domain, "any", "film")
            for s in (sign, "0")
            if (slot, s, d) in words
        )
        if number == "3":  # short ones, which 안 goes before
            short = [
                w for w in found if len(w) <= 4 and w[-1] != COPULA and not set(" 없") & set(w)
            ]
            found = tuple(short) or found
        fresh = [word for word in found if word not in self.chosen.values()] or found
        return self.rng.choice(fresh)

    def conjugated(self, stem: str, ending: str) -> str:
        if ending.startswith("~") or ending == "았~":
            weights = PAST if ending == "았~" else FINALS
            if stem.rstrip(VERB)[-1] in "었았했겠졌됐섰났갔왔렸냈잤셨켰뺐샀봤쳤꼈":
                weights = {f: w for f, w in FINALS.items() if not f.startswith(("았", "는"))}
            ending = self.rng.choices(list(weights), list(weights.values()))[0]
            if ending == "는 듯":
                ending = "은 듯"
        ending = {"면": "으면", "는": "은", "은데": "는데", "았는데": "았는데"}.get(ending, ending)
        return conjugate(stem, ending)

    def fill(self, template: str) -> str:
        text = _PART.sub(self._filled, template)
        text = _CHOICE.sub(self._choice, text)
        text = _STEM.sub(lambda m: self.conjugated(m[1], m[2]) if m[2] else m[1], text)
        while found := _AFTER.search(text):
            text = with_particle(text[: found.start()], found[1]) + text[found.end() :]
        return " ".join(text.split())

    def _filled(self, match: re.Match[str]) -> str:
        word = self.word(match["slot"], match["number"], match["sign"])
        if match["ending"]:
            word = self.conjugated(word, match["ending"])
        return word + (match["after"] or "")

    def _choice(self, match: re.Match[str]) -> str:
        inside, _, ending = match[1].partition("|")
        choice = self.rng.choice(inside.split("/"))
        return self.conjugated(choice, ending) if ending else choice


def compose(count: int, seed: int, written: float = WRITTEN) -> Iterator[Comment]:
    """Compose distinct comments, as many of each label.

    Args:
        count: how many.
        seed: the same makes the same.
        written: the share that is drawn from the sentences.
    """
    rng = random.Random(seed)
    pools = {
        (source, label): [p for p in source() if p.label in signs]
        for source in (patterns, sentences)
        for label, signs in enumerate(("=!-", "=!+"))
    }
    made: set[str] = set()
    while len(made) < count:
        label = len(made) % 2
        source = sentences if rng.random() < written else patterns
        pattern = rng.choice(pools[source, label])
        sign = "+-"[label == 0] if pattern.label != "!" else "-+"[label == 0]
        domain = "film"
        if not _FILM.search(pattern.template):
            domain = rng.choices(list(DOMAINS), list(DOMAINS.values()))[0]
        text = _Sentence(rng, sign, domain).fill(pattern.template)
        text = _roughened(text, label, rng)
        if text and text not in made:
            made.add(text)
            yield Comment(text, label, pattern.family)


def _roughened(text: str, label: int, rng: random.Random) -> str:
    """What people put before and after a comment, and the spaces they leave out."""
    if rng.random() < 0.12:
        text = f"{rng.choice(OPENINGS)} {text}"
    if rng.random() < 0.2:
        text += rng.choice(CLOSINGS)
    elif rng.random() < 0.06:
        text += " " + rng.choice(lexicon()["J", "+" if label else "-", "any"])
    if rng.random() < 0.08:
        text = text.replace(" ", "")
    elif rng.random() < 0.08:
        spaces = [i for i, c in enumerate(text) if c == " "]
        gone = {i for i in spaces if rng.random() < 0.5}
        text = "".join(c for i, c in enumerate(text) if i not in gone)
    return text
