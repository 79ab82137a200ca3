"""Tables in a directory, and an untrained model that scores them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nsmc
from nsmc.inference.classifier import Classifier, load

if TYPE_CHECKING:
    from tests.conftest import Untrained

NAMES = ("a.csv", "b/c.tsv.gz", "b/d/e.jsonl", "f.parquet")


@pytest.fixture(scope="module")
def model(untrained: Untrained) -> Path:
    return untrained("text.unit=syllable")


@pytest.fixture(scope="module")
def classifier(model: Path) -> Classifier[Any]:
    return load(model)


@pytest.fixture
def source(classifier: Classifier[Any], tmp_path: Path) -> Path:
    """Tables of all formats, and what is none."""
    first = tmp_path / "first.csv"
    first.write_text("document\n재밌다\n\n노잼\n", "utf-8")
    place = tmp_path / "in"
    for name in NAMES:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        nsmc.score_table(classifier, first, place / name)
    (place / "notes.md").write_text("no table", "utf-8")
    (place / "_metadata.csv").write_text("no table either", "utf-8")
    return place


def names_in(place: Path) -> list[str]:
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
