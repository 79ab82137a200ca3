"""Small labelled tables."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Labelled = Callable[[Sequence[tuple[str, int]]], Path]


@pytest.fixture
def labelled(tmp_path: Path) -> Labelled:
    """Write comments with their labels as a table of JSON lines, which holds any text."""

    def make(rows: Sequence[tuple[str, int]]) -> Path:
        import json

        path = tmp_path / "labelled.jsonl"
        lines = [json.dumps({"document": text, "label": label}) for text, label in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make
