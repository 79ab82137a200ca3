"""Many comments through a classifier, by the rule of `nsmc.pipeline.chunks`.

Shapes: R comments of a chunk or a list, O outputs of the head.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.classifier import Classifier
from nsmc.inference.explanation import Explanation
from nsmc.inference.notes import Note
from nsmc.pipeline.chunks import Progress, Result, chunks_of, map_comments, with_progress
from nsmc.text.tokenizer import Tokenizer
from nsmc.workers import available_cores

Outputs = NDArray[np.float32]
Units = list[list[str]]
"""[R] the units of each comment, as the model's tokenizer cuts it."""
MANY, TOGETHER = 100, 8
"""Comments whose explanations take longer than processes to start, and those sent together."""


def score_by_each(
    comments: list[str], classifiers: Sequence[Classifier], *, progress: Progress | None = None
) -> list[Outputs]:
    """The outputs [R, O] that each classifier gives a list of comments, at least one.

    Classifiers that cut comments alike share the units, but for those with an early exit.

    Raises:
        NsmcError, ModelError: as `map_units`.
    """
    for classifier in classifiers:
        _ = classifier.tokenizer  # here, so that its warning comes once and before all else
    results = map_comments(chunks_of(comments), partial(_score_each, classifiers))
    by_classifier = zip(*with_progress(results, len(comments), progress), strict=True)
    return [np.concatenate(parts) for parts in by_classifier]


def map_scores(
    chunks: Iterable[list[str]],
    classifier: Classifier,
    *,
    workers: int | None = None,
    corrections: bool = False,
) -> Iterator[tuple[Outputs, list[Note]]]:
    """The outputs [R, O] that a classifier gives chunks of comments, with notes, in order.

    Of a classifier whose network isn't the model's own, one on a GPU, the workers do what comes
    before the network.

    Args:
        chunks: R comments each.
        classifier: it answers early what it may.
        workers: processes; None follows the rule.
        corrections: whether these are in the notes, as in those of `Classifier.predict`.

    Raises:
        NsmcError: a worker died, or the tokenizer can't be used.
        ModelError: the model directory was changed meanwhile.
    """
    _ = classifier.tokenizer  # here, so that its warning comes once and before all else
    if classifier.runs_in_workers:
        score = partial(classifier.score, corrections=corrections)
        return map_comments(chunks, score, workers=workers)
    first = partial(classifier.in_workers.first_stage, corrections=corrections)
    stages = map_comments(chunks, first, workers=workers)
    return (classifier.second_stage(stage) for stage in stages)


def map_units(
    chunks: Iterable[list[str]], tokenizer: Tokenizer, function: Callable[[Units], Result]
) -> Iterator[Result]:
    """Cut chunks of comments and apply a function to the units, in the workers; in order.

    Raises:
        NsmcError: a worker died, or the tokenizer can't be used.
    """
    return map_comments(chunks, partial(_apply, tokenizer, function))


def explain_each(texts: list[str], classifier: Classifier[Any]) -> Iterator[Explanation[Any]]:
    """The explanations of comments, in order; of `MANY` and more by one process a core.

    Raises:
        NsmcError, ModelError: as `map_scores`.
    """
    _ = classifier.tokenizer  # here, so that its warning comes once and before all else
    several = len(texts) >= MANY and classifier.runs_in_workers
    workers, size = (available_cores(), TOGETHER) if several else (1, 1)
    chunks = (texts[start : start + size] for start in range(0, len(texts), size))
    for explanations in map_comments(chunks, classifier.explain, workers=workers):
        yield from explanations


def cut(tokenizer: Tokenizer, comments: list[str]) -> Units:
    """The units of each comment."""
    return [tokenizer(comment) for comment in comments]


def _apply(tokenizer: Tokenizer, function: Callable[[Units], Any], comments: list[str]) -> Any:
    return function(cut(tokenizer, comments))


def _score_each(classifiers: Sequence[Classifier], comments: list[str]) -> list[Outputs]:
    units: dict[Any, Units] = {}
    outputs = []
    for classifier in classifiers:
        if classifier.exits_early:
            outputs.append(classifier.score(comments)[0])
            continue
        tokenization = (classifier.text_config, classifier.model.learned)
        if tokenization not in units:
            units[tokenization] = cut(classifier.tokenizer, comments)
        outputs.append(classifier.outputs_of(units[tokenization]))
    return outputs
