"""How well a language model expects texts.

Shapes: R texts, D directions, T units of one with its end.
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.text import UNIT_NAMES
from nsmc.errors import DataError, UsageError
from nsmc.evaluation.overlap import NAME, overlap_line, overlap_metrics
from nsmc.inference.directory import ModelDirectory
from nsmc.text.normalize import normalize

CHUNK = 500


def evaluate_texts(
    directory: ModelDirectory,
    path: Path,
    column: str | None,
    given: Mapping[str, Any],
    progress: Callable[[int, int], None] | None,
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """What `nsmc.evaluate` returns of a language model, and the same for a person.

    Args:
        directory: of a language model.
        path: a table with a text column, or a .txt of one text a line.
        column: the text column; None where it is clear.
        given: options that mean nothing to a language model, None where they weren't given.
        progress: called with texts done since the last call and texts in all.

    Returns:
        ``examples`` (texts), ``units`` (the ends of the texts included), ``perplexity``
        (a unit), ``bits_per_unit``, ``bits_per_character``, ``unknown`` (share of the units that
        the vocabulary doesn't hold), ``seen`` (see `nsmc.evaluation.overlap.overlap_metrics`),
        ``skipped``, ``model``, ``data`` (path, sha256) and ``seconds``.

    Raises:
        UsageError: an option that means nothing to a language model.
        DataError: the texts can't be read, or none is legible.
    """
    from nsmc.data.reviews import read_reviews
    from nsmc.inference.language_model import LanguageModel

    if wrong := [name for name, value in given.items() if value is not None]:
        raise UsageError(
            f"{directory.path} is a language model, for which --{wrong[0]} means nothing; "
            "leave it out"
        )
    started = time.perf_counter()
    model = LanguageModel(directory)
    reviews = read_reviews(path, column=column or directory.config.data.column or None)
    known = frozenset(directory.vocabulary[1:])
    training_texts, found = directory.training_texts, []
    rows: list[tuple[float, int, int, int]] = []
    for start in range(0, len(reviews.texts), CHUNK):
        texts = reviews.texts[start : start + CHUNK]
        cut = [model.tokenizer(text) for text in texts]
        if training_texts is not None:
            found.append(training_texts.contains(pieces for pieces in cut if pieces))
        for text, pieces, surprise in zip(texts, cut, model.surprises(cut), strict=True):
            if not pieces:
                continue
            rows.append(
                (
                    float(surprise.mean(axis=0).sum()),  # of [D, T]
                    surprise.shape[1],
                    sum(piece not in known for piece in pieces),
                    len(normalize(text, model.text_config.max_characters)),
                )
            )
        if progress:
            progress(len(texts), len(reviews.texts))
    if not rows:
        raise DataError(f"{path}: no text has anything legible in it")
    table = np.array(rows)  # [R, 4]
    metrics = _figures(table)
    seen = overlap_metrics(
        np.concatenate(found) if found else None,
        training_texts.false_positive_rate if training_texts else 0.0,
        metrics,
        lambda kept: _figures(table[kept]),
    )
    summary = {
        **metrics,
        "seen": seen,
        "skipped": reviews.skipped_empty + len(reviews.texts) - len(rows),
        "model": str(directory.path),
        "data": {"path": str(path), "sha256": reviews.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }
    kind = UNIT_NAMES[directory.config.text.unit]
    every = f"{metrics['units']:,} {kind} and ends of texts; {metrics['unknown']:.2%} unknown"
    told = [(NAME, overlap_line(seen, _lines))] if seen else []
    return summary, [("units", every), *_lines(metrics), *told]


def _lines(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    bits = f"{metrics['bits_per_unit']:.3f} a unit, {metrics['bits_per_character']:.3f} a character"
    return [("perplexity", f"{metrics['perplexity']:.2f} a unit"), ("bits", bits)]


def _figures(table: NDArray[np.float64]) -> dict[str, Any]:
    """Of texts, each its nats, units, unknown units and characters [R, 4]."""
    nats, units, unknown, characters = table.sum(axis=0).tolist()
    bits = nats / math.log(2)
    return {
        "examples": len(table),
        "units": int(units),
        "perplexity": math.exp(nats / units),
        "bits_per_unit": bits / units,
        "bits_per_character": bits / characters,
        "unknown": unknown / units,
    }
