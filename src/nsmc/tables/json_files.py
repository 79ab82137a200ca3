"""Tables of JSON: an object a line (.jsonl), or one array of objects or of strings (.json)."""

import contextlib
import json
import re
import sys
from collections.abc import Generator
from typing import Any

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.storage.bundle import distinct_keys
from nsmc.tables.base import LONGEST, MOST_COLUMNS, MOST_NAMES, Numbers, batches, check_columns
from nsmc.tables.cells import json_text
from nsmc.tables.columns import DEFAULT_COLUMN
from nsmc.tables.formats import TableFile
from nsmc.tables.objects import ObjectReader, kind_of
from nsmc.tables.options import ReadOptions
from nsmc.tables.rows import ListRows, Rows
from nsmc.tables.text_files import TextReader, TextWriter

BLOCK = 1 << 18
"""Characters of an array that are read at a time."""
WEIGHT = 16
"""How many characters of text one of JSON counts as: ``{"a":0},`` takes 250 bytes of memory, and
several chunks are on their way at a time."""
_BLANK = re.compile("[ \t\r\n]*")


class JsonReader(ObjectReader, TextReader):
    """Reads objects, whose cells are the values as Python has them.

    The file is read once beforehand: a key can appear for the first time in the last object, and a
    bad one is reported before any work is done.

    Raises:
        DataError: the file is no text, holds no object, or something is no JSON object.
    """

    longest = LONGEST // WEIGHT

    def __init__(self, file: TableFile, options: ReadOptions) -> None:
        super().__init__(file, options)
        self._kinds: dict[str, set[str]] = {}
        characters = 0
        with contextlib.closing(self._rows()) as objects:
            for _, _, item in objects:
                for key, value in item.items():
                    if key not in self._kinds:
                        self._kinds[key] = set()
                        characters += len(key)
                    self._kinds[key].add(kind_of(value))
                if len(self._kinds) > MOST_COLUMNS or characters > MOST_NAMES:
                    break
        self.columns = list(self._kinds)
        if not self.columns:
            raise DataError(
                "{file}: expected one JSON object a line, found none with a key"
                if file.format == "jsonl"
                else "{file}: expected an array of objects, found none with a key",
                file=file,
            )
        check_columns(file, self.columns)

    def chunks(self, chunk_rows: int) -> Generator[tuple[Rows, Numbers]]:
        """See `TableReader.chunks`."""
        import pandas as pd

        with contextlib.closing(self._rows()) as rows:
            for numbers, chunk in batches(rows, chunk_rows, len(self.columns)):
                cells = {name: [item.get(name, pd.NA) for item in chunk] for name in self.columns}
                yield ListRows(cells, object), numbers

    def _rows(self) -> Generator[tuple[int, int, dict[str, Any]]]:
        """The number, the characters and the values of each object."""
        self._forget_bad()
        texts = self._objects_of_lines() if self.file.format == "jsonl" else self._array()
        with contextlib.closing(texts):
            for number, (line, text, item) in enumerate(texts, start=1):
                problem = ""
                if isinstance(item, ValueError):
                    problem = str(item)
                elif isinstance(item, str) and self.file.format == "json":
                    item = {DEFAULT_COLUMN: item}
                elif not isinstance(item, dict):
                    problem = repr(text.strip()[:40])
                if not problem:
                    yield number, WEIGHT * len(text), item
                    continue
                if number == 1 and line == 1 and text.lstrip().startswith("["):
                    raise DataError(
                        "{file}: expected one JSON object a line, found an array, {text!r}; name "
                        "it .json, or give --format json",
                        file=self.file,
                        text=text.strip()[:40],
                    )
                found = tr(
                    'expected one JSON object, such as {{"document": "…"}}, found: {problem}',
                    problem=problem,
                )
                self._reject(number, line, found, text.rstrip("\r\n"), tr("correct it"))

    def _objects_of_lines(self) -> Generator[tuple[int, str, Any]]:
        with self._lines() as lines:
            for number, line in enumerate(lines, start=1):
                if line.isspace():
                    continue
                if problem := self._not_text(line):
                    yield number, line, ValueError(problem)
                    continue
                try:
                    yield number, line, _DECODER.decode(line)
                except (ValueError, RecursionError) as error:
                    yield number, line, ValueError(str(error))

    def _array(self) -> Generator[tuple[int, str, Any]]:
        """The elements of an array, as many in memory as a block holds.

        Raises:
            DataError: the text is no array, or isn't JSON: where an element ends is then unknown.
        """
        with self._stream() as stream:
            text = stream.read(BLOCK).lstrip(" \t\r\n")
            if not text.startswith("["):
                hint = tr(
                    "name it .jsonl if it has an object a line"
                    if text[:1] == "{"
                    else "is that the right file?"
                )
                raise DataError(
                    "{file}: expected an array of JSON objects or strings, found {text!r}; {hint}",
                    file=self.file,
                    text=text[:40],
                    hint=hint,
                )
            number = 0
            text, place = self._next(stream, text, 1)
            ended = text[place : place + 1] == "]"
            while not ended:
                number += 1
                item, end, text, place = self._element(stream, text, place, number)
                problem = self._not_text(text[place:end])
                yield 0, text[place:end], ValueError(problem) if problem else item
                text, place = self._next(stream, text, end)
                sign = text[place : place + 1]
                if sign not in (",", "]"):
                    found = text[place : place + 40]
                    raise self._no_array(number, tr("a comma or ] after it"), found)
                ended = sign == "]"
                if not ended:
                    text, place = self._next(stream, text, place + 1)
            text, place = self._next(stream, text, place + 1)
            if text:
                raise self._no_array(0, tr("nothing after the array"), text[place : place + 40])

    def _element(
        self, stream: Any, text: str, place: int, number: int
    ) -> tuple[Any, int, str, int]:
        """An element, where it ends, and the text in which it begins at a place."""
        more = BLOCK
        while True:
            try:
                item, end = _DECODER.raw_decode(text, place)
            except (ValueError, RecursionError) as error:
                problem: Exception | None = error
            else:
                # A number at the end of the text may go on in what follows.
                if end < len(text):
                    return item, end, text, place
                problem = None
            added = stream.read(more)
            if not added:
                if problem is None:
                    return item, end, text, place
                raise self._no_array(
                    number, tr("a JSON object or string"), str(problem)
                ) from problem
            text, place, more = text[place:] + added, 0, 2 * more
            if len(text) > 2 * self.longest:
                found = str(problem) if problem else tr("a longer one")
                raise self._no_array(
                    number, tr("at most {most:,} characters of JSON", most=self.longest), found
                )

    def _next(self, stream: Any, text: str, place: int) -> tuple[str, int]:
        """The text and the place of its next character that isn't white space; "" at the end."""
        while True:
            place = _BLANK.match(text, place).end()  # type: ignore[union-attr]
            if place < len(text):
                return text, place
            text, place = stream.read(BLOCK), 0
            if not text:
                return "", 0

    def _no_array(self, number: int, expected: str, found: str) -> DataError:
        where = tr(", element {number:,}", number=number) if number else ""
        return DataError(
            "{file}{where}: expected {expected}, found: {found!r}; the file isn't whole, "
            "or isn't JSON",
            file=self.file,
            where=where,
            expected=expected,
            found=found[:200],
        )


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), -float("inf")):
        raise ValueError(tr("the number {text}, which is beyond what 64 bits hold", text=text[:40]))
    return number


def _whole(text: str) -> int:
    if 0 < sys.get_int_max_str_digits() < len(text):  # Python refuses it in words of its own
        raise ValueError(tr("a number of {count:,} digits", count=len(text)))
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=distinct_keys, parse_float=_finite, parse_int=_whole)


class JsonWriter(TextWriter):
    """Writes one JSON object a line, in .json as an array; a missing key stays missing."""

    # Half an emoji, cut off by someone's length limit, came in as an escape and is written as the
    # same: what this error handler writes is JSON's escape, too.
    _encode_errors = "backslashreplace"
    _ended = False

    def close(self) -> None:
        """See `TableWriter.close`."""
        if self.file.format == "json" and self.columns is not None and not self._ended:
            self._ended = True
            self._out.write(b"\n]\n" if self.rows else b"[]\n")
        super().close()

    def _write_rows(self, rows: Rows) -> None:
        import pandas as pd

        array = self.file.format == "json"
        names = rows.columns
        columns = map(rows.values, names)
        lines = []
        for row, cells in enumerate(zip(*columns, strict=True), start=self.rows + 1):
            text = json_text({k: v for k, v in zip(names, cells, strict=True) if v is not pd.NA})
            if array:
                text = f"{'[' if row == 1 else ','}\n{text}"
            lines.append(text if array else f"{text}\n")
        self._write_lines(lines, self.rows + 1)
