"""docs/inspecting.md prints what today's shipped model gives."""

import re
from pathlib import Path

import pytest

import nsmc

PAGE = Path(__file__).parent.parent.parent / "docs" / "inspecting.md"


def test_the_shipped_model_in_the_comparison_is_todays(sample: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (printed,) = re.findall(r"^B +([\d.]+)% .*nsmc/pretrained/default", page, re.MULTILINE)
    accuracy = nsmc.evaluate(sample / "ratings_test.txt").metrics["accuracy"]
    assert 100 * accuracy == pytest.approx(float(printed), abs=0.5)
