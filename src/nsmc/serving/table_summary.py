"""What the page shows of a table: its columns, its first rows, the words that push most."""

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from nsmc.config.text import UNIT_NAMES
from nsmc.errors import NsmcError
from nsmc.inference.classifier import Classifier
from nsmc.inference.explanation import Explanation
from nsmc.pipeline.scorer import text_columns
from nsmc.serving.schemas import ColumnsAnswer
from nsmc.tables.options import ReadOptions
from nsmc.tables.table import columns_of, open_table
from nsmc.text.syllables import SPACE

PREVIEWED = 1000
"""Rows that the page gets to see."""
EXPLAINED, EXPLAIN_SECONDS, WORDS = 100, 8.0, 12
"""Rows whose morphemes are summed up for the words that push most, at most; how many words."""
SAMPLES, SAMPLE_LENGTH, SAMPLED_COLUMNS = 3, 80, 100


def look_at(path: Path, classifier: Classifier[Any], reading: ReadOptions) -> ColumnsAnswer:
    """The columns of a table with their first cells, and the one that would be scored.

    Raises:
        DataError: the file can't be read as what its name says.
    """
    try:
        names = columns_of(path, reading)
    except NsmcError:
        if not reading.header:
            raise
        without = replace(reading, header=False)
        with contextlib.suppress(NsmcError):
            return look_at(path, classifier, without)
        raise
    chosen = None
    with (
        contextlib.suppress(NsmcError),
        open_table(path, reading, **text_columns(classifier)) as table,
    ):
        chosen = table.text_column
    samples = {}
    for name in names[:SAMPLED_COLUMNS]:
        texts = _texts(path, reading, name)
        samples[name] = [text[:SAMPLE_LENGTH] for text in islice(texts, SAMPLES)]
    return ColumnsAnswer(columns=names, text_column=chosen, samples=samples, header=reading.header)


def _texts(path: Path, reading: ReadOptions, column: str) -> Iterator[str]:
    """A column's first cells that are text; none from where one isn't."""
    with (
        contextlib.suppress(NsmcError),
        open_table(path, reading, column=column, chunk_rows=SAMPLES) as table,
    ):
        for chunk in table.chunks():
            yield from chunk.texts


def summary_of(
    classifier: Classifier[Any],
    path: Path,
    reading: ReadOptions,
    column: str | None,
    stop: threading.Event,
) -> Iterator[dict[str, Any]]:
    """Events with a table's first rows, and with the morphemes that push most either way."""
    columns = text_columns(classifier)
    with open_table(path, reading, column=column, chunk_rows=PREVIEWED, **columns) as table:
        chunk = next(table.chunks(), None)
    texts = chunk.texts if chunk else []
    rows = [one.to_dict() for one in classifier.predict(texts, verbose=False)]
    yield {"event": "preview", "rows": rows}
    pushes: defaultdict[str, float] = defaultdict(float)
    ends, count = time.monotonic() + EXPLAIN_SECONDS, 0
    for text in texts[:: max(1, len(texts) // EXPLAINED)][:EXPLAINED]:
        if stop.is_set() or time.monotonic() > ends:
            break
        count += 1
        for word, push in pushes_of(classifier.explain(text)):
            pushes[word] += push
    pushes.pop("", None)
    ranked = sorted(pushes.items(), key=lambda one: one[1])
    yield {
        "event": "words",
        "comments": count,
        "above": [[word, round(push, 2)] for word, push in ranked[::-1][:WORDS] if push > 0],
        "below": [[word, round(push, 2)] for word, push in ranked[:WORDS] if push < 0],
    }


def pushes_of(explanation: Explanation[Any]) -> Iterator[tuple[str, float]]:
    """Words with their contributions; syllables by the words that they make."""
    if explanation.units != UNIT_NAMES["syllable"]:
        for part in explanation.parts:
            yield part.morpheme.removeprefix(SPACE), part.contribution
        return
    word, push = "", 0.0
    for part in explanation.parts:
        if part.morpheme == SPACE:  # the space before a word is a part of it
            yield word, push
            word, push = "", part.contribution
        else:
            word, push = word + part.morpheme, push + part.contribution
    yield word, push
