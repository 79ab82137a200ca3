"""Some rows of a table as a table of their own, with new columns."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.pipeline.score_table import with_columns
from nsmc.pipeline.scorer import Kind

if TYPE_CHECKING:
    from nsmc.tables.options import WriteOptions
    from nsmc.tables.table import Table


def write_rows(
    table: "Table",
    rows: Sequence[int],
    columns: Mapping[str, tuple[Kind, list[Any]]],
    target: Path,
    writing: "WriteOptions | None" = None,
    *,
    prefix: str,
) -> list[str]:
    """Write some rows of a table, in the order given, with new columns after their own.

    Args:
        table: an open table, read from its first row again.
        rows: their numbers in the file, counted from 1 without the header.
        columns: the kind and the cells of each new column, one a row.
        target: appears under its name only when whole.
        writing: how, where its name doesn't say.
        prefix: goes before the name of a new column that the table has already.

    Returns:
        The names of the new columns.

    Raises:
        UsageError: the target is the table itself.
        DataError: the ending of the target's name is unknown, or a cell can't be in that format.
        NsmcError: the target can't be written.
    """
    import numpy as np
    import pandas as pd

    from nsmc.tables.columns import unique_names
    from nsmc.tables.table import open_writer

    names = unique_names(columns, table.columns, prefix)
    kinds, cells = zip(*columns.values(), strict=True)
    order = np.argsort(rows, kind="stable")
    wanted = np.array(rows, dtype=np.int64)[order]
    with open_writer(target, table, writing) as writer:
        writer.added = names
        # Without a row, a Parquet file would have columns of no type.
        frames = [table.empty()]
        for chunk in table.chunks():
            within = np.flatnonzero(np.isin(np.asarray(chunk.rows, np.int64), wanted))
            if len(within):
                frames.append(chunk.frame.iloc[within])
        frame = pd.concat(frames[1:] or frames, ignore_index=True)
        frame = frame.iloc[np.argsort(order)].reset_index(drop=True)
        writer.write(with_columns(frame, names, kinds, list(cells)))
    return names
