"""The numbers of the report are of the model that ships."""

import json
from pathlib import Path

from nsmc.inference.directory import SHIPPED, WEIGHTS
from nsmc.storage.files import sha256_of

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_results_are_of_the_shipped_model() -> None:
    results = json.loads((DOCS / "results" / "report.json").read_text(encoding="utf-8"))
    assert results.get("weights_sha256") == sha256_of(SHIPPED / WEIGHTS), (
        "run scripts/experiment.py report"
    )


def test_the_picture_is_small() -> None:
    assert (DOCS / "report.png").stat().st_size < 200_000
