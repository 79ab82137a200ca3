"""How comments are read, and what was read as something else."""

from dataclasses import dataclass
from typing import Any, Literal

from nsmc.text.new_words import NewWords

CorrectionKind = Literal["spelling", "word"]


@dataclass(frozen=True)
class Correction:
    """Some characters of a comment that are read as others."""

    start: int
    end: int
    """Their code points in the comment as typed, from ``start`` to before ``end``."""
    typed: str
    read: str
    kind: CorrectionKind
    """A mistyped word, or a new word in known ones."""

    def to_dict(self) -> dict[str, Any]:
        """The object for JSON."""
        return dict(vars(self))


@dataclass(frozen=True)
class Reading:
    """How comments are read beyond what a model's configuration says."""

    characters: int
    """The longest comment that is read whole; a longer one is cut there."""
    words: NewWords | None = None
    """New words, to be read as what they mean."""
    spelling: bool = True
    """False leaves mistyped words as they are, whatever the configuration says."""
