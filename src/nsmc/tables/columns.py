"""Names of columns: which one holds the comments, and which are free for new ones."""

import difflib
from collections.abc import Callable, Iterable

from nsmc.errors import DataError
from nsmc.messages.translate import tr

DEFAULT_COLUMN = "document"
# Columns of text that this program writes or reads itself, so never the comments.
_OWN_COLUMNS = ("label", "label_ko", "corrections")
SHOWN = 400
"""Characters of a list of names that a message holds, about."""


def choose_text_column(
    table: object,
    columns: list[str],
    texts: Callable[[], list[str]],
    column: str | None,
    *,
    usual: str,
    others: Iterable[str],
) -> str:
    """Return the column of a table that holds the comments.

    A name is also found in other case, or with white space around it, where there is one such.

    Args:
        table: what messages call it.
        columns: the names of all its columns.
        texts: gives those that may hold comments.
        column: the name that the user gave. None takes ``usual`` if it is there, else
            `DEFAULT_COLUMN`, else the only column that can hold text.
        usual: see ``column``.
        others: columns that hold something else, labels for example.

    Raises:
        DataError: the column isn't there, or isn't clear; the message lists those that are.
    """
    found = tr("its columns are: {names}", names=listing(columns))
    if column is not None:
        if (name := matching(column, columns)) is not None:
            return name
        raise DataError(
            "{table} has no column {name!r}; {found}{hint}; choose one with --column NAME",
            table=table,
            name=column[:60],
            found=found,
            hint=nearest(column, columns),
        )
    named = {matching(name, columns) for name in others} if len(columns) > 1 else set()
    for name in (usual, DEFAULT_COLUMN):
        present = matching(name, columns)
        if present is not None and present not in named:
            return present
    taken = {*_OWN_COLUMNS, *named} if len(columns) > 1 else set()
    candidates = [name for name in texts() if name not in taken]
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        names = listing(candidates)
        found = tr("{count} that could be it: {names}", count=len(candidates), names=names)
    else:
        found = tr("none; {columns}", columns=found)
    raise DataError(
        "{table}: expected a column named {name!r} or a single column of text, found {found}; "
        "choose one with --column NAME",
        table=table,
        name=DEFAULT_COLUMN,
        found=found,
    )


def matching(name: str, columns: Iterable[str]) -> str | None:
    """The column of that name, or the only one that differs in case or in white space alone."""
    columns = list(columns)
    if name in columns:
        return name
    alike = [one for one in columns if one.strip().casefold() == name.strip().casefold()]
    return alike[0] if len(alike) == 1 else None


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
    return tr("; did you mean {name!r}?", name=lowered[close[0]][:60]) if close else ""


def listing(names: Iterable[str]) -> str:
    """Names in a row, as many of them as a message has room for."""
    shown, rest = "", list(names)
    for place, name in enumerate(rest):
        name = name if len(name) <= 60 else f"{name[:60]}…"
        if len(shown) > SHOWN:
            return shown + tr(", … ({count:,} more)", count=len(rest) - place)
        shown += f", {name}" if place else name
    return shown
