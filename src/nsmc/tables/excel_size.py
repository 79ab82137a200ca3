"""How much memory a sheet of Excel would take, found out before it takes it.

python-calamine, which reads sheets, allocates the whole rectangle between the first and the last
cell, and copies a text for each cell that shows it. A file of two cells can ask for more than any
machine has, and would end the process.
"""

import re
import zipfile
from xml.parsers import expat

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.storage.files import BLOCK
from nsmc.tables.formats import TableFile

UNPACKED = 1 << 29
"""Bytes of XML in a file at most."""
MOST_CELLS = 1 << 24
"""In the rectangle of a sheet: a million rows of sixteen columns."""
MOST_CHARACTERS = 1 << 28
"""In the cells of a sheet, and in all shared texts."""
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def check_size(file: TableFile, packed: zipfile.ZipFile) -> None:
    """Refuse a workbook with a sheet that has no room in memory.

    Raises:
        DataError: it has.
        zipfile.BadZipFile, expat.ExpatError: the file is damaged.
    """
    unpacked = sum(part.file_size for part in packed.infolist())
    if unpacked > UNPACKED:
        raise _too_large(file, tr("{count:,} bytes of content", count=unpacked))
    shared = _SharedTexts()
    names = packed.namelist()
    for name in names:
        if name.lower() == "xl/sharedstrings.xml":
            _parse(packed, name, shared)
    longest = max(shared.lengths, default=0)
    for name in filter(_SHEET.fullmatch, names):
        sheet = _Sheet(shared.lengths)
        _parse(packed, name, sheet, texts=False)
        if sheet.rows * sheet.columns > MOST_CELLS:
            found = tr(
                "a sheet of {rows:,} rows and {columns:,} columns",
                rows=sheet.rows,
                columns=sheet.columns,
            )
            raise _too_large(file, found)
        if sheet.sharing * longest <= MOST_CHARACTERS:
            continue
        _parse(packed, name, sheet)  # again, text by text, which takes twice as long
        if sheet.characters > MOST_CHARACTERS:
            raise _too_large(
                file, tr("{count:,} characters in the cells of a sheet", count=sheet.characters)
            )


def _too_large(file: TableFile, found: str) -> DataError:
    return DataError(
        "{file}: expected an Excel file that fits into memory, found {found}; delete "
        "what isn't of the table, or save it as .csv",
        file=file,
        found=found,
    )


def _parse(
    packed: zipfile.ZipFile, name: str, handler: "_SharedTexts | _Sheet", *, texts: bool = True
) -> None:
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    if texts:
        parser.EndElementHandler = handler.end
        parser.CharacterDataHandler = handler.text
    with packed.open(name) as part:
        while block := part.read(BLOCK):
            parser.Parse(block)
    parser.Parse(b"", True)


class _SharedTexts:
    """The lengths of the texts that cells share."""

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self._length = 0

    def start(self, name: str, attributes: list[str]) -> None:
        if name.endswith("si"):
            self._length = 0

    def text(self, text: str) -> None:
        self._length += len(text)

    def end(self, name: str) -> None:
        if name.endswith("si"):
            self.lengths.append(self._length)


class _Sheet:
    """The rectangle of a sheet, and the characters of its cells."""

    def __init__(self, shared: list[int]) -> None:
        self.rows = self.columns = self.sharing = self.characters = 0
        self._shared = shared
        self._is_shared = self._in_value = False
        self._row = self._column = 0

    def start(self, name: str, attributes: list[str]) -> None:
        name = name.rpartition(":")[2]
        if name == "c":
            self._column += 1
            self._is_shared = False
            for place in range(0, len(attributes), 2):
                if attributes[place] == "r":
                    if found := _PLACE.match(attributes[place + 1]):
                        self._column, self._row = _number(found[1]), int(found[2])
                elif attributes[place] == "t" and attributes[place + 1] == "s":
                    self._is_shared = True
                    self.sharing += 1
            if self._row > self.rows:
                self.rows = self._row
            if self._column > self.columns:
                self.columns = self._column
        elif name == "v":
            self._in_value = True
        elif name == "row":
            self._row, self._column = self._row + 1, 0
            if "r" in attributes[::2]:
                place = attributes.index("r")
                self._row = int(attributes[place + 1] if attributes[place + 1].isdigit() else 0)

    def text(self, text: str) -> None:
        if self._in_value and self._is_shared and text.isdigit():
            index = int(text)
            self.characters += self._shared[index] if index < len(self._shared) else 0
        else:
            self.characters += len(text)

    def end(self, name: str) -> None:
        self._in_value = False


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
