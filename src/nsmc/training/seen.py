"""The texts that a training shows to its model, for the model directory to tell them again."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.data.corpus import CHUNK, Corpus
from nsmc.inference.train_overlap import Fingerprint

if TYPE_CHECKING:
    from nsmc.training.init_from import PretrainedModel


def fingerprint_of(corpus: Corpus) -> Fingerprint:
    """The set of a corpus's texts; a second or two for half a million."""
    return Fingerprint.of(units_of(corpus))


def seen_in_training(
    corpus: Corpus,
    start: "PretrainedModel | None",
    output: Path,
    warn: Callable[[str], None] | None,
) -> Fingerprint | None:
    """All texts of a training, and those that the model it starts from had seen.

    The validation part is among them: it chose the epoch.

    Args:
        corpus: all reviews of the training's file.
        start: the model that it starts from, if any, given to the network before.
        output: the training's output directory.
        warn: is told if they can't all be known.

    Returns:
        None where it isn't known what the model that it starts from had seen: of a part alone
        nobody could say that a text is not among them.
    """
    if start is None:
        return fingerprint_of(corpus)
    before = start.seen(output)
    if before is None:
        if warn:
            warn(
                f"{start.path} doesn't tell which texts it was trained on, so the new model won't "
                "tell it either, and `nsmc evaluate` can't say which reviews it has seen"
            )
        return None
    return fingerprint_of(corpus).union(before)


def units_of(corpus: Corpus) -> Iterator[list[str]]:
    """The units of each review that is no noisy copy: a copy's text is nobody's."""
    for first in range(0, corpus.originals, CHUNK):
        last = min(first + CHUNK, corpus.originals)
        offsets = corpus.offsets[first : last + 1].tolist()
        tokens = corpus.tokens[offsets[0] : offsets[-1]].tolist()
        units = [corpus.morphemes[token] for token in tokens]
        for place, end in pairwise(offsets):
            yield units[place - offsets[0] : end - offsets[0]]
