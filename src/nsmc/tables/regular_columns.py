"""The columns of a text table with nothing odd in it, a chunk at a time and split in C.

What is odd is left to the careful reader of `nsmc.tables.delimited`, which takes each line by
itself and can say what is wrong with it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from operator import methodcaller
from typing import TextIO

from nsmc.tables.base import LONGEST, MOST_CHARACTERS

BLOCK = 1 << 15
"""Characters that are read at a time."""
TOGETHER = 512
"""Rows that are lists at a time: of thousands, Python's search for cycles takes a third more."""


class Irregular(Exception):
    """Something that only the careful reader can tell what to do about."""


@dataclass(frozen=True)
class Shape:
    """What the rows of a table look like."""

    delimiter: str
    """Empty where a line is one cell."""
    quoted: bool
    """Whether a cell in quotes can hold delimiters and line breaks."""
    width: int
    """Cells of each row."""
    before: int
    """Lines before the first record."""
    header: bool
    """Whether the first record is one."""


def regular_columns(text: TextIO, shape: Shape, most: int) -> Iterator[list[list[str]]]:
    r"""The columns of chunks of ``most`` rows, of which only the last may have fewer.

    Args:
        text: read with ``newline="\n"``.
        shape: of the rows.
        most: rows of a chunk.

    Raises:
        Irregular: in place of a chunk, when the careful reader goes on after the last one. There is
            a row of another width, a quote that the csv module takes offence at, a carriage return
            that ends no line; or a chunk would have more than `MOST_CHARACTERS`.
    """
    blocks = _Blocks(text, shape.quoted)
    lines = chain.from_iterable(blocks)
    for _ in range(shape.before):
        next(lines, None)
    try:
        records = _split(lines, shape)
        if shape.header:
            next(records, None)
        while True:
            blocks.begin_chunk()
            columns: list[list[str]] = [[] for _ in range(shape.width)]
            while rows := list(islice(records, min(TOGETHER, most - len(columns[0])))):
                if set(map(len, rows)) != {shape.width}:
                    rows = _fitted(rows, shape.width)
                for column, cells in zip(columns, columns_of(rows, shape.width), strict=True):
                    column += cells
            if not columns[0]:
                return
            yield columns
    except csv.Error as error:
        raise Irregular from error


def columns_of(rows: Sequence[Sequence[str]], width: int) -> Iterator[list[str]]:
    """The cells of each column; zip would take three times as long for thousands of rows."""
    return ([cells[place] for cells in rows] for place in range(width))


def csv_rows(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """The cells of rows as RFC 4180 has them; anything else raises `csv.Error`."""
    # The limit is the whole process's, so it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    return csv.reader(lines, strict=True, delimiter=delimiter)


class _Blocks(Iterator[list[str]]):
    """The lines of each block of a text; with their ends where the csv module reads them."""

    def __init__(self, text: TextIO, ends: bool) -> None:
        self._text, self._ends = text, ends
        self._rest = ""  # a line whose end isn't read yet
        self._latest = self._taken = 0  # characters: of the latest block, and of the chunk's

    def begin_chunk(self) -> None:
        """Lines of the latest block may be of the new chunk, too."""
        self._taken = self._latest

    def __next__(self) -> list[str]:
        block, end = self._rest, 0
        while not end:
            read = self._text.read(BLOCK)
            if not read:
                end = len(block)
                break
            end = len(block) + read.rfind("\n") + 1 if "\n" in read else 0
            block += read
            if len(block) >= MOST_CHARACTERS:
                raise Irregular
        if not block:
            raise StopIteration
        block, self._rest = block[:end], block[end:]
        self._latest = len(block)
        self._taken += self._latest
        if self._taken >= MOST_CHARACTERS:
            raise Irregular
        if "\r" in block:
            if block.count("\r") != block.count("\r\n"):
                raise Irregular
            if not self._ends:
                block = block.replace("\r\n", "\n")
        if self._ends:
            return list(io.StringIO(block, newline="\n"))
        return block.removesuffix("\n").split("\n")


def _split(lines: Iterable[str], shape: Shape) -> Iterator[Sequence[str]]:
    if shape.quoted:
        return csv_rows(lines, shape.delimiter)
    if shape.delimiter:
        return map(methodcaller("split", shape.delimiter), lines)
    return zip(lines)


def _fitted(rows: list[Sequence[str]], width: int) -> list[Sequence[str]]:
    """Rows without blank lines, and without what spreadsheets write for empty columns."""
    fitted: list[Sequence[str]] = []
    for cells in rows:
        if len(cells) == width:
            fitted.append(cells)
        elif len(cells) < 2 and not any(cells):
            if width == 1:
                fitted.append([""])
        elif len(cells) > width and not any(map(str.strip, cells[width:])):
            fitted.append(cells[:width])
        else:
            raise Irregular
    return fitted
