"""Some rows of a table as a table of their own, with new columns."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.tables.rows import Columns, rows_of

if TYPE_CHECKING:
    from nsmc.tables.options import WriteOptions
    from nsmc.tables.table import Table


def check_target(
    table: "Table",
    columns: Columns,
    target: Path,
    writing: "WriteOptions | None" = None,
    *,
    prefix: str,
) -> None:
    """Report before long work what would keep `write_rows` from its target after it.

    Takes columns without cells, and raises what `write_rows` does.
    """
    from nsmc.storage.files import Unwritten
    from nsmc.tables.columns import unique_names
    from nsmc.tables.table import open_writer

    names = unique_names(columns, table.columns, prefix)
    new = dict(zip(names, columns.values(), strict=True))
    with contextlib.suppress(Unwritten), open_writer(target, table, writing) as writer:
        writer.write(table.empty().with_columns(new))
        raise Unwritten  # so that nothing replaces what is there


def write_rows(
    table: "Table",
    rows: Sequence[int],
    columns: Columns,
    target: Path,
    writing: "WriteOptions | None" = None,
    *,
    prefix: str,
) -> tuple[list[str], list[str]]:
    """Write some rows of a table, in the order given, with new columns after their own.

    Args:
        table: an open table, read from its first row again.
        rows: their numbers in the file, counted from 1 without the header.
        columns: the new ones.
        target: appears under its name only when whole.
        writing: how, where its name doesn't say.
        prefix: goes before the name of a new column that the table has already.

    Returns:
        The names of the new columns, and what a person should know of how they were written.

    Raises:
        UsageError, DataError, NsmcError: as `nsmc.tables.table.open_writer`.
    """
    import numpy as np
    import pandas as pd

    from nsmc.tables.columns import unique_names
    from nsmc.tables.table import open_writer

    names = unique_names(columns, table.columns, prefix)
    new = dict(zip(names, columns.values(), strict=True))
    order = np.argsort(rows, kind="stable")
    wanted = np.array(rows, dtype=np.int64)[order]
    with open_writer(target, table, writing) as writer:
        writer.added = names
        # Without a row, a Parquet file would have columns of no type.
        frames = [table.empty().frame]
        for chunk in table.chunks():
            within = np.flatnonzero(np.isin(np.asarray(chunk.rows, np.int64), wanted))
            if len(within):
                frames.append(chunk.frame.iloc[within])
        frame = pd.concat(frames[1:] or frames, ignore_index=True)
        frame = frame.iloc[np.argsort(order)].reset_index(drop=True)
        writer.write(rows_of(frame).with_columns(new))
        return names, writer.changes.notes()
