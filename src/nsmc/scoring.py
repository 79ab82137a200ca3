"""Whole tables: read, scored on all cores and written as they stream past."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.runtime.classifier import KOREAN, Classifier
from nsmc.runtime.parallel import score_chunks
from nsmc.workers import available_cores

if TYPE_CHECKING:
    import pandas as pd

    from nsmc.tables.table import Chunk

COLUMNS = ("label", "label_ko", "score")
SMALL = 1_000_000
"""Bytes below which starting worker processes costs more than they save."""


@dataclass(frozen=True)
class Scored:
    """What became of a table."""

    rows: int
    positive: int
    empty: int
    """Rows whose comment has nothing legible in it; their new cells are empty."""
    notes: list[str]
    """What a person should know of how the table was read and written."""


def score_table(
    classifier: Classifier,
    source: Path,
    target: Path,
    *,
    column: str | None = None,
    workers: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> Scored:
    """Score every row of a table into another, in constant memory.

    The input's columns stay as they were, in order; ``label``, ``label_ko`` and ``score`` follow.
    Where the input has one of these, the new one is called ``predicted_label`` and so on.

    Args:
        classifier: as `nsmc.load` gives it.
        source: .csv, .tsv, .txt, .jsonl or .parquet; the text formats also .gz.
        target: the same; appears under its name only when whole.
        column: the text column; None takes ``document``, else the only text column.
        workers: processes that score; None decides by the cores and the size of the file.
        progress: called with bytes read, bytes in all and rows scored.

    Raises:
        DataError: the table can't be read, or its text column isn't clear.
        NsmcError: the target can't be written; nothing is left under its name.
    """
    from nsmc.tables.columns import free_names
    from nsmc.tables.table import open_table, open_writer

    rows = positive = empty = 0
    with open_table(source, column=column) as table, open_writer(target, table) as writer:
        if workers is None:
            workers = available_cores() if table.total_bytes > SMALL else 1
        names = free_names(COLUMNS, table.columns, "predicted_")
        writer.write_header([*table.columns, *names])
        pending: deque[Chunk] = deque()

        def texts() -> Iterator[list[str]]:
            for chunk in table.chunks():
                pending.append(chunk)
                yield chunk.texts

        for scores in score_chunks(texts(), classifier, workers):
            labels = [classifier.label_of(score) for score in scores.tolist()]
            writer.write(_with_results(pending.popleft().frame, names, scores, labels))
            rows += len(labels)
            positive += labels.count("positive")
            empty += labels.count("")
            if progress:
                progress(table.bytes_read, table.total_bytes, rows)
        notes = _notes(source, table.encoding, names, empty)
    return Scored(rows, positive, empty, notes)


def _with_results(
    frame: "pd.DataFrame", names: list[str], scores: NDArray[np.float64], labels: list[str]
) -> "pd.DataFrame":
    import pandas as pd

    label, label_ko, score = names
    return frame.assign(
        **{
            label: pd.array([name or None for name in labels], dtype="string"),
            label_ko: pd.array([KOREAN[name] or None for name in labels], dtype="string"),
            score: pd.array(np.round(scores, 6), dtype="Float64"),
        }
    )


def _notes(source: Path, encoding: str | None, names: list[str], empty: int) -> list[str]:
    notes = []
    if encoding not in (None, "utf-8", "utf-8-sig"):
        notes.append(f"{source} is not UTF-8 and was read as {encoding}; the output is UTF-8")
    if renamed := [name for name in names if name not in COLUMNS]:
        notes.append(
            f"the table has columns of these names already, so new are: {', '.join(renamed)}"
        )
    if empty:
        notes.append(f"{empty:,} rows have an empty comment and got no label and no score")
    return notes
