"""Many comments to what a network says of them, on all cores, in order."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import open_model
from nsmc.text.parallel import tokenize_chunks
from nsmc.workers import map_chunks

Outputs = NDArray[np.float32]


def score_chunks(
    chunks: Iterable[list[str]], classifier: Classifier, workers: int
) -> Iterator[Outputs]:
    """Score chunks of comments; yields the outputs [R, O] of each chunk, in the chunks' order.

    A worker cuts and scores, so that the comments go in and nothing but numbers comes back. A
    network that isn't the model's own, one on a GPU, stays in this process, and the workers only
    cut.

    Args:
        chunks: lists of R comments each.
        classifier: worker processes open its model anew.
        workers: processes; 1 scores in this one.

    Raises:
        NsmcError: a worker died, or Mecab can't be used.
        ModelError: the model directory was changed meanwhile.
    """
    tokenizer = classifier.tokenizer  # here, so that its warning comes once and before all else
    if workers > 1 and classifier.runs_in_workers:
        return map_chunks(chunks, partial(_make, classifier.model.path), workers)
    return map(classifier.outputs_of, tokenize_chunks(chunks, tokenizer, workers))


def _make(model: Path) -> Callable[[list[str]], Outputs]:
    classifier = Classifier(open_model(model))
    return lambda texts: classifier.outputs_of([classifier.tokenizer(t) for t in texts])
