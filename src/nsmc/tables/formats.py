"""The format of a table, which the end of its name decides."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from nsmc.errors import DataError
from nsmc.messages.translate import tr

Format = Literal["csv", "tsv", "txt", "json", "jsonl", "parquet", "xlsx"]
FORMATS: tuple[Format, ...] = get_args(Format)
BINARY = ("parquet", "xlsx")


@dataclass(frozen=True)
class TableFile:
    """Where the bytes of a table are, and what they are."""

    path: Path
    name: str
    """What messages call it."""
    format: Format
    compressed: bool

    def __str__(self) -> str:
        return self.name


def table_file(path: Path, format: Format | None = None, name: str = "") -> TableFile:
    """What is at ``path``: its format is ``format``, or that of the ending of its name.

    Args:
        path: the file.
        format: None takes the ending, in upper or lower case, ``.gz`` after it or not.
        name: the file's name for messages, and for its ending; empty takes the path.

    Raises:
        DataError: the ending is not a known one, or is that of a binary format with ``.gz``.
    """
    called = Path(name) if name else path
    compressed = called.suffix.lower() == ".gz"
    ending = (Path(called.stem).suffix if compressed else called.suffix).lower()
    known = next((one for one in FORMATS if ending == f".{one}"), None)
    result = format or known
    if result is None or (compressed and result in BINARY):
        suffix = "".join(called.suffixes[-2:]) if compressed else called.suffix
        hint = tr(
            "save it as .xlsx"
            if ending in (".xls", ".xlsm", ".xlsb", ".ods")
            else "rename or convert the file, or say what it is with --format"
        )
        raise DataError(
            "cannot tell the format of {file}: expected a name that ends in {endings} (the "
            "text formats also with .gz after it), found {ending}; {hint}",
            file=called,
            endings=", ".join(f".{one}" for one in FORMATS),
            ending=suffix or tr("no ending"),
            hint=hint,
        )
    return TableFile(path, name or str(path), result, compressed)
