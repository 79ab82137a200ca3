"""What every tokenizer is, and how a configuration becomes one."""

from collections.abc import Mapping
from typing import Protocol

from nsmc.text.config import TextConfig
from nsmc.text.normalize import VERSION, normalize


class Segmenter(Protocol):
    """Cuts a normalized comment into units."""

    def __call__(self, text: str) -> list[str]:
        """Cut ``text``, already normalized; an empty text gives an empty list."""
        ...

    def identity(self) -> dict[str, str]:
        """Name what decides the outcome: program, binding and dictionary, with versions."""
        ...


class Tokenizer:
    """A comment as typed → normalized → morphemes."""

    def __init__(self, config: TextConfig, segmenter: Segmenter) -> None:
        self.config = config
        self._segment = segmenter

    def __call__(self, text: str) -> list[str]:
        """Cut a comment of any length and content into morphemes; nothing legible gives ``[]``.

        Raises:
            TypeError: ``text`` isn't a string.
        """
        if not isinstance(text, str):
            raise TypeError(f"expected a comment as str, found {type(text).__name__}")
        return self._segment(normalize(text, self.config.max_characters))

    def identity(self) -> dict[str, str]:
        """All that a model must find unchanged to see comments as it did in training."""
        return {**declared_identity(self.config), **self._segment.identity()}


def declared_identity(config: TextConfig) -> dict[str, str]:
    """The part of the identity that is known without the tokenizer being installed."""
    return {
        "tokenizer": config.tokenizer,
        "max_characters": str(config.max_characters),
        "normalizer": str(VERSION),
    }


def make_tokenizer(config: TextConfig) -> Tokenizer:
    """Make the tokenizer of a configuration.

    Raises:
        NsmcError: Mecab or its dictionary can't be used; the message says which and what to do.
    """
    from nsmc.text.mecab import KonlpyMecab

    return Tokenizer(config, KonlpyMecab(config))


def differences(expected: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The entries in which two identities differ, each as ``name: expected …, found …``."""
    return [
        f"{name}: expected {expected.get(name, 'nothing')}, found {found.get(name, 'nothing')}"
        for name in sorted({*expected, *found})
        if expected.get(name) != found.get(name)
    ]
