"""Arrow record batches scored as they stream past: for DuckDB, Polars, pandas and engines.

Shapes: R rows of a batch.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from nsmc.errors import DataError
from nsmc.inference.classifier import Classifier, load
from nsmc.pipeline.chunks import slices
from nsmc.pipeline.scorer import Cells, Scorer, text_columns
from nsmc.tables.cells import comment_text
from nsmc.tables.columns import choose_text_column, unique_names
from nsmc.tables.parquet import is_string

NAME = "the Arrow data"
"""What messages call it."""


def score_batches(
    batches: Any,
    *,
    column: str | None = None,
    model: Classifier[Any] | Path | str | None = None,
    probabilities: bool = False,
    notes: bool = False,
    workers: int | None = None,
) -> Any:
    """Score Arrow record batches: each comes out with new columns after its own, which it shares.

    The new columns are those that `nsmc.score_table` adds, under the same names, and the text
    column is chosen as there. Batches are read as they are needed, and may have any size.

    Args:
        batches: ``pyarrow.RecordBatch``es of one schema; or whatever hands out Arrow data by
            ``__arrow_c_stream__``, as a ``pyarrow.Table``, a frame of Polars or pandas and a
            relation of DuckDB do.
        column: the text column; None takes the one that the model was trained on, if it was named
            and is there, else ``document``, else the only text column.
        model: a classifier, or what `nsmc.load` takes.
        probabilities, notes: also the columns that these add there.
        workers: processes; None follows the rule of `nsmc.pipeline.chunks`, by which some batches
            are read ahead.

    Returns:
        A ``pyarrow.RecordBatchReader``: an iterator of as many batches as came in, which DuckDB
        and Polars read as well.

    Raises:
        TypeError: these are no Arrow data.
        DataError: there is no batch at all, the text column isn't clear or, while they are read,
            a cell is no text or the schema changes.
        UsageError, ModelError: as `nsmc.load`; ``probabilities`` of a model without classes.
    """
    import pyarrow as pa

    if hasattr(batches, "__arrow_c_stream__"):
        batches = pa.RecordBatchReader.from_stream(batches)
    waiting = iter(batches)
    if (schema := getattr(batches, "schema", None)) is None:
        if (first := next(waiting, None)) is None:
            raise DataError(
                "{name}: expected at least one batch, which names the columns, found none; "
                "pass a pyarrow.RecordBatchReader, which knows its schema",
                name=NAME,
            )
        if not isinstance(first, pa.RecordBatch):
            raise TypeError(f"expected Arrow record batches, found {type(first).__name__}")
        schema = first.schema
        waiting = chain([first], waiting)
    classifier = model if isinstance(model, Classifier) else load(model)
    scorer = Scorer(classifier, probabilities=probabilities, notes=notes)
    name = choose_text_column(
        NAME,
        schema.names,
        lambda: [field.name for field in schema if is_string(field.type)],
        column,
        **text_columns(classifier),
    )
    types = {
        "text": pa.string(),
        "number": pa.float64(),
        "count": pa.int64(),
        "flag": pa.bool_(),
    }
    added = [
        pa.field(new, types[kind])
        for new, kind in zip(
            unique_names(scorer.kinds, schema.names, "predicted_"),
            scorer.kinds.values(),
            strict=True,
        )
    ]
    whole = pa.schema([*schema, *added], metadata=schema.metadata)
    scored = _scored(waiting, schema, schema.names.index(name), scorer, workers)
    return pa.RecordBatchReader.from_batches(
        whole,
        (
            pa.RecordBatch.from_arrays([*batch.columns, *_arrays(cells, added)], schema=whole)
            for batch, cells in scored
        ),
    )


def _scored(
    batches: Iterable[Any], schema: Any, place: int, scorer: Scorer, workers: int | None
) -> Iterator[tuple[Any, list[Cells]]]:
    """Each batch with the cells of its chunks."""
    waiting: deque[tuple[Any, int]] = deque()

    def chunks() -> Iterator[list[str]]:
        rows = 0
        for batch in batches:
            if not batch.schema.equals(schema):
                raise DataError(
                    "{name}, from row {row} on: expected the columns of the first one, {expected}, "
                    "found {found}; cast them to one schema",
                    name=NAME,
                    row=rows + 1,
                    expected=_listed(schema),
                    found=_listed(batch.schema),
                )
            # One chunk for an empty batch, so that it has a turn.
            parts = list(slices(batch.num_rows)) or [slice(0, 0)]
            waiting.append((batch, len(parts)))
            for part in parts:
                # Only so many comments are Python strings at a time.
                yield _texts(batch.column(place)[part], schema.names[place], rows + part.start)
            rows += batch.num_rows

    cells: list[Cells] = []
    for some in scorer(chunks(), workers=workers):
        cells.append(some)
        if len(cells) == waiting[0][1]:
            yield waiting.popleft()[0], cells
            cells = []


def _texts(values: Any, name: str, before: int) -> list[str]:
    """The comments of some cells; ``before`` is the number of rows before them."""
    texts: list[str] = []
    try:
        texts.extend(map(comment_text, values.to_pylist()))
    except (TypeError, UnicodeDecodeError) as error:
        raise DataError(
            "{name}, column {column!r}, row {row}: {error}; correct it or choose another column",
            name=NAME,
            column=name[:60],
            row=before + len(texts) + 1,
            error=error,
        ) from error
    return texts


def _arrays(cells: list[Cells], fields: list[Any]) -> list[Any]:
    import pyarrow as pa

    return [
        pa.concat_arrays([pa.array(part[place], field.type) for part in cells])
        for place, field in enumerate(fields)
    ]


def _listed(schema: Any) -> str:
    return ", ".join(f"{field.name}: {field.type}" for field in schema)[:300]
