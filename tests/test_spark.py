"""Spark scores as one process does, with one model a worker: `pip install pyspark`, and Java."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import spark_scores

if TYPE_CHECKING:
    from tests.conftest import Untrained


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java")
def test_spark_scores_as_one_process(untrained: Untrained) -> None:
    pytest.importorskip("pyspark")
    seen = spark_scores.score_by_spark(untrained("text.unit=syllable"))
    assert seen["same rows"]
    assert seen["other labels"] == 0
    assert seen["largest difference"] < 1e-5
    assert {*seen["models opened by each worker"]} == {1}


def test_the_committed_run_was_right() -> None:
    results = json.loads(Path(spark_scores.RESULTS).read_text("utf-8"))
    assert results["same rows"]
    assert results["other labels"] == 0
    assert {*results["models opened by each worker"]} == {1}
