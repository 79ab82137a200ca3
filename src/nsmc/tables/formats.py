"""The format of a table, which the end of its name decides."""

from pathlib import Path
from typing import Literal

from nsmc.errors import DataError

Format = Literal["csv", "tsv", "jsonl", "parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "tsv",
    ".jsonl": "jsonl",
    ".parquet": "parquet",
}


def is_compressed(path: Path) -> bool:
    """Whether the name says gzip."""
    return path.suffix.lower() == ".gz"


def ending(path: Path) -> str:
    """The suffix that decides the format, in lower case and without ``.gz``: ``.csv``."""
    return (Path(path.stem).suffix if is_compressed(path) else path.suffix).lower()


def table_format(path: Path) -> Format:
    """Return the format of a name's ending, in upper or lower case.

    Raises:
        DataError: the ending is not a known one, or is ``.parquet.gz``.
    """
    compressed = is_compressed(path)
    result = _FORMATS.get(ending(path))
    if result is None or (compressed and result == "parquet"):
        suffix = "".join(path.suffixes[-2:]) if compressed else path.suffix
        raise DataError(
            f"cannot tell the format of {path}: expected a name that ends in "
            f"{', '.join(_FORMATS)} (the text formats also with .gz after it), found "
            f"{suffix or 'no ending'}; rename or convert the file"
        )
    return result
