"""The tokenizer: normalization, spelling and a segmenter, as a configuration asks for them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from nsmc.config.text import TextConfig
from nsmc.text.alignment import align
from nsmc.text.normalize import VERSION, normalize
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

    ``learned`` is what `learn` returned, if the segmenter or the spelling is learnt.
    """

    def __init__(
        self,
        config: TextConfig,
        segmenter: Segmenter,
        learned: bytes | None = None,
        spelling: "Spelling | None" = None,
    ) -> None:
        self.config, self.learned, self._segment = config, learned, segmenter
        self._spelling = spelling

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as what makes it anew there."""
        return make_tokenizer, (self.config, self.learned)

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
        text = normalize(text, self.config.max_characters)
        # Spelling keeps the length and every character's place, so it keeps the spans.
        return self._spelling(text) if self._spelling else text

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
        return align(text, spans, self.config.max_characters)

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


def make_tokenizer(config: TextConfig, learned: bytes | None = None) -> Tokenizer:
    """Make the tokenizer of a configuration; ``learned`` is what `learn` returned.

    Raises:
        NsmcError: Mecab, its dictionary, SentencePiece or ``learned`` can't be used; the message
            says which and what to do.
        ValueError: a learnt tokenizer without ``learned``.
    """
    # Imported on demand: the others may not be installed.
    spelling = None
    if config.spelling:
        from nsmc.text.mecab import KonlpyMecab
        from nsmc.text.spelling import Spelling

        mecab = KonlpyMecab(config)
        spelling = Spelling(_require(learned), mecab)
        if config.unit == "morpheme":
            return Tokenizer(config, mecab, learned, spelling)
    if config.unit == "syllable":
        return Tokenizer(config, Syllables(), learned, spelling)
    if config.unit == "jamo":
        from nsmc.text.jamo import Jamo

        return Tokenizer(config, Jamo(), learned, spelling)
    if config.unit == "bpe":
        from nsmc.text.bpe import Pieces

        return Tokenizer(config, Pieces(_require(learned)), learned)
    from nsmc.text.mecab import KonlpyMecab

    return Tokenizer(config, KonlpyMecab(config), learned)


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
