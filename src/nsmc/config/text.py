"""How a comment is cut into units."""

from dataclasses import dataclass
from typing import Literal

from nsmc.config.fields import require
from nsmc.messages.translate import mark

UNIT_NAMES = {
    "morpheme": mark("morphemes"),
    "syllable": mark("syllables"),
    "jamo": mark("jamo"),
    "bpe": mark("pieces"),
}
"""What a person calls several units of each kind."""


@dataclass(frozen=True)
class TextConfig:
    """What the network sees of a comment."""

    unit: Literal["morpheme", "syllable", "jamo", "bpe"] = "morpheme"
    """What a comment is cut into. ``morpheme`` is Mecab's; ``syllable`` takes each character,
    ``jamo`` each letter of a syllable, ``bpe`` pieces learnt from the training comments. Only
    morphemes need Mecab."""
    tokenizer: Literal["mecab-ko", "system-mecab"] = "mecab-ko"
    """For morphemes: ``mecab-ko`` is installed with this package; ``system-mecab`` is a MeCab of
    your own, through its Python module ``MeCab``."""
    dictionary: str = ""
    """For ``system-mecab``: the directory of its mecab-ko-dic, such as
    ``/usr/local/lib/mecab/dic/mecab-ko-dic``."""
    bpe_size: int = 8000
    """For ``bpe``: how many pieces to learn, single characters included. More make comments shorter
    and leave each piece fewer examples."""
    spelling: bool = False
    """Correct mistyped words before they are cut: unknown ones, of which a frequent word of the
    training comments is one wrong key away. Not for ``bpe``, whose pieces are what is learnt."""
    max_characters: int = 1000
    """A longer comment is cut here, before it is tokenized: Mecab's time grows faster than the
    length."""

    def __post_init__(self) -> None:
        require(
            1 <= self.max_characters <= 100_000,
            "max_characters must be from 1 to 100000, found {max_characters}",
            max_characters=self.max_characters,
        )
        require(
            self.unit == "morpheme" or (self.tokenizer == "mecab-ko" and not self.dictionary),
            "tokenizer and dictionary go with unit = 'morpheme', and only with it; "
            "unit = {unit!r} needs neither",
            unit=self.unit,
        )
        require(
            (self.tokenizer == "system-mecab") == bool(self.dictionary),
            "dictionary goes with tokenizer = 'system-mecab', and only with it",
        )
        require(
            self.unit != "bpe" or not self.spelling,
            "spelling goes with any unit but 'bpe'; leave one of the two out",
        )
        require(
            100 <= self.bpe_size <= 1_000_000,
            "bpe_size must be from 100 to 1000000, found {bpe_size}",
            bpe_size=self.bpe_size,
        )
