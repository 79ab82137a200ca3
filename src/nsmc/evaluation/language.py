"""How well a language model expects texts.

Letters: R texts, D directions, T units of one with its end.
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nsmc.errors import DataError, UsageError
from nsmc.runtime.directory import ModelDirectory
from nsmc.text.config import UNIT_NAMES
from nsmc.text.normalize import normalize

CHUNK = 500


def judged_texts(
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
        the vocabulary doesn't hold), ``skipped``, ``model``, ``data`` (path, sha256) and
        ``seconds``.

    Raises:
        UsageError: an option that means nothing to a language model.
        DataError: the texts can't be read, or none is legible.
    """
    from nsmc.data.reviews import read_reviews
    from nsmc.runtime.language_model import LanguageModel

    if wrong := [name for name, value in given.items() if value is not None]:
        raise UsageError(
            f"{directory.path} is a language model, for which --{wrong[0]} means nothing; "
            "leave it out"
        )
    started = time.perf_counter()
    model = LanguageModel(directory)
    reviews = read_reviews(path, column=column or directory.config["data"]["column"] or None)
    known = frozenset(directory.vocabulary[1:])
    nats, units, unknown, characters, legible = 0.0, 0, 0, 0, 0
    for start in range(0, len(reviews.texts), CHUNK):
        texts = reviews.texts[start : start + CHUNK]
        cut = [model.tokenizer(text) for text in texts]
        for text, pieces, surprise in zip(texts, cut, model.surprises(cut), strict=True):
            if not pieces:
                continue
            legible += 1
            nats += float(surprise.mean(axis=0).sum())  # of [D, T]
            units += surprise.shape[1]
            unknown += sum(piece not in known for piece in pieces)
            characters += len(normalize(text, model.text_config.max_characters))
        if progress:
            progress(len(texts), len(reviews.texts))
    if not legible:
        raise DataError(f"{path}: no text has anything legible in it")
    bits = nats / math.log(2)
    figures = {
        "examples": legible,
        "units": units,
        "perplexity": float(np.exp(nats / units)),
        "bits_per_unit": bits / units,
        "bits_per_character": bits / characters,
        "unknown": unknown / units,
        "skipped": reviews.skipped_empty + len(reviews.texts) - legible,
        "model": str(directory.path),
        "data": {"path": str(path), "sha256": reviews.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }
    kind = UNIT_NAMES[directory.config["text"]["unit"]]
    return figures, [
        ("units", f"{units:,} {kind} and ends of texts; {unknown / units:.2%} unknown"),
        ("perplexity", f"{figures['perplexity']:.2f} a unit"),
        ("bits", f"{bits / units:.3f} a unit, {bits / characters:.3f} a character"),
    ]
