"""How much memory a sheet of Excel would take, found out before it takes it.

python-calamine, which reads sheets, allocates the whole rectangle between the first and the last
cell, and copies a text for each cell that shows it. A file of two cells can ask for more than any
machine has, and would end the process.
"""

import array
import copy
import re
import zipfile
from collections.abc import Iterator, Sequence
from xml.parsers import expat

from nsmc.errors import DataError
from nsmc.messages.translate import tr
from nsmc.tables.formats import TableFile
from nsmc.tables.input_file import BLOCK

UNPACKED = 1 << 29
"""Bytes of XML in a file at most."""
MOST_OTHER = 1 << 25
"""Bytes of a part at most that is neither sheets nor their texts, such as the list of sheets."""
MEMORY = 850_000_000
"""Bytes that a sheet and the texts that sheets share take at most, by the sizes that follow."""
PER_CELL, PER_TEXT, PER_CHARACTER = 72, 56, 3
"""Of a cell in the rectangle, of a text beside its characters, and of one of these: calamine holds
each cell twice for a moment, and a Hangul syllable takes three bytes."""
LONGEST_PART = 1 << 24
"""Bytes without the beginning of an element; a cell of Excel's holds 32,767 characters."""
DEEPEST = 1000
"""Elements within elements; those of a sheet are less than ten deep."""
_SHARED = "xl/sharedstrings.xml"
_PLACE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
_ROW = re.compile(r"[1-9][0-9]{0,6}")


def check_size(file: TableFile, packed: zipfile.ZipFile) -> None:
    """Refuse a workbook with a sheet that has no room in memory.

    Raises:
        DataError: it has.
        zipfile.BadZipFile, expat.ExpatError, ValueError: the file is damaged.
    """
    parts = packed.infolist()
    if (unpacked := sum(part.file_size for part in parts)) > UNPACKED:
        raise _too_large(file, tr("{count:,} bytes of content", count=unpacked))
    # As calamine finds them: in any case, whatever the name ends in.
    names = {part: part.filename.replace("\\", "/").lower() for part in parts}
    shared = _SharedTexts()
    for part in (part for part, name in names.items() if name == _SHARED):
        _parse(file, packed, part, shared)
    longest = max(shared.lengths, default=0)
    room = MEMORY - PER_TEXT * len(shared.lengths) - PER_CHARACTER * sum(shared.lengths)
    for part, name in names.items():
        if name.split("/")[1:2] != ["worksheets"] or name.endswith(".rels"):
            if name != _SHARED:
                _check_other(file, packed, part, name)
            continue
        sheet = _Sheet(shared.lengths)
        _parse(file, packed, part, sheet, texts=False)
        left = room - PER_CELL * sheet.rows * sheet.columns - PER_TEXT * sheet.sharing
        if PER_CHARACTER * sheet.sharing * longest + part.file_size <= left:
            continue
        sheet = _Sheet(shared.lengths)
        _parse(file, packed, part, sheet)  # again, text by text, which takes twice as long
        if PER_CHARACTER * sheet.characters > left:
            raise _too_large(
                file, tr("{count:,} characters in the cells of a sheet", count=sheet.characters)
            )


def _blocks(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The content of a part, as long as it is and not as long as it says.

    Raises:
        zipfile.BadZipFile: the two differ.
    """
    said, size = part.file_size, 0
    whole = copy.copy(part)
    whole.file_size = said + BLOCK  # zipfile would read no further than that
    with packed.open(whole) as content:
        while block := content.read(BLOCK):
            size += len(block)
            if size > said:
                break
            yield block
    if size != said:
        raise zipfile.BadZipFile(f"{part.filename[:60]} has another size than it says")


def _check_other(
    file: TableFile, packed: zipfile.ZipFile, part: zipfile.ZipInfo, name: str
) -> None:
    """Refuse a part that calamine reads whole if it is large."""
    size = sum(map(len, _blocks(packed, part)))
    if size > MOST_OTHER and (name.count("/") < 2 or name.endswith(".rels")):
        raise _too_large(file, tr("{count:,} bytes in {part}", count=size, part=part.filename[:60]))


def _too_large(file: TableFile, found: str) -> DataError:
    return DataError(
        "{file}: expected an Excel file that fits into memory, found {found}; delete "
        "what isn't of the table, or save it as .csv",
        file=file,
        found=found,
    )


def _parse(
    file: TableFile,
    packed: zipfile.ZipFile,
    part: zipfile.ZipInfo,
    handler: "_SharedTexts | _Sheet",
    *,
    texts: bool = True,
) -> None:
    # Whatever it says of its encoding: calamine reads UTF-8, and is to see what is seen here.
    parser = expat.ParserCreate("UTF-8")
    parser.ordered_attributes = True
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    # Not `end`, where there is nothing to do: this is called for every cell.
    parser.EndElementHandler = handler.end if texts else handler.ended.append
    if texts:
        parser.CharacterDataHandler = handler.text
    depth = idle = 0
    for block in _blocks(packed, part):
        parser.Parse(block)
        depth += handler.begun - len(handler.ended)
        idle = 0 if handler.begun else idle + len(block)
        handler.begun = 0
        handler.ended.clear()
        if idle > LONGEST_PART:
            raise _too_large(file, tr("{count:,} bytes without an element", count=idle))
        if depth > DEEPEST:
            raise _too_large(file, tr("{count:,} elements within one another", count=depth))
        if found := handler.found():
            raise _too_large(file, found)
    parser.Parse(b"", True)


class _Elements:
    """How many elements have begun since the latest block, and which have ended."""

    def __init__(self) -> None:
        self.begun = 0
        self.ended: list[str] = []


class _SharedTexts(_Elements):
    """The lengths of the texts that cells share."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths = array.array("I")
        self._length = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self.begun += 1
        if name.endswith("si"):
            self._length = 0

    def text(self, text: str) -> None:
        self._length += len(text)

    def end(self, name: str) -> None:
        self.ended.append(name)
        if name.endswith("si"):
            self.lengths.append(self._length)

    def found(self) -> str:
        """What is too much, in words; empty if nothing is so far."""
        count = len(self.lengths)
        return tr("{count:,} texts", count=count) if PER_TEXT * count > MEMORY else ""


class _Sheet(_Elements):
    """The rectangle of a sheet, and the characters of its cells."""

    def __init__(self, shared: Sequence[int]) -> None:
        super().__init__()
        self.rows = self.columns = self.sharing = self.characters = 0
        self._shared = shared
        self._is_shared = self._in_value = False
        self._row = self._column = 0

    def start(self, name: str, attributes: list[str]) -> None:
        self.begun += 1
        name = name.rpartition(":")[2]
        if name == "c":
            self._column += 1
            self._is_shared = False
            for place in range(0, len(attributes), 2):
                if attributes[place] == "r":
                    found = _matching(_PLACE, attributes[place + 1])
                    self._column, self._row = _number(found[1].upper()), int(found[2])
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
                self._row = int(_matching(_ROW, attributes[place + 1])[0])

    def text(self, text: str) -> None:
        if self._in_value and self._is_shared and text.isdigit():
            index = int(text)
            self.characters += self._shared[index] if index < len(self._shared) else 0
        else:
            self.characters += len(text)

    def end(self, name: str) -> None:
        self.ended.append(name)
        self._in_value = False

    def found(self) -> str:
        if PER_CELL * self.rows * self.columns <= MEMORY:
            return ""
        return tr(
            "a sheet of {rows:,} rows and {columns:,} columns",
            rows=self.rows,
            columns=self.columns,
        )


def _matching(form: re.Pattern[str], place: str) -> re.Match[str]:
    """A place of this form; another would be one that calamine may take for far away.

    Raises:
        ValueError: it is another.
    """
    if found := form.fullmatch(place):
        return found
    raise ValueError(f"a cell or row at {place[:40]!r}")


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - 64
    return number
