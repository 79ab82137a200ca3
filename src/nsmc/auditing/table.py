"""The doubtful rows as a table to correct by hand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsmc.auditing.results import LabelIssue

COLUMNS = ("rank", "row", "suggested_label", "probability", "against", "same_otherwise")
"""What the table has beyond the input's own columns: see `LabelIssue`."""


def write_doubts(
    source: Path, column: str | None, doubts: Sequence[LabelIssue], target: Path
) -> list[str]:
    """Write the doubtful rows, with all their own columns as they were, the surest first.

    Where the input has a column of the name of a new one, the new one is called ``audit_rank`` and
    so on.

    Args:
        source: the table that was audited.
        column: its text column, as it was chosen for the audit.
        doubts: what was found in it.
        target: appears under its name only when whole.

    Returns:
        The names of the new columns, in the order of `COLUMNS`.

    Raises:
        UsageError: the target is the source.
        DataError: the ending of the target's name is unknown, or a cell can't stand in the format.
        NsmcError: the target can't be written.
    """
    import numpy as np
    import pandas as pd

    from nsmc.tables.columns import unique_names
    from nsmc.tables.table import open_table, open_writer

    with open_table(source, column=column) as table, open_writer(target, table) as writer:
        names = unique_names(COLUMNS, table.columns, "audit_")
        wanted = {doubt.row: place for place, doubt in enumerate(doubts)}
        places = []
        frames = []
        for chunk in table.chunks():
            last = chunk.first_row + len(chunk.texts)
            found = [row for row in range(chunk.first_row, last) if row in wanted]
            if found:
                places += [wanted[row] for row in found]
                frames.append(chunk.frame.iloc[[row - chunk.first_row for row in found]])
        # Without a row, a Parquet output would have columns of no type.
        frame = pd.concat(frames, ignore_index=True) if frames else table.empty()
        frame = frame.iloc[np.argsort(places)].reset_index(drop=True)
        writer.write(frame.assign(**dict(zip(names, _values(doubts), strict=True))))
    return names


def _values(doubts: Sequence[LabelIssue]) -> list[Any]:
    """The columns of `COLUMNS`, as pandas arrays."""
    import pandas as pd

    suggested = [doubt.suggested for doubt in doubts]
    return [
        pd.array(range(1, len(doubts) + 1), dtype="Int64"),
        pd.array([doubt.row for doubt in doubts], dtype="Int64"),
        pd.array(suggested, dtype="string" if any(map(_is_name, suggested)) else "Int64"),
        pd.array([round(doubt.probability, 6) for doubt in doubts], dtype="Float64"),
        pd.array([doubt.words for doubt in doubts], dtype="string"),
        pd.array([doubt.same_otherwise for doubt in doubts], dtype="Int64"),
    ]


def _is_name(label: object) -> bool:
    return isinstance(label, str)
