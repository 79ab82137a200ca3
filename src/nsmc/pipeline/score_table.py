"""Whole tables: read, scored on all cores and written as they stream past."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nsmc.errors import UsageError
from nsmc.inference.classifier import Classifier
from nsmc.pipeline.classify import score_chunks
from nsmc.workers import available_cores

if TYPE_CHECKING:
    import pandas as pd

    from nsmc.tables.table import Chunk

Kind = Literal["text", "number", "count"]
"""What a new column holds."""
_TYPES: dict[Kind, Any] = {"text": "string", "number": "Float64", "count": "Int64"}
SMALL = 1_000_000
"""Bytes below which starting worker processes costs more than they save."""


@dataclass(frozen=True)
class Scored:
    """What became of a table."""

    rows: int
    labels: dict[str, int]
    """Rows that got each label, the most frequent first; none of a task that gives no labels."""
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
    probabilities: bool = False,
    workers: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> Scored:
    """Score every row of a table into another, in constant memory.

    The input's columns stay as they were, in order; those of the task's ``results`` follow, which
    for the sentiment are ``label``, ``label_ko`` and ``score``. Where the input has one of these,
    the new one is called ``predicted_label`` and so on.

    Args:
        classifier: as `nsmc.load` gives it.
        source: .csv, .tsv, .txt, .jsonl or .parquet; the text formats also .gz.
        target: the same; appears under its name only when whole.
        column: the text column; None takes the one that the model was trained on, if it was named
            and is there, else ``document``, else the only text column.
        probabilities: also give each class's, in columns ``probability_<class>``.
        workers: processes that score; None decides by the cores and the size of the file.
        progress: called with bytes read, bytes in all and rows scored.

    Raises:
        UsageError: ``probabilities`` of a model without classes.
        DataError: the table can't be read, or its text column isn't clear.
        NsmcError: the target can't be written; nothing is left under its name.
    """
    task = classifier.task
    if probabilities and not task.classes:
        raise UsageError(
            f"probabilities of each class are for models of classes; the task of "
            f"{classifier.model.path} is {task.name!r}"
        )
    kinds: dict[str, Kind] = dict(task.results)
    if probabilities:
        kinds |= {f"probability_{name}": "number" for name in task.classes}
    labels: Counter[str | None] = Counter()

    def cells(texts: Iterator[list[str]], workers: int) -> Iterator[list[list[Any]]]:
        for outputs in score_chunks(texts, classifier, workers):
            columns = task.columns_of(outputs, classifier.threshold)
            labels.update(columns.get("label", []))
            yield [
                *columns.values(),
                *(task.probabilities(outputs).values() if probabilities else ()),
            ]

    # A table like the one trained on has its comments where that had them, and labels perhaps.
    others = [wanted.name for wanted in task.label_columns()]
    rows, empty, notes = add_columns(
        source,
        target,
        kinds,
        cells,
        column=column,
        usual=classifier.model.config["data"]["column"],
        others=others,
        workers=workers,
        progress=progress,
    )
    return Scored(rows, {k: n for k, n in labels.most_common() if k is not None}, empty, notes)


def add_columns(
    source: Path,
    target: Path,
    kinds: Mapping[str, Kind],
    cells_of: Callable[[Iterator[list[str]], int], Iterator[list[list[Any]]]],
    *,
    column: str | None = None,
    usual: str = "",
    others: Sequence[str] = (),
    workers: int | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> tuple[int, int, list[str]]:
    """Write a table with columns that are made from its comments, in constant memory.

    Args:
        source, target, column, workers, progress: as `score_table` takes them.
        kinds: the new columns.
        cells_of: from chunks of comments, and how many processes, to the cells of the new columns
            of each chunk, in order; None in the first of them where there is nothing to say.
        usual: the text column where none is given and the table has it; empty for ``document``.
        others: columns that can't be the text column.

    Returns:
        The rows, how many of them have empty new cells, and notes for a person.

    Raises:
        DataError: the table can't be read, or its text column isn't clear.
        NsmcError: the target can't be written; nothing is left under its name.
    """
    from nsmc.tables.columns import DEFAULT_COLUMN, unique_names
    from nsmc.tables.table import open_table, open_writer

    rows = empty = 0
    usual = usual or DEFAULT_COLUMN
    with (
        open_table(source, column=column, usual=usual, others=others) as table,
        open_writer(target, table) as writer,
    ):
        if workers is None:
            workers = available_cores() if table.total_bytes > SMALL else 1
        names = unique_names(kinds, table.columns, "predicted_")
        writer.write_header([*table.columns, *names])
        pending: deque[Chunk] = deque()

        def texts() -> Iterator[list[str]]:
            for chunk in table.chunks():
                pending.append(chunk)
                yield chunk.texts

        for cells in cells_of(texts(), workers):
            empty += cells[0].count(None)
            rows += len(cells[0])
            writer.write(_with_results(pending.popleft().frame, names, list(kinds.values()), cells))
            if progress:
                progress(table.bytes_read, table.total_bytes, rows)
        notes = _notes(source, table.encoding, dict(zip(kinds, names, strict=True)), empty)
    return rows, empty, notes


def _with_results(
    frame: "pd.DataFrame",
    names: list[str],
    kinds: list[Kind],
    cells: list[list[Any]],
) -> "pd.DataFrame":
    import pandas as pd

    new = {
        name: pd.array(values, dtype=_TYPES[kind])
        for name, kind, values in zip(names, kinds, cells, strict=True)
    }
    # Not assign, which puts in one column after another: there may be a thousand.
    return pd.concat([frame, pd.DataFrame(new, index=frame.index)], axis=1)


def _notes(source: Path, encoding: str | None, names: dict[str, str], empty: int) -> list[str]:
    notes = []
    if encoding not in (None, "utf-8", "utf-8-sig"):
        notes.append(f"{source} is not UTF-8 and was read as {encoding}; the output is UTF-8")
    if renamed := [new for wanted, new in names.items() if new != wanted]:
        notes.append(
            f"the table has columns of these names already, so new are: {', '.join(renamed)}"
        )
    if empty:
        notes.append(f"{empty:,} rows have an empty comment, so their new cells are empty")
    return notes
