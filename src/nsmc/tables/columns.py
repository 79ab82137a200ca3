"""Names of columns: which one holds the comments, and which are free for new ones."""

import difflib
from collections.abc import Iterable

from nsmc.errors import DataError
from nsmc.tables.base import TableReader

DEFAULT_COLUMN = "document"
# Columns of text that this program writes or reads itself, so never the comments.
_OWN_COLUMNS = ("label", "label_ko")


def choose_text_column(
    reader: TableReader, column: str | None, *, usual: str, others: Iterable[str]
) -> str:
    """Return the column of a table that holds the comments.

    Args:
        reader: the table.
        column: the name that the user gave. None takes ``usual`` if it is there, else
            `DEFAULT_COLUMN`, else the only column that can hold text.
        usual: see ``column``.
        others: columns that hold something else, labels for example.

    Raises:
        DataError: the column isn't there, or isn't clear; the message lists those that are.
    """
    path, columns = reader.path, reader.columns
    listing = f"its columns are: {', '.join(columns)}"
    if column is not None:
        if column in columns:
            return column
        raise DataError(
            f"{path} has no column {column!r}; {listing}{nearest(column, columns)}; "
            "choose one with --column NAME"
        )
    others = set(others) if len(columns) > 1 else set()
    for name in (usual, DEFAULT_COLUMN):
        if name in columns and name not in others:
            return name
    taken = {*_OWN_COLUMNS, *others} if len(columns) > 1 else set()
    candidates = [name for name in reader.text_columns() if name not in taken]
    if len(candidates) == 1:
        return candidates[0]
    found = (
        f"{len(candidates)} that could be it: {', '.join(candidates)}"
        if candidates
        else f"none; {listing}"
    )
    raise DataError(
        f"{path}: expected a column named {DEFAULT_COLUMN!r} or a single column of text, "
        f"found {found}; choose one with --column NAME"
    )


def unique_names(names: Iterable[str], taken: Iterable[str], prefix: str) -> list[str]:
    """Names for new columns, each with as many prefixes as make it differ from all taken ones."""
    in_use = set(taken)
    results = []
    for name in names:
        while name in in_use:
            name = prefix + name
        results.append(name)
    return results


def nearest(column: str, columns: list[str]) -> str:
    """The end of a message that names the column most like one that isn't there; often empty."""
    lowered = {name.casefold(): name for name in columns}
    close = difflib.get_close_matches(column.casefold(), lowered, n=1)
    return f"; did you mean {lowered[close[0]]!r}?" if close else ""
