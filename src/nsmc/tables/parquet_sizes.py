"""How large a Parquet file says that its columns are, from its footer.

Arrow tells it, too, but a footer that contradicts itself there ends the process: its exception
meets C++ that expects none. The footer is a struct of Thrift's compact protocol
(https://parquet.apache.org/docs/file-format/metadata/).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TAIL = 8
"""Bytes after the footer: its length and a magic word."""
# Thrift's numbers of types.
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12
_INTEGERS = (4, 5, 6)
# Parquet's numbers of fields.
_ROW_GROUPS, _COLUMNS, _META_DATA = 4, 1, 3
_PATH, _VALUES, _UNPACKED, _PACKED = 3, 5, 6, 7
DEEPEST = 32
"""Structs within structs; Parquet's own are less than ten deep."""


@dataclass(frozen=True)
class ColumnSize:
    """A column of a row group."""

    row_group: int
    """From 0."""
    name: str
    values: int
    unpacked: int
    """Bytes."""
    packed: int
    """Bytes in the file."""


def column_sizes(path: Path) -> Iterator[ColumnSize]:
    """Every column of every row group.

    Args:
        path: a file that Arrow could open.

    Raises:
        OSError: it can't be read.
        ValueError: its footer is not what it should be.
    """
    with path.open("rb") as file:
        end = file.seek(-TAIL, 2)
        length = int.from_bytes(file.read(4), "little")
        if length > end:
            raise ValueError(f"a footer of {length:,} bytes in a file of {end + TAIL:,}")
        file.seek(end - length)
        footer = _Footer(file.read(length))
    try:
        yield from footer.sizes()
    except (IndexError, RecursionError) as error:
        raise ValueError("a footer that ends early or nests too deep") from error


class _Footer:
    """A reader of Thrift's compact protocol that goes from field to field."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def sizes(self) -> Iterator[ColumnSize]:
        for group, _ in enumerate(self._structs_at(_ROW_GROUPS)):
            for _ in self._structs_at(_COLUMNS):
                for number, kind in self._fields():
                    if (number, kind) == (_META_DATA, _STRUCT):
                        yield self._column(group)
                    else:
                        self._skip(kind)

    def _column(self, group: int) -> ColumnSize:
        name, found = "", dict.fromkeys((_VALUES, _UNPACKED, _PACKED), 0)
        for number, kind in self._fields():
            if number in found and kind in _INTEGERS:
                found[number] = self._integer()
            elif (number, kind) == (_PATH, _LIST):
                parts = [self._binary() for _ in self._elements(_BINARY)]
                name = b".".join(parts).decode("utf-8", "replace")
            else:
                self._skip(kind)
        return ColumnSize(group, name, found[_VALUES], found[_UNPACKED], found[_PACKED])

    def _structs_at(self, field: int) -> Iterator[None]:
        """Go to each struct of a struct's list; who takes one reads it to its end."""
        for number, kind in self._fields():
            if (number, kind) == (field, _LIST):
                yield from self._elements(_STRUCT)
            else:
                self._skip(kind)

    def _fields(self) -> Iterator[tuple[int, int]]:
        """The number and type of each field of a struct; who takes one reads its value."""
        number = 0
        while header := self._byte():
            delta, kind = divmod(header, 16)
            number = number + delta if delta else self._integer()
            yield number, kind

    def _elements(self, wanted: int) -> Iterator[None]:
        """Each element of a list of a type; those of another type are passed over."""
        count, kind = divmod(self._byte(), 16)
        for _ in range(self._varint() if count == 15 else count):
            if kind == wanted:
                yield
            else:
                self._skip_element(kind, 0)

    def _skip(self, kind: int, depth: int = 0) -> None:
        if kind not in (_TRUE, _FALSE):  # which are in the field's header
            self._skip_element(kind, depth)

    def _skip_element(self, kind: int, depth: int) -> None:
        if depth > DEEPEST:
            raise ValueError("a footer that nests too deep")
        if kind in _INTEGERS:
            self._varint()
        elif kind in (_TRUE, _FALSE, _BYTE):
            self._byte()
        elif kind == _DOUBLE:
            self._pass(8)
        elif kind == _BINARY:
            self._pass(self._varint())
        elif kind in (_LIST, _SET):
            count, of = divmod(self._byte(), 16)
            for _ in range(self._varint() if count == 15 else count):
                self._skip_element(of, depth + 1)
        elif kind == _MAP:
            if count := self._varint():
                key, value = divmod(self._byte(), 16)
                for _ in range(count):
                    self._skip_element(key, depth + 1)
                    self._skip_element(value, depth + 1)
        elif kind == _STRUCT:
            for _, of in self._fields():
                self._skip(of, depth + 1)
        else:
            raise ValueError(f"a footer with a value of the unknown type {kind}")

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _pass(self, count: int) -> None:
        self._at += count
        if self._at > len(self._data):
            raise IndexError

    def _binary(self) -> bytes:
        length = self._varint()
        self._pass(length)
        return self._data[self._at - length : self._at]

    def _varint(self) -> int:
        value = shift = 0
        while (byte := self._byte()) > 127:
            value |= (byte & 127) << shift
            shift += 7
            if shift > 63:
                raise ValueError("a footer with a number that is too large")
        return value | byte << shift

    def _integer(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
