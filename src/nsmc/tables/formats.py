"""Which kind of table a file is, told by its name."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from nsmc.errors import DataError

Kind = Literal["csv", "tsv", "jsonl", "parquet"]

_KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "tsv",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
}
KNOWN_SUFFIXES = ", ".join(_KINDS)


@dataclass(frozen=True)
class TableFormat:
    """The kind of a table and whether its bytes are gzip-compressed."""

    kind: Kind
    compressed: bool


def is_compressed(path: Path) -> bool:
    """Whether the name says gzip."""
    return path.suffix.lower() == ".gz"


def ending(path: Path) -> str:
    """The end of the name that tells the format, in lower case and without ``.gz``: ``.csv``."""
    return (Path(path.stem).suffix if is_compressed(path) else path.suffix).lower()


def table_format(path: Path) -> TableFormat:
    """Tell the format of a table by the end of its name; upper and lower case are the same.

    Raises:
        DataError: the ending is not a known one, or is `.parquet.gz`.
    """
    compressed = is_compressed(path)
    kind = _KINDS.get(ending(path))
    if kind is None or (compressed and kind == "parquet"):
        found = "".join(path.suffixes[-2:]) if compressed else path.suffix
        raise DataError(
            f"cannot tell the format of {path}: expected a name that ends in {KNOWN_SUFFIXES} "
            f"(the text formats also with .gz after it), found {found or 'no ending'}; "
            "rename or convert the file"
        )
    return TableFormat(kind, compressed)
