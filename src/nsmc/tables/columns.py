"""Which column of a table holds the comments."""

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.cells import cell_values

if TYPE_CHECKING:
    import pandas as pd

DEFAULT_COLUMN = "document"
# Columns of text that this program writes or reads itself, so never the comments.
_OWN_COLUMNS = ("label", "label_ko")


def named_column(
    path: Path, columns: list[str], column: str | None, usual: str = DEFAULT_COLUMN
) -> str | None:
    """Return the column asked for, or ``usual`` or ``document`` if there is one, else None.

    Raises:
        DataError: the column asked for isn't there; the message lists those that are.
    """
    if column is None:
        return next((name for name in (usual, DEFAULT_COLUMN) if name in columns), None)
    if column in columns:
        return column
    raise DataError(
        f"{path} has no column {column!r}; its columns are: {', '.join(columns)}"
        f"{nearest(column, columns)}; choose one with --column NAME"
    )


def only_text_column(
    path: Path, columns: list[str], candidates: list[str], others: Iterable[str] = ()
) -> str:
    """Return the one candidate that can hold comments.

    Args:
        path: the file, for messages.
        columns: all it has.
        candidates: those of text.
        others: columns that hold something else, labels for example.

    Raises:
        DataError: there is none or more than one; the message lists what there is to choose from.
    """
    known = {*_OWN_COLUMNS, *others} if len(columns) > 1 else set()
    left = [name for name in candidates if name not in known]
    if len(left) == 1:
        return left[0]
    found = f"{len(left)} that could be it: {', '.join(left)}" if left else "none"
    listing = "" if left else f"; its columns are: {', '.join(columns)}"
    raise DataError(
        f"{path}: expected a column named {DEFAULT_COLUMN!r} or a single column of text, "
        f"found {found}{listing}; choose one with --column NAME"
    )


def unique_names(wanted: Iterable[str], taken: Iterable[str], prefix: str) -> list[str]:
    """Names for new columns: those wanted, with as many prefixes as keep them from being taken."""
    in_use = set(taken)
    names = []
    for name in wanted:
        while name in in_use:
            name = prefix + name
        names.append(name)
    return names


def string_typed(schema: Any) -> list[str]:
    """Names of the columns whose Arrow type is a string one, dictionary-encoded ones included."""
    import pyarrow as pa

    def is_text(kind: Any) -> bool:
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        tests = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
        return any(test(kind) for test in tests)

    return [field.name for field in schema if is_text(field.type)]


def not_all_numbers(frame: "pd.DataFrame") -> list[str]:
    """Names of the columns of strings in which something other than a number stands."""
    return [
        name
        for name in frame.columns
        if any(not _is_number(str(value)) for value in cell_values(frame[name]))
    ]


def _is_number(text: str) -> bool:
    if not text.strip():
        return True
    try:
        float(text)
    except ValueError:
        return False
    return True


def nearest(column: str, columns: list[str]) -> str:
    """The end of a message that names the column most like one that isn't there; often empty."""
    lowered = {name.casefold(): name for name in columns}
    close = difflib.get_close_matches(column.casefold(), lowered, n=1)
    return f"; did you mean {lowered[close[0]]!r}?" if close else ""
