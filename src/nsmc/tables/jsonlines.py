"""Tables of JSON objects, one a line."""

import contextlib
import io
import itertools
import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.errors import DataError
from nsmc.tables.encoding import detect_encoding
from nsmc.tables.source import InputFile, reading

if TYPE_CHECKING:
    import pandas as pd

_INT64 = range(-(1 << 63), 1 << 63)


class JsonlSource:
    """The objects of a .jsonl file as frames whose cells are the values as Python has them.

    The file is read once beforehand: a key can appear for the first time in the last line, and a
    bad line is told before any work is done.

    Raises:
        DataError: the file is no text, holds no object, or a line is no JSON object.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: InputFile | None = None
        self.encoding: str | None = detect_encoding(path)
        self._kinds: dict[str, set[str]] = {}
        with contextlib.closing(self._objects()) as objects:
            for item in objects:
                for key, value in item.items():
                    self._kinds.setdefault(key, set()).add(_kind(value))
        self.columns = list(self._kinds)
        if not self.columns:
            raise DataError(f"{path}: expected one JSON object a line, found none with a key")

    @property
    def bytes_read(self) -> int:
        """Bytes of the file on disk consumed so far."""
        return self._file.bytes_read if self._file else 0

    def schema(self) -> Any:
        """The columns as a pyarrow schema; one of mixed or nested values becomes JSON text."""
        import pyarrow as pa

        types = {"bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}

        def type_of(kinds: set[str]) -> Any:
            kinds = kinds - {"null"}
            if kinds == {"int", "float"}:
                kinds = {"float"}
            return types.get(kinds.pop(), pa.string()) if len(kinds) == 1 else pa.string()

        return pa.schema([(name, type_of(kinds)) for name, kinds in self._kinds.items()])

    def text_columns(self, chunk_rows: int) -> list[str]:
        """Columns in which every value is a string or null, and not all are null."""
        return [name for name, kinds in self._kinds.items() if kinds - {"null"} == {"str"}]

    def frames(self, chunk_rows: int) -> "Generator[pd.DataFrame]":
        """Yield frames of up to ``chunk_rows`` rows, every column of dtype object.

        A null is None, a key that an object lacks is ``pandas.NA``.
        """
        import pandas as pd

        with contextlib.closing(self._objects()) as objects:
            while chunk := list(itertools.islice(objects, chunk_rows)):
                yield pd.DataFrame(
                    {
                        name: pd.Series([item.get(name, pd.NA) for item in chunk], dtype=object)
                        for name in self.columns
                    }
                )

    def _objects(self) -> Generator[dict[str, Any]]:
        with InputFile(self.path) as self._file, reading(self.path):
            # newline="\n": inside a JSON text, U+2028 and U+0085 end no line.
            lines = io.TextIOWrapper(self._file.stream, encoding=self.encoding, newline="\n")
            with lines:
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
            raise self._bad_line(
                number, f"{_NAMES.get(_kind(item), 'a list')}, {line.strip()[:40]!r}"
            )
        return item

    def _bad_line(self, number: int, found: str) -> DataError:
        return DataError(
            f"{self.path}, line {number}: expected one JSON object, such as "
            f'{{"document": "…"}}, found: {found}; correct that line'
        )


_NAMES = {
    "null": "null",
    "bool": "a truth value",
    "int": "a number",
    "float": "a number",
    "str": "a string",
}


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    item = dict(pairs)
    if len(item) != len(pairs):
        raise ValueError("the same key twice in one object")
    return item


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if value in _INT64 else "other"
    if isinstance(value, float):
        return "float"
    return "str" if isinstance(value, str) else "other"
