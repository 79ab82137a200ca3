"""A table scored by a language model: how likely each row's text is."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from nsmc.inference.language_model import LanguageModel
from nsmc.pipeline.chunks import map_comments
from nsmc.pipeline.score_table import Progress, WrittenTable, add_columns
from nsmc.pipeline.scorer import Cells
from nsmc.pipeline.staging import Place, staged
from nsmc.tables.options import ReadOptions, WriteOptions
from nsmc.tables.rows import Kind
from nsmc.tasks.language_model import perplexity
from nsmc.tasks.task import rounded
from nsmc.workers import workers_for

COLUMNS: dict[str, Kind] = {
    "perplexity": "number",
    "bits": "number",
    "bits_per_character": "number",
    "units": "count",
    "unknown": "count",
}
"""What is added; ``units`` counts the end of a text."""


@dataclass(frozen=True)
class ScoredTexts(WrittenTable):
    """A table scored by a language model."""

    perplexity: float
    """Of all texts together; NaN if none is legible."""
    truncated: int
    """Rows whose text is too long to be read to its end."""


def score_texts(
    model: LanguageModel,
    source: Place | str,
    target: Place | str,
    *,
    column: str | None = None,
    reading: ReadOptions | None = None,
    writing: WriteOptions | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    verbose: bool = True,
) -> ScoredTexts:
    """Score every row of a table into another, in constant memory.

    The input's columns stay as they were, in order; `COLUMNS` follow. What isn't listed here is as
    `nsmc.score_table` takes it.

    Args:
        model: as `nsmc.load_language_model` gives it.

    Raises:
        DataError: the table can't be read, or its text column isn't clear.
        NsmcError: the target can't be written; nothing is left under its name.
    """
    bits = units = 0.0
    truncated = 0

    def counted(chunks: Iterator[list[str]]) -> Iterator[list[str]]:
        nonlocal truncated
        for texts in chunks:
            truncated += sum(model.tokenizer.truncated(text) > 0 for text in texts)
            yield texts

    def score(chunks: Iterator[list[str]]) -> Iterator[Cells]:
        nonlocal bits, units
        processes = workers or workers_for(place.source)
        for cells in map_comments(counted(chunks), partial(_cells, model), workers=processes):
            bits += math.fsum(value for value in cells[1] if value is not None)
            units += sum(value for value in cells[3] if value is not None)
            yield cells

    _ = model.tokenizer  # here, so that its warning comes once and before all else
    usual = model.model.config.data.column
    with staged(source, target, reading) as place:
        written = add_columns(
            place.source,
            place.target,
            COLUMNS,
            score,
            column=column,
            usual=usual,
            reading=place.reading,
            writing=writing,
            progress=progress,
            verbose=verbose,
        )
        written.notes[:] = map(place.words, written.notes)
    together = perplexity(bits * math.log(2) / units) if units else math.nan
    return ScoredTexts(**vars(written), perplexity=together, truncated=truncated)


def _cells(model: LanguageModel, texts: list[str]) -> Cells:
    scores = model.score(texts)
    numbers = [name for name, kind in COLUMNS.items() if kind == "number"]
    return [
        *(rounded(np.array([getattr(score, name) for score in scores])) for name in numbers),
        [len(score.units) or None for score in scores],
        [score.unknown if score.units else None for score in scores],
    ]
