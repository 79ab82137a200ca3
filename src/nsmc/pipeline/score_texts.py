"""Whole tables scored by a language model: how likely each row's text is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from nsmc.inference.directory import open_model
from nsmc.inference.language_model import LanguageModel
from nsmc.pipeline.score_table import Kind, add_columns
from nsmc.tasks.language_model import perplexity
from nsmc.tasks.task import rounded
from nsmc.workers import map_chunks


@dataclass(frozen=True)
class ScoredTexts:
    """What became of a table."""

    COLUMNS: ClassVar[dict[str, Kind]] = {
        "perplexity": "number",
        "bits": "number",
        "bits_per_character": "number",
        "units": "count",
        "unknown": "count",
    }
    """What is added; ``units`` counts the end of a text."""

    rows: int
    empty: int
    """Rows whose text has nothing legible in it; their new cells are empty."""
    perplexity: float
    """Of all texts together; NaN if none is legible."""
    notes: list[str]
    """What a person should know of how the table was read and written."""


def score_texts(
    model: LanguageModel,
    source: Path,
    target: Path,
    *,
    column: str | None = None,
    workers: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> ScoredTexts:
    """Score every row of a table into another, in constant memory.

    The input's columns stay as they were, in order; `ScoredTexts.COLUMNS` follow.

    Args:
        model: as `nsmc.load_language_model` gives it.
        source, target, column, workers, progress: as `nsmc.score_table` takes them.

    Raises:
        DataError: the table can't be read, or its text column isn't clear.
        NsmcError: the target can't be written; nothing is left under its name.
    """
    bits, units = 0.0, 0.0

    def cells(texts: Iterator[list[str]], processes: int) -> Iterator[list[list[Any]]]:
        nonlocal bits, units
        _ = model.tokenizer  # here, so that its warning comes once and before all else
        make = partial(_make, model.model.path) if processes > 1 else lambda: _cells_by(model)
        for found in map_chunks(texts, make, processes):
            bits += math.fsum(value for value in found[1] if value is not None)
            units += math.fsum(value for value in found[3] if value is not None)
            yield found

    rows, empty, notes = add_columns(
        source,
        target,
        ScoredTexts.COLUMNS,
        cells,
        column=column,
        usual=model.model.config["data"]["column"],
        workers=workers,
        progress=progress,
    )
    together = perplexity(bits * math.log(2) / units) if units else math.nan
    return ScoredTexts(rows, empty, together, notes)


def _make(model: Path) -> Callable[[list[str]], list[list[Any]]]:
    return _cells_by(LanguageModel(open_model(model)))


def _cells_by(model: LanguageModel) -> Callable[[list[str]], list[list[Any]]]:
    def cells(texts: list[str]) -> list[list[Any]]:
        scores = model.score(texts)
        legible = [bool(score.units) for score in scores]
        return [
            rounded(np.array([score.perplexity for score in scores])),
            rounded(np.array([score.bits for score in scores])),
            rounded(np.array([score.bits_per_character for score in scores])),
            [len(s.units) if found else None for s, found in zip(scores, legible, strict=True)],
            [s.unknown if found else None for s, found in zip(scores, legible, strict=True)],
        ]

    return cells
