"""The value of a cell, as a comment's text, as JSON and as the text of a CSV cell."""

import datetime
import json
from typing import TYPE_CHECKING, Any

from nsmc.messages.translate import tr

if TYPE_CHECKING:
    import pandas as pd


def cell_values(series: "pd.Series") -> list[object]:
    """Values of a column as plain Python ones; a missing value is None.

    In a column of dtype object, which only .jsonl input has, everything stays as it is:
    ``pandas.NA`` is a key the object lacks there, NaN is NaN.
    """
    import pandas as pd
    import pyarrow as pa

    if series.dtype == object:
        return list(series)
    if series.dtype == "str" and not series.hasnans:
        return series.tolist()  # cells of .csv and .tsv, without the detour below
    if isinstance(series.dtype, pd.ArrowDtype):
        values: list[object] = _plain_values(pa.array(series))
        return [None if value != value else value for value in values]
    return list(series.astype(object).where(series.notna(), None))


def _plain_values(array: Any) -> list[Any]:
    """Values of an Arrow array; as text those that Python has no value for."""
    import pyarrow as pa

    try:
        values: list[Any] = array.to_pylist()
        return values
    except (ValueError, OverflowError, KeyError, ImportError):  # the year 10000, a time zone
        kind = array.type
        if pa.types.is_timestamp(kind) and kind.tz is not None:
            local = array.cast(pa.timestamp(kind.unit)).cast(pa.string()).to_pylist()
            return [None if value is None else f"{value}Z" for value in local]
        texts: list[Any] = array.cast(pa.string()).to_pylist()
        return texts


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing: null, NaN, or a key that isn't there."""
    if value is None:
        return True
    import pandas as pd  # which a table of text doesn't need

    return value is pd.NA or (isinstance(value, float) and value != value)


def comment_text(value: object) -> str:
    """Text of a comment: what `cell_text` gives for what fits into a cell of a spreadsheet.

    Raises:
        TypeError: the value is nothing one would call text: a list, an object or bytes.
    """
    if isinstance(value, list | dict | tuple | bytes):
        raise TypeError(
            tr(
                "expected text, found {kind} {value!r}",
                kind=type(value).__name__,
                value=str(value)[:40],
            )
        )
    return cell_text(value)


def json_text(value: object) -> str:
    """JSON of a value, Hangul and other letters as they are."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def cell_text(value: object) -> str:
    """Text of a value in a .csv or .tsv cell: nothing is empty, a list or an object is JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):  # before is_missing, which takes longer
        return str(value) if value == value else ""
    if is_missing(value):
        return ""
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def is_number(text: str) -> bool:
    """Whether a cell of text holds a number, or nothing but white space."""
    try:
        float(text)
    except ValueError:
        return not text.strip()
    return True
