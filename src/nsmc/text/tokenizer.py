"""The tokenizer: normalization, spelling and a segmenter, as a configuration asks for them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from nsmc.config.text import TextConfig
from nsmc.text.alignment import align, normalized_with_spans
from nsmc.text.normalize import VERSION, normalize
from nsmc.text.reading import Correction, CorrectionKind, Reading
from nsmc.text.rewriting import Span
from nsmc.text.syllables import RULES, Syllables

if TYPE_CHECKING:
    from nsmc.text.spelling import Spelling


class Segmenter(Protocol):
    """Cuts a normalized comment into units."""

    def __call__(self, text: str) -> list[str]:
        """Cut ``text``, already normalized; an empty text gives an empty list."""

    def spans(self, text: str) -> list[Span]:
        """The spans, in ``text`` already normalized, of the units that a call returns.

        In order; units of the same characters, such as the letters of a syllable, share a span.
        """

    def join(self, units: Sequence[str]) -> str:
        """Join units to a normalized text again, as far as they determine it."""

    def identity(self) -> dict[str, str]:
        """All that the units depend on beyond `declared_identity`: programs, with versions."""


class Tokenizer:
    """A comment as typed → normalized → its spelling corrected, if configured → units.

    ``learned`` is what `learn` returned, if the segmenter or the spelling is learnt; ``reading``
    is None where a model is trained.
    """

    def __init__(
        self,
        config: TextConfig,
        segmenter: Segmenter,
        learned: bytes | None = None,
        spelling: "Spelling | None" = None,
        reading: Reading | None = None,
    ) -> None:
        self.config, self.learned, self._segment = config, learned, segmenter
        self.reading = reading or Reading(config.max_characters)
        self._spelling = spelling

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as what makes it anew there."""
        return make_tokenizer, (self.config, self.learned, self.reading)

    def reads(self, reading: Reading) -> "Tokenizer":
        """The same tokenizer with another reading; both share what was opened."""
        return Tokenizer(self.config, self._segment, self.learned, self._spelling, reading)

    def __call__(self, text: str) -> list[str]:
        """Cut a comment of any length and content into units; nothing legible gives ``[]``.

        Raises:
            TypeError: ``text`` isn't a string.
        """
        return self.cut(self.prepare(text))

    def prepare(self, text: str) -> str:
        """The normalized comment with its spelling corrected, if configured, not yet cut.

        Raises:
            TypeError: ``text`` isn't a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"expected a comment as str, found {type(text).__name__}")
        return self.prepare_each([text])[0]

    def prepare_each(self, texts: Sequence[str]) -> list[str]:
        """The same of several comments, strings all, in less time."""
        words, characters = self.reading.words, self.reading.characters
        normalized = [normalize(text, characters) for text in texts]
        if words is not None:
            normalized = list(map(words, normalized))
        if self._spelling is None or not self.reading.spelling:
            return normalized
        # Spelling keeps the length and every character's place, so it keeps the spans.
        return self._spelling.of_each(normalized, None if words is None else words.protects)

    def characters(self, prepared: str) -> str:
        """The units of what `prepare` returned, end to end; of morphemes without cutting them."""
        if self.config.unit == "morpheme":
            return prepared.replace(" ", "")
        return "".join(self.cut(prepared))

    def cut(self, prepared: str) -> list[str]:
        """Cut what `prepare` returned."""
        return self._segment(prepared)

    def spans(self, text: str) -> list[Span]:
        """The spans of a comment's units in the comment as typed, as `align` gives them.

        Raises:
            TypeError: ``text`` isn't a string.
        """
        spans = self._segment.spans(self.prepare(text))
        return align(text, spans, self.reading.characters, self.reading.words)

    def corrections(self, text: str, prepared: str) -> tuple[Correction, ...]:
        """What of a comment is read as something else, beyond normalization; in order.

        ``prepared`` is what `prepare` made of it.
        """
        reading = self.reading
        # Of most comments nothing is changed, which needs no second normalization to see.
        if prepared == text or prepared == (normalized := normalize(text, reading.characters)):
            return ()
        found: list[tuple[Span, str, CorrectionKind]] = []
        characters = normalized_with_spans(text, reading.characters)
        if reading.words is not None:
            for start, end, meaning in reading.words.find(normalized):
                span = (characters[start][1][0], characters[end - 1][1][1])
                found.append((span, meaning, "word"))
            characters = reading.words.placed(characters)
        plain = "".join(character for character, _ in characters)
        for match in re.finditer(r"[가-힣]+", plain):
            start, end = match.span()
            if (read := prepared[start:end]) != match[0]:
                span = (characters[start][1][0], characters[end - 1][1][1])
                # A word whose beginning is new and whose end is mistyped is one correction.
                found = [one for one in found if not (span[0] <= one[0][0] < span[1])]
                found.append((span, read, "spelling"))
        return tuple(
            Correction(start, end, text[start:end], read, kind)
            for (start, end), read, kind in sorted(found)
        )

    def truncated(self, text: str) -> int:
        """How many characters at a comment's end are not read."""
        limit = self.reading.characters
        if len(text) <= limit:
            return 0
        characters = normalized_with_spans(text, limit)
        rest = text[characters[-1][1][1] :].strip() if characters else ""
        return len(rest) if normalize(rest, 1) else 0

    def join(self, units: Sequence[str]) -> str:
        """Join units to a text, for a language model that generates them.

        Syllables and learnt pieces give the normalized comment again, letters do except those that
        were typed apart. Morphemes hold no spaces, and get one between any two.
        """
        return self._segment.join(units)

    def identity(self) -> dict[str, str]:
        """All that the units depend on: a model refuses or warns where it has changed."""
        spelling = self._spelling.identity() if self._spelling else {}
        return {**declared_identity(self.config), **spelling, **self._segment.identity()}


def declared_identity(config: TextConfig) -> dict[str, str]:
    """The part of the identity that the configuration alone determines."""
    shared = {"max_characters": str(config.max_characters), "normalizer": str(VERSION)}
    if config.spelling:
        from nsmc.text.spelling import RULES as SPELLING

        shared["spelling_rules"] = str(SPELLING)
    if config.unit == "morpheme":
        return {"tokenizer": config.tokenizer, **shared}
    if config.unit == "bpe":
        return {"unit": config.unit, "bpe_size": str(config.bpe_size), **shared}
    return {"unit": config.unit, "rules": RULES, **shared}


def is_learned(config: TextConfig) -> bool:
    """Whether a configuration's tokenizer is learnt from the training comments."""
    return config.unit == "bpe" or config.spelling


def learn(config: TextConfig, texts: Iterable[str]) -> bytes | None:
    """Learn from the training comments, as typed, what a configuration's tokenizer needs to know.

    The same comments in the same order give the same bytes. A tokenizer that isn't learnt reads
    none and gives None.

    Raises:
        DataError: there is nothing to learn from.
        NsmcError: SentencePiece is missing.
    """
    if not is_learned(config):
        return None
    normalized = (normalize(text, config.max_characters) for text in texts)
    if config.spelling:
        from nsmc.text.mecab import KonlpyMecab
        from nsmc.text.spelling import learn_spelling

        return learn_spelling(normalized, KonlpyMecab(config))
    from nsmc.text.bpe import learn_bpe

    return learn_bpe(normalized, config.bpe_size)


def make_tokenizer(
    config: TextConfig, learned: bytes | None = None, reading: Reading | None = None
) -> Tokenizer:
    """Make the tokenizer of a configuration; ``learned`` is what `learn` returned.

    Raises:
        NsmcError: Mecab, its dictionary, SentencePiece or ``learned`` can't be used; the message
            says which and what to do.
        ValueError: a learnt tokenizer without ``learned``.
    """
    # Imported on demand: the others may not be installed.
    if config.unit == "morpheme" or config.spelling:
        from nsmc.text.mecab import KonlpyMecab

        mecab = KonlpyMecab(config)
    spelling = None
    if config.spelling:
        from nsmc.text.spelling import Spelling

        spelling = Spelling(_require(learned), mecab)
    segmenter: Segmenter = Syllables()
    if config.unit == "morpheme":
        segmenter = mecab
    elif config.unit == "jamo":
        from nsmc.text.jamo import Jamo

        segmenter = Jamo()
    elif config.unit == "bpe":
        from nsmc.text.bpe import Pieces

        segmenter = Pieces(_require(learned))
    return Tokenizer(config, segmenter, learned, spelling, reading)


def _require(learned: bytes | None) -> bytes:
    if learned is None:
        raise ValueError("a tokenizer that is learnt was asked for without what it has learnt")
    return learned


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The entries in which two identities differ, each as ``name: expected …, found …``."""
    return [
        f"{name}: expected {expected.get(name, 'nothing')}, found {found.get(name, 'nothing')}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]
