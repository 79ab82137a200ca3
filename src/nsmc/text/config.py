"""How a comment is cut into units."""

from dataclasses import dataclass
from typing import Literal

from nsmc.settings import require


@dataclass(frozen=True)
class TextConfig:
    """The part of a recipe that decides what the network sees of a comment."""

    tokenizer: Literal["mecab-ko", "system-mecab"] = "mecab-ko"
    """``mecab-ko`` is installed with this package; ``system-mecab`` is a MeCab of your own, through
    its Python module ``MeCab``."""
    dictionary: str = ""
    """For ``system-mecab``: the directory of its mecab-ko-dic, such as
    ``/usr/local/lib/mecab/dic/mecab-ko-dic``."""
    max_characters: int = 1000
    """A longer comment is cut here, before Mecab, whose time grows faster than the length."""

    def __post_init__(self) -> None:
        require(
            1 <= self.max_characters <= 100_000,
            f"max_characters must be from 1 to 100000, found {self.max_characters}",
        )
        require(
            (self.tokenizer == "system-mecab") == bool(self.dictionary),
            "dictionary goes with tokenizer = 'system-mecab', and only with it",
        )
