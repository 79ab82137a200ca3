"""Labelled reviews in NSMC's own format."""

from collections.abc import Iterable
from pathlib import Path


def read_nsmc(path: Path) -> list[tuple[str, int]]:
    """The texts and labels of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [(text, int(label)) for _, text, label in (line.split("\t") for line in lines)]


def write_nsmc(path: Path, rows: Iterable[tuple[str, object]], column: str = "document") -> Path:
    """Write a file of texts and labels; returns its path."""
    lines = [f"{number}\t{text}\t{label}\n" for number, (text, label) in enumerate(rows)]
    path.write_text(f"id\t{column}\tlabel\n{''.join(lines)}", encoding="utf-8")
    return path
