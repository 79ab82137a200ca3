"""How likely a language model finds a text, unit by unit."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from nsmc.tasks.language_model import perplexity


@dataclass(frozen=True)
class UnitSurprisal:
    """One unit of a text and how little it was expected."""

    unit: str
    """As the tokenizer gave it; `nsmc.data.special_units.EOS` for the end of the text."""
    start: int
    end: int
    """Its code points in the text as given, from ``start`` to before ``end``."""
    bits: float
    """-log₂ of its probability: 1 for a probability of a half, 10 for one in a thousand."""
    known: bool
    """Whether the vocabulary has it; else the bits are those of the unknown unit."""


@dataclass(frozen=True)
class TextScore:
    """How likely a text is, unit by unit."""

    text: str
    units: tuple[UnitSurprisal, ...]
    """In order, with the end of the text as the last; empty if nothing in it is legible."""
    characters: int
    """Of the text as the model reads it, spaces included."""
    truncated: int = 0
    """How many characters at its end were not read."""

    @property
    def bits(self) -> float:
        """-log₂ of the text's probability; NaN without units."""
        return math.fsum(unit.bits for unit in self.units) if self.units else math.nan

    @property
    def perplexity(self) -> float:
        """2 to the mean bits a unit; comparable between texts and models of the same units."""
        return perplexity(self.bits * math.log(2) / len(self.units)) if self.units else math.nan

    @property
    def bits_per_character(self) -> float:
        """Bits by the characters, comparable between models of any units.

        Models of morphemes don't predict where the spaces are, which saves them some bits.
        """
        return self.bits / self.characters if self.units else math.nan

    @property
    def unknown(self) -> int:
        """How many units aren't in the vocabulary."""
        return sum(not unit.known for unit in self.units)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is nothing legible."""
        numbers = ("perplexity", "bits", "bits_per_character")
        return {
            "text": self.text,
            **{k: round(getattr(self, k), 4) if self.units else None for k in numbers},
            "unknown": self.unknown,
            **({"truncated": self.truncated} if self.truncated else {}),
            "units": [{**asdict(unit), "bits": round(unit.bits, 4)} for unit in self.units],
        }
