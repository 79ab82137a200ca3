"""Tables whose cells are values of Python: JSON and Excel."""

import datetime
from typing import Any

from nsmc.tables.base import TableReader

_INT64 = range(-(1 << 63), 1 << 63)


class ObjectReader(TableReader):
    """Gives cells that are the values as Python has them.

    Nothing is None; a key that a JSON object lacks is ``pandas.NA``.
    """

    _kinds: dict[str, set[str]]
    """The types of the values in each column, all rows considered."""

    def schema(self) -> Any:
        """The columns as a pyarrow schema; one of mixed or nested values becomes JSON text."""
        import pyarrow as pa

        types = {
            "bool": pa.bool_(),
            "int": pa.int64(),
            "float": pa.float64(),
            "float int": pa.float64(),
            "datetime": pa.timestamp("us"),
            "date": pa.date32(),
            "date datetime": pa.timestamp("us"),
            "time": pa.time64("us"),
            "timedelta": pa.duration("us"),
        }
        kinds = {name: " ".join(sorted(of - {"NoneType"})) for name, of in self._kinds.items()}
        return pa.schema([(name, types.get(kind, pa.string())) for name, kind in kinds.items()])

    def text_columns(self) -> list[str]:
        """Columns in which every value is a string or nothing, and not all are nothing."""
        return [name for name, kinds in self._kinds.items() if kinds - {"NoneType"} == {"str"}]


def kind_of(value: object) -> str:
    """Name of a value's type; ``other`` for what only JSON text can hold in Parquet."""
    if isinstance(value, datetime.datetime):
        return "datetime" if value.tzinfo is None else "other"
    name = type(value).__name__
    if name in ("list", "dict") or (name == "int" and value not in _INT64):
        return "other"
    return name
