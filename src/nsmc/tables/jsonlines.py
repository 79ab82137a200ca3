"""Tables of JSON objects, one a line."""

import contextlib
import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.cells import cell_values, json_text
from nsmc.tables.text_files import TextReader, TextWriter

if TYPE_CHECKING:
    import pandas as pd

_INT64 = range(-(1 << 63), 1 << 63)


class JsonlReader(TextReader):
    """Reads objects as frames of dtype object, whose cells are the values as Python has them.

    A null is None, a key that an object lacks is ``pandas.NA``. The file is read once beforehand: a
    key can appear for the first time in the last line, and a bad line is reported before any work
    is done.

    Raises:
        DataError: the file is no text, holds no object, or a line is no JSON object.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._kinds: dict[str, set[str]] = {}
        with contextlib.closing(self._rows()) as objects:
            for item in objects:
                for key, value in item.items():
                    self._kinds.setdefault(key, set()).add(_kind(value))
        self.columns = list(self._kinds)
        if not self.columns:
            raise DataError(f"{path}: expected one JSON object a line, found none with a key")

    def schema(self) -> Any:
        """The columns as a pyarrow schema; one of mixed or nested values becomes JSON text."""
        import pyarrow as pa

        types = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
        types["float int"] = pa.float64()
        kinds = {name: " ".join(sorted(of - {"NoneType"})) for name, of in self._kinds.items()}
        return pa.schema([(name, types.get(kind, pa.string())) for name, kind in kinds.items()])

    def text_columns(self) -> list[str]:
        """Columns in which every value is a string or null, and not all are null."""
        return [name for name, kinds in self._kinds.items() if kinds - {"NoneType"} == {"str"}]

    def _frame(self, rows: list[dict[str, Any]]) -> "pd.DataFrame":
        import pandas as pd

        columns = {name: [item.get(name, pd.NA) for item in rows] for name in self.columns}
        return pd.DataFrame(columns, dtype=object)

    def _rows(self) -> Generator[dict[str, Any]]:
        with self._lines() as lines:
            for number, line in enumerate(lines, start=1):
                if not line.isspace():
                    yield self._parse(number, line)

    def _parse(self, number: int, line: str) -> dict[str, Any]:
        try:
            item = json.loads(line, object_pairs_hook=_without_repeats)
        # ValueError: bad JSON, or a number of more digits than Python converts.
        except (ValueError, RecursionError) as error:
            raise self._bad_line(number, str(error)) from error
        if not isinstance(item, dict):
            raise self._bad_line(number, repr(line.strip()[:40]))
        return item

    def _bad_line(self, number: int, found: str) -> DataError:
        return DataError(
            f"{self.path}, line {number}: expected one JSON object, such as "
            f'{{"document": "…"}}, found: {found}; correct that line'
        )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) != len(pairs):
        raise ValueError("the same key twice in one object")
    return item


def _kind(value: object) -> str:
    """Name of a value's type; ``other`` for what only JSON text can hold in Parquet."""
    name = type(value).__name__
    if name in ("list", "dict") or (name == "int" and value not in _INT64):
        return "other"
    return name


class JsonlWriter(TextWriter):
    """Writes one JSON object a line; a missing key (``pandas.NA``) stays missing."""

    # Half an emoji, cut off by someone's length limit, came in as an escape and is written as the
    # same: what this error handler writes is JSON's escape, too.
    _encode_errors = "backslashreplace"

    def _write_rows(self, frame: "pd.DataFrame") -> None:
        import pandas as pd

        names = frame.columns.tolist()
        columns = [cell_values(frame[name]) for name in names]
        lines = []
        for row, cells in enumerate(zip(*columns, strict=True), start=self.rows + 1):
            item = {k: v for k, v in zip(names, cells, strict=True) if v is not pd.NA}
            try:
                lines.append(json_text(item) + "\n")
            except TypeError as error:
                self._refuse(row, str(error), "parquet")
        self._write_lines(lines, self.rows + 1)
