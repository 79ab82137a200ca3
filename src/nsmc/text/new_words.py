"""New words that a model doesn't know, read as what they mean in words that it does.

Slang moves faster than models. A table says ``띵작 → 명작``; a line with a word alone protects it
from spelling correction and from the meaning that another table gives it. The table inside the
package holds coinages of 2015-2026 and was written for this project.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.text.normalize import normalize
from nsmc.text.rewriting import Placed

SHIPPED_TABLE = Path(__file__).parent / "new_words.txt"
STEM = "~"
"""Ends a word of which only the beginning is given, such as ``폼 미쳤~``: any ending may follow."""
LONGEST = 40
"""Characters of a word or a meaning."""
_ARROW = re.compile(r"\s*(?:→|->|=|\t)\s*")
_LETTER = re.compile("[0-9a-z가-힣]")
_ENDS = re.compile(
    "(?![0-9a-z가-힣])|[이임인입일였은는가을를도만의에와과랑나로으라네다요예하함했한할해합됨된됐되돼급각들그등]"
)
"""What may follow a whole word: particles, endings, and what makes verbs of nouns."""
_BEFORE = frozenset("개핵존졸왕")
"""What strengthens a word and is written before it without a space."""


class NewWords:
    """The words of tables, the later ones over the earlier.

    Args:
        meanings: words to meanings, both normalized; an empty one protects the word.
    """

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self.meanings = dict(meanings)
        self._by_start: dict[str, list[tuple[str, bool, str]]] = {}
        for word, meaning in self.meanings.items():
            plain = word.removesuffix(STEM)
            for spelt in dict.fromkeys((plain, plain.replace(" ", ""))):
                entry = (spelt, word.endswith(STEM), meaning)
                self._by_start.setdefault(spelt[:2], []).append(entry)
        for entries in self._by_start.values():
            entries.sort(key=lambda entry: -len(entry[0]))
        # Only where one may begin: most words of a comment begin with other letters.
        letters = "".join(sorted({start[0] for start in self._by_start} | _BEFORE))
        self._begins = re.compile(f"[{letters}](?<![0-9a-z가-힣].)")

    def __reduce__(self) -> tuple[type["NewWords"], tuple[dict[str, str]]]:
        return NewWords, (self.meanings,)

    def __or__(self, later: "NewWords | None") -> "NewWords":
        """Both tables' words."""
        return self if later is None else NewWords(self.meanings | later.meanings)

    def find(self, text: str) -> Iterator[tuple[int, int, str]]:
        """The words of a normalized text that have meanings: begin, end, meaning; in order."""
        done = 0
        for match in self._begins.finditer(text):
            start = match.start()
            if start < done:
                continue
            # Most words that begin with the same letter go on with another.
            if text[start : start + 2] not in self._by_start and text[start] not in _BEFORE:
                continue
            if (found := self._at(text, start)) is not None and found[2]:
                yield found
                done = found[1]

    def protects(self, word: str) -> bool:
        """Whether a word, or what it begins with, is one of the table's."""
        return self._at(word, 0) is not None

    def __call__(self, text: str) -> str:
        """The normalized text with meanings in place of new words."""
        pieces, done = [], 0
        for start, end, meaning in self.find(text):
            pieces += [text[done:start], meaning]
            done = end
        return "".join([*pieces, text[done:]]) if pieces else text

    def placed(self, characters: Placed) -> Placed:
        """The same of characters with their spans; a meaning has the span of its word."""
        result: Placed = []
        done = 0
        for start, end, meaning in self.find("".join(character for character, _ in characters)):
            span = (characters[start][1][0], characters[end - 1][1][1])
            # As the letters of a syllable share a span, so do those of a meaning.
            result += [*characters[done:start], *((character, span) for character in meaning)]
            done = end
        return result + characters[done:]

    def _at(self, text: str, start: int) -> tuple[int, int, str] | None:
        """The longest word at a place where one begins."""
        for begin in (start, start + 1) if text[start] in _BEFORE else (start,):
            for word, stem, meaning in self._by_start.get(text[begin : begin + 2], ()):
                end = begin + len(word)
                if text.startswith(word, begin) and (stem or _ENDS.match(text, end)):
                    return begin, end, meaning
        return None


WordTable = NewWords | Mapping[str, str] | Path | str
"""New words, words with their meanings, or a file of them."""


def new_words(table: WordTable) -> NewWords:
    """The new words of a table as a user gives them.

    Raises:
        DataError: the file can't be read, or a word or a meaning can't be one.
    """
    if isinstance(table, NewWords):
        return table
    if not isinstance(table, Mapping):
        return read_words(Path(table))
    try:
        return NewWords(dict(parse_line(words_line(*entry)) for entry in table.items()))
    except ValueError as error:
        raise DataError("words: {problem}", problem=error) from error


@cache
def shipped_words() -> NewWords:
    """The table inside the package."""
    return read_words(SHIPPED_TABLE)


def read_words(path: Path) -> NewWords:
    """Read a table of new words.

    UTF-8, a word a line: ``띵작 → 명작`` (or ``->``, ``=``, a tab), ``갓겜`` alone to protect it.
    Empty lines and those that begin with ``#`` are skipped.

    Raises:
        DataError: it can't be read, or a line isn't one of these; the message names it.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            "{path}: expected a table of new words in UTF-8, found that it can't be read "
            "({error}); lines are like 띵작 → 명작",
            path=path,
            error=error,
        ) from error
    meanings = {}
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                word, meaning = parse_line(line)
            except ValueError as error:
                raise DataError(
                    "{path}, line {number}: {problem}", path=path, number=number, problem=error
                ) from error
            meanings[word] = meaning
    return NewWords(meanings)


def parse_line(line: str) -> tuple[str, str]:
    """A line's word and meaning, normalized; the meaning is empty for a word to protect.

    Raises:
        ValueError: the line isn't one of a table.
    """
    given, *rest = _ARROW.split(line.strip())
    word, meaning = normalize(given, 2 * LONGEST), normalize(" ".join(rest), 2 * LONGEST)
    if len(rest) > 1 or (rest and not meaning):
        raise ValueError(
            tr(
                "expected a word, → and its meaning (띵작 → 명작), found {line!r}",
                line=line.strip(),
            )
        )
    if not 2 <= len(word.removesuffix(STEM)) <= LONGEST or not _LETTER.match(word):
        raise ValueError(
            tr(
                "expected a word of 2 to {most} letters, found {word!r}; shorter ones are parts of "
                "too many others",
                most=LONGEST,
                word=given,
            )
        )
    if len(meaning) > LONGEST:
        raise ValueError(
            tr(
                "expected a meaning of at most {most} letters, found {count}",
                most=LONGEST,
                count=len(meaning),
            )
        )
    return word, meaning


def words_line(word: str, meaning: str) -> str:
    """The line of a table."""
    return f"{word} → {meaning}" if meaning else word
