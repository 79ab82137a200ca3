"""What every tokenizer is, and how a configuration becomes one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from nsmc.config.text import TextConfig
from nsmc.text.alignment import Span, align
from nsmc.text.normalize import VERSION, normalize

if TYPE_CHECKING:
    from nsmc.text.spelling import Spelling


class Segmenter(Protocol):
    """Cuts a normalized comment into units."""

    def __call__(self, text: str) -> list[str]:
        """Cut ``text``, already normalized; an empty text gives an empty list."""
        ...

    def spans(self, text: str) -> list[Span]:
        """Where in ``text``, already normalized, each unit that a call gives of it stands.

        In order; units of the same characters, such as the letters of a syllable, share a span.
        """
        ...

    def join(self, units: Sequence[str]) -> str:
        """Put units together to a normalized text again, as far as they tell it."""
        ...

    def identity(self) -> dict[str, str]:
        """Name what decides the outcome beyond `declared_identity`: programs, with versions."""
        ...


class Tokenizer:
    """A comment as typed → normalized → its mistyped words put right, if asked for → units.

    Args:
        config: the part of the recipe.
        segmenter: what it says.
        learned: what the segmenter or the spelling was learnt as, if any: see `make_tokenizer`.

    Raises:
        NsmcError: what was learnt can't be read.
        ValueError: spelling without ``learned``.
    """

    def __init__(
        self, config: TextConfig, segmenter: Segmenter, learned: bytes | None = None
    ) -> None:
        self.config = config
        self.learned = learned
        self._segment = segmenter
        self._spelling: Spelling | None = None
        if config.spelling:
            from nsmc.text import spelling

            self._spelling = spelling.Spelling(_given(learned))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as what makes it anew there."""
        return make_tokenizer, (self.config, self.learned)

    def __call__(self, text: str) -> list[str]:
        """Cut a comment of any length and content into units; nothing legible gives ``[]``.

        Raises:
            TypeError: ``text`` isn't a string.
        """
        return self._segment(self._normalized(text))

    def spans(self, text: str) -> list[Span]:
        """Where in the comment as typed each of its units stands, in code points.

        See `nsmc.text.alignment.align`; units made of the same characters share their span.

        Raises:
            TypeError: ``text`` isn't a string.
        """
        found = self._segment.spans(self._normalized(text))
        return align(text, found, self.config.max_characters)

    def join(self, units: Sequence[str]) -> str:
        """Put units together to a text, as a language model needs that writes them.

        Syllables and learnt pieces give the normalized comment again, and letters but for those
        that were typed apart; morphemes don't tell where spaces were and get one between any two.
        """
        return self._segment.join(units)

    def identity(self) -> dict[str, str]:
        """All that a model must find unchanged to see comments as it did in training."""
        spelling = self._spelling.identity() if self._spelling else {}
        return {**declared_identity(self.config), **spelling, **self._segment.identity()}

    def _normalized(self, text: str) -> str:
        if not isinstance(text, str):
            raise TypeError(f"expected a comment as str, found {type(text).__name__}")
        text = normalize(text, self.config.max_characters)
        # As long as before, with every character in its place: spans stay what they are.
        return self._spelling(text) if self._spelling else text


def declared_identity(config: TextConfig) -> dict[str, str]:
    """The part of the identity that is known without the tokenizer being installed."""
    normalized = {"max_characters": str(config.max_characters), "normalizer": str(VERSION)}
    if config.spelling:
        from nsmc.text.spelling import RULES as SPELLING

        normalized["spelling_rules"] = str(SPELLING)
    if config.unit == "morpheme":
        # No unit: models and caches from before there were others say the same.
        return {"tokenizer": config.tokenizer, **normalized}
    if config.unit == "bpe":
        return {"unit": config.unit, "bpe_size": str(config.bpe_size), **normalized}
    from nsmc.text.syllables import RULES

    return {"unit": config.unit, "rules": RULES, **normalized}


def is_learned(config: TextConfig) -> bool:
    """Whether a configuration's tokenizer is learnt from the training comments."""
    return config.unit == "bpe" or config.spelling


def learn(config: TextConfig, texts: Iterable[str]) -> bytes | None:
    """Learn from the training comments what a configuration's tokenizer needs to know.

    Args:
        config: the part of the recipe.
        texts: the comments as typed, in an order that is always the same; not read when there is
            nothing to learn.

    Returns:
        What `make_tokenizer` takes, and a model directory keeps: the same for the same comments.
        None for a tokenizer that isn't learnt.

    Raises:
        DataError: nothing to learn from.
        NsmcError: SentencePiece is missing.
    """
    if not is_learned(config):
        return None
    normalized = (normalize(text, config.max_characters) for text in texts)
    if config.spelling:
        from nsmc.text.spelling import learn_spelling

        return learn_spelling(normalized)
    from nsmc.text.bpe import learn_bpe

    return learn_bpe(normalized, config.bpe_size)


def make_tokenizer(config: TextConfig, learned: bytes | None = None) -> Tokenizer:
    """Make the tokenizer of a configuration.

    Args:
        config: the part of the recipe.
        learned: for ``unit = "bpe"`` and ``spelling``, what `learn` gave; nothing else takes it.

    Raises:
        NsmcError: what it needs can't be used (Mecab, its dictionary, SentencePiece, the learnt
            pieces or words); the message says which and what to do.
        ValueError: a learnt tokenizer without ``learned``.
    """
    # Each imported when it is asked for: the others may not be installed.
    if config.unit == "syllable":
        from nsmc.text.syllables import Syllables

        return Tokenizer(config, Syllables(), learned)
    if config.unit == "jamo":
        from nsmc.text.jamo import Jamo

        return Tokenizer(config, Jamo(), learned)
    if config.unit == "bpe":
        from nsmc.text.bpe import Pieces

        return Tokenizer(config, Pieces(_given(learned)), learned)
    from nsmc.text.mecab import KonlpyMecab

    return Tokenizer(config, KonlpyMecab(config), learned)


def _given(learned: bytes | None) -> bytes:
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
