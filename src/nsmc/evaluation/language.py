"""How well a language model expects texts.

Shapes: R texts.
"""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.evaluation.overlap import overlap_metrics
from nsmc.evaluation.results import DataFile, Evaluation
from nsmc.inference.language_model import LanguageModel
from nsmc.inference.notes import truncated_words
from nsmc.pipeline.chunks import Progress, chunks_of, map_comments, with_progress
from nsmc.tables.options import ReadOptions

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory


def evaluate_language_model(
    model: LanguageModel,
    data: "Path | InMemory",
    *,
    column: str | None = None,
    reading: ReadOptions | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Score texts by a language model; takes what `nsmc.evaluate` does.

    Raises:
        DataError: the texts can't be read, or none is legible.
    """
    from nsmc.data.reviews import read_reviews

    started = time.perf_counter()
    column = column or model.model.config.data.column or None
    reviews = read_reviews(data, column=column, reading=reading)
    _ = model.tokenizer  # here, so that its warning comes once and before all else
    results = map_comments(chunks_of(reviews.texts), partial(_score, model))
    sums, seen = (  # [R, 4], [R]
        np.concatenate(parts)
        for parts in zip(*with_progress(results, len(reviews.texts), progress), strict=True)
    )
    if not len(sums):
        raise DataError("{path}: no text has anything legible in it", path=reviews.path)
    truncated = sum(model.tokenizer.truncated(text) > 0 for text in reviews.texts)
    metrics, texts = text_metrics(sums), model.model.training_texts
    rate = texts.false_positive_rate if texts else None
    return Evaluation(
        metrics=metrics,
        seen=overlap_metrics(seen, rate, metrics, lambda mask: text_metrics(sums[mask])),
        skipped=reviews.skipped_empty + len(reviews.texts) - len(sums),
        model=model.model,
        data=DataFile(reviews.path, reviews.sha256),
        seconds=round(time.perf_counter() - started, 3),
        notes=(*reviews.notes, *([truncated_words(truncated)] if truncated else [])),
        truncated=truncated,
    )


def _score(model: LanguageModel, texts: list[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Of the legible texts what `text_metrics` takes [R, 4], and which the model has seen [R]."""
    scores = [score for score in model.score(texts) if score.units]
    sums = [(one.bits, len(one.units), one.unknown, one.characters) for one in scores]
    training_texts = model.model.training_texts
    seen = np.zeros(len(scores), np.bool_)
    if training_texts is not None:  # which knows texts by their units without the end
        seen = training_texts.contains([unit.unit for unit in one.units[:-1]] for one in scores)
    return np.array(sums, np.float64).reshape(-1, 4), seen


def text_metrics(sums: NDArray[np.float64]) -> dict[str, Any]:
    """The metrics of texts by their bits, units, unknown units and characters [R, 4].

    Returns:
        ``examples`` (texts), ``units`` (the ends of the texts included), ``perplexity`` (a unit),
        ``bits_per_unit``, ``bits_per_character`` and ``unknown`` (share of the units that the
        vocabulary doesn't hold).
    """
    bits, units, unknown, characters = sums.sum(axis=0).tolist()
    return {
        "examples": len(sums),
        "units": int(units),
        "perplexity": 2 ** (bits / units),
        "bits_per_unit": bits / units,
        "bits_per_character": bits / characters,
        "unknown": unknown / units,
    }
