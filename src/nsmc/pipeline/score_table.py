"""A table with new columns made from its comments, read and written as it streams past."""

import hashlib
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.inference.classifier import Classifier
from nsmc.messages.translate import tr
from nsmc.pipeline.chunks import CHUNK, LongRows
from nsmc.pipeline.scorer import Cells, Scorer, text_columns
from nsmc.pipeline.staging import Place, staged
from nsmc.progress import reporting, table_progress
from nsmc.storage.journal import Journal
from nsmc.tables.rows import Kind
from nsmc.workers import workers_for

if TYPE_CHECKING:
    from nsmc.tables.options import ReadOptions, WriteOptions
    from nsmc.tables.table import Chunk

Progress = Callable[[int, int, int], None]
"""Called with the bytes of the rows scored, bytes in all and rows scored."""


@dataclass(frozen=True)
class WrittenTable:
    """What was read and written."""

    rows: int
    empty: int
    """Rows whose comment has nothing legible in it; their new cells are empty."""
    encoding: str | None
    """Of the input; None for Parquet and Excel."""
    renamed: list[str]
    """New columns that have another name, because the input has a column of theirs."""
    notes: list[str]
    """How the input was read and written, where a person should know: in sentences."""
    bad: int
    """Rows that were left out because they can't be read; they are beside the target."""


@dataclass(frozen=True)
class ScoredTable(WrittenTable):
    """A table scored by a classifier."""

    labels: dict[str, int]
    """Rows that got each label, the most frequent first; none of a task that gives no labels."""
    unfamiliar: int
    """Rows whose comment says nothing that the model knows, so that their label is a guess."""
    truncated: int
    """Rows whose comment is too long to be read to its end."""


def score_table(
    classifier: Classifier,
    source: Place | str,
    target: Place | str,
    *,
    column: str | None = None,
    reading: "ReadOptions | None" = None,
    writing: "WriteOptions | None" = None,
    probabilities: bool = False,
    notes: bool = False,
    workers: int | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    verbose: bool = True,
) -> ScoredTable:
    """Score every row of a table into another, in constant memory.

    The input's columns stay as they were, in order; those of the task's ``results`` follow, which
    for the sentiment are ``label``, ``label_ko`` and ``score``. Where the input has one of these,
    the new one is called ``predicted_label`` and so on.

    Args:
        classifier: as `nsmc.load` gives it.
        source: .csv, .tsv, .txt, .json, .jsonl, .parquet or .xlsx; the text formats also .gz. Also
            the URI of an object store, such as ``s3://shop/reviews.csv``.
        target: the same; appears under its name only when whole.
        column: the text column; None takes the one that the model was trained on, if it was named
            and is there, else ``document``, else the only text column.
        reading, writing: how, where names and content don't say. Bad rows that are left out go to
            a file beside the target: ``out.bad-rows.csv``.
        probabilities: also write each class's, in columns ``probability_<class>``.
        notes: also write what a prediction says beside its label, in columns ``unfamiliar``,
            ``unknown``, ``truncated``, ``corrections`` and ``exact``.
        workers: processes; None follows the rule of `nsmc.pipeline.chunks`.
        resume: keep the outputs of a table of more than 20,000 rows beside the target while it is
            scored. A call that is killed leaves them, and the next one goes on there.
        progress: hears of each chunk.
        verbose: show a progress bar on a terminal or in a notebook, unless ``progress`` is given.

    Raises:
        UsageError: ``probabilities`` of a model without classes.
        DataError: the table can't be read, or its text column isn't clear.
        NsmcError: the target can't be written; nothing is left under its name.
    """
    scorer = Scorer(classifier, probabilities=probabilities, notes=notes)
    labels: Counter[str | None] = Counter()

    def score(chunks: Iterator[list[str]]) -> Iterator[Cells]:
        processes = workers or workers_for(place.source)
        for cells in scorer(chunks, workers=processes, journal=journal):
            if "label" in classifier.task.results:
                labels.update(cells[0])
            yield cells

    with (
        staged(source, target, reading) as place,
        _journal(place.target, scorer) if resume else nullcontext() as journal,
    ):
        written = add_columns(
            place.source,
            place.target,
            scorer.kinds,
            score,
            column=column,
            **text_columns(classifier),
            reading=place.reading,
            writing=writing,
            progress=progress,
            verbose=verbose,
        )
        written.notes[:] = map(place.words, written.notes)
    if scorer.resumed:
        written.notes.append(
            tr("{rows:,} rows had been scored by a run that was cut short", rows=scorer.resumed)
        )
    counts = {label: count for label, count in labels.most_common() if label is not None}
    return ScoredTable(
        **vars(written), labels=counts, unfamiliar=scorer.unfamiliar, truncated=scorer.truncated
    )


def scores_beside(target: Path) -> Path:
    """Where the outputs are kept of a table that is scored to ``target`` with ``resume``."""
    # By a digest, since the name of a file can't be longer than the target's may be.
    name = hashlib.sha256(target.name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return target.with_name(f".scores-nsmc-{name}")


def _journal(target: Path, scorer: Scorer) -> Journal:
    header = json.dumps(scorer.identity(), sort_keys=True).encode()
    return Journal(scores_beside(target), header)


def add_columns(
    source: Path | str,
    target: Path | str,
    kinds: Mapping[str, Kind],
    score: Callable[[Iterator[list[str]]], Iterator[Cells]],
    *,
    column: str | None = None,
    usual: str = "",
    others: Sequence[str] = (),
    reading: "ReadOptions | None" = None,
    writing: "WriteOptions | None" = None,
    progress: Progress | None = None,
    verbose: bool = True,
) -> WrittenTable:
    """Write a table with columns that are made from its comments, as `score_table` does.

    Args:
        source, target, column, reading, writing, progress, verbose: as `score_table` takes them.
        kinds: the new columns.
        score: from chunks of comments to the new cells of each chunk, in order; None in the first
            column marks a comment with nothing legible in it.
        usual: the text column where none is given and the table has it; empty for ``document``.
        others: columns that can't be the text column.
    """
    from nsmc.storage.files import check_file
    from nsmc.tables.bad_rows import beside
    from nsmc.tables.columns import DEFAULT_COLUMN, unique_names
    from nsmc.tables.table import open_table, open_writer

    source, target = Path(source), Path(target)
    rows = empty = 0
    usual = usual or DEFAULT_COLUMN
    with (
        open_table(
            source, reading, column=column, usual=usual, others=others, chunk_rows=CHUNK
        ) as table,
        open_writer(target, table, writing) as writer,
        reporting(progress, verbose, partial(table_progress, source.name)) as report,
    ):
        names = unique_names(kinds, table.columns, "predicted_")
        new = dict(zip(names, kinds.values(), strict=True))
        writer.added = names
        # What can fail fails here, before the scoring.
        writer.write(table.empty().with_columns({n: (k, []) for n, k in new.items()}))
        if table.bad:
            check_file(beside(target))
        # Not itertools.tee, which would hold up to 57 chunks.
        waiting: deque[tuple[Chunk, int]] = deque()

        def comments() -> Iterator[list[str]]:
            table.check()  # before the first is scored, and while processes start
            for chunk in table.chunks():
                waiting.append((chunk, table.bytes_read))
                yield chunk.texts if len(chunk.texts) == CHUNK else LongRows(chunk.texts)

        for cells in score(comments()):
            chunk, place = waiting.popleft()
            columns = zip(new, zip(new.values(), cells, strict=True), strict=True)
            writer.write(chunk.part.with_columns(dict(columns)))
            rows += len(chunk.texts)
            empty += cells[0].count(None)
            if report:
                report(place, table.total_bytes, rows)
        renamed = [name for name in names if name not in kinds]
        notes = [*table.notes, *writer.changes.notes()]
        bad = table.bad.count if table.bad else 0
        if table.bad and bad:
            table.bad.save(beside(target))
            notes.append(table.bad.words(beside(target)))
        return WrittenTable(rows, empty, table.encoding, renamed, notes, bad)
