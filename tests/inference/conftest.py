"""The comments of the sample's test file."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def comments(sample: Path) -> list[str]:
    lines = (sample / "ratings_test.txt").read_text(encoding="utf-8").splitlines()[1:]
    return [line.split("\t")[1] for line in lines]
