"""Comments into pieces learnt from the training comments: byte-pair encoding.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016:
from single characters on, the most frequent pair of neighbours becomes a piece, again and again.
The library is SentencePiece (Kudo and Richardson, EMNLP 2018), which marks the beginning of a word
within the piece, so that pieces joined are the comment again.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from itertools import accumulate
from typing import Any

from nsmc.errors import DataError, ModelError, NsmcError
from nsmc.messages.translate import mark, tr
from nsmc.text.alignment import consecutive_spans
from nsmc.text.libraries import import_library
from nsmc.text.rewriting import Span
from nsmc.text.syllables import SPACE

COVERAGE, LEAST_COVERAGE = 0.9995, 0.98
"""Share of all characters in the comments that are a piece by themselves. The others are rare; a
run of them is one unknown unit, as a new word is to Mecab. Bytes in their place would be three
units a syllable, without meaning and without a span of characters. Where single characters would
take more than half of the pieces, fewer of them do, down to the least that SentencePiece allows."""
LONGEST = 1_000_000
"""Bytes of the longest comment to learn from: any that normalization lets through."""
_RESERVED = "\u2585"
"""A block, "▅", with which SentencePiece marks unknown characters: it skips comments with it."""
_INSTALL = mark(
    "Install it: pip install sentencepiece; text.unit = 'syllable' or 'jamo' needs nothing"
)


class Pieces:
    """Pieces by a learnt model, which `learn_bpe` returned.

    Raises:
        NsmcError: SentencePiece is missing.
        ModelError: ``learned`` isn't one of its models.
    """

    def __init__(self, learned: bytes) -> None:
        library = import_library("sentencepiece", tr(_INSTALL))
        self._model: Any = library.SentencePieceProcessor()
        try:
            self._model.LoadFromSerializedProto(learned)
        except RuntimeError as error:
            raise ModelError(
                "the pieces that this model was trained with can't be read: expected what "
                "sentencepiece writes, found something else; train again"
            ) from error
        self._identity = {
            "pieces": hashlib.sha256(learned).hexdigest(),
            "library": f"sentencepiece {version('sentencepiece')}",
        }

    def __call__(self, text: str) -> list[str]:
        """The pieces of a normalized text: the first of each word begins with `SPACE`.

        A run of unknown characters is one piece.
        """
        pieces: list[str] = self._model.encode(text, out_type=str)
        return pieces

    def spans(self, text: str) -> list[Span]:
        """The span of each piece without the space before a word; ``▁`` alone is that space."""
        spans = []
        for start, end in consecutive_spans(self(text)):
            # The mark before the first word is no character of the text: all are shifted by one.
            start, end = max(0, start - 1), end - 1
            if end - start > 1 and text[start] == " ":
                start += 1
            spans.append((start, end))
        return spans

    def join(self, units: Sequence[str]) -> str:
        """The text that was cut; a ``▁`` that somebody typed comes back as a space."""
        return "".join(units).removeprefix(SPACE).replace(SPACE, " ")

    def identity(self) -> dict[str, str]:
        """The hash of what was learnt, and the library with its version."""
        return self._identity


def learn_bpe(texts: Iterable[str], size: int) -> bytes:
    """Learn a SentencePiece model; the same normalized comments in one order give the same bytes.

    There are ``size`` pieces, or fewer where the comments hold no more.

    Raises:
        DataError: nothing legible to learn from.
        NsmcError: SentencePiece is missing, or ``size`` is too small for the characters there are.
    """
    library = import_library("sentencepiece", tr(_INSTALL))
    legible = [line for text in texts if (line := text.replace(_RESERVED, " ").strip())]
    if not legible:
        raise DataError("expected comments to learn pieces from, found nothing legible in any")
    model = io.BytesIO()
    library.SentencePieceTrainer.train(
        sentence_iterator=iter(legible),
        model_writer=model,
        model_type="bpe",
        vocab_size=size,
        hard_vocab_limit=False,
        character_coverage=_coverage(legible, size),
        # Ours has been applied, and its version is part of a model's identity.
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        max_sentence_length=LONGEST,
        # No comment has units for beginning, end or padding.
        bos_id=-1,
        eos_id=-1,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def _coverage(texts: list[str], size: int) -> float:
    """The share of all characters that get a piece of their own among ``size`` pieces."""
    counts = Counter(character for text in texts for character in text.replace(SPACE, " "))
    counts[" "] += len(texts)  # the mark before the first word
    total = counts.total()
    covered = [n / total for n in accumulate(count for _, count in counts.most_common())]
    # One to reach it, one for the unknown unit, one for float32 in SentencePiece.
    needed = sum(share < LEAST_COVERAGE for share in covered) + 3
    if size < needed:
        raise NsmcError(
            "text.bpe_size: expected at least {needed}, for the characters that make up "
            "{coverage:.0%} of the training comments, found {size}. Set it higher, or cut "
            "comments into characters: text.unit = 'syllable'",
            needed=needed,
            coverage=LEAST_COVERAGE,
            size=size,
        )
    half = covered[min(size // 2, len(covered)) - 1]
    return min(COVERAGE, max(LEAST_COVERAGE, half))
