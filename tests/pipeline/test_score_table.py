"""The processes of a large table start before it is checked, and change nothing of what is done."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

import nsmc
from nsmc import workers
from nsmc.inference.classifier import Classifier


def test_a_large_table_is_scored_and_refused_as_a_small_one(
    classifier: Classifier[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "available_cores", lambda: 2)
    lines = ["document,id", *(f"재밌다 {row % 7},{row}" for row in range(2_100)), ""]
    source = tmp_path / "a.csv"
    source.write_text("\n".join(lines), "utf-8")
    heard: list[int] = []

    def score(name: str) -> Any:
        return nsmc.score_table(
            classifier, source, tmp_path / name, progress=lambda *done: heard.append(done[2])
        )

    assert score("small.csv").rows == 2_100
    monkeypatch.setattr(workers, "LARGE", 1000)
    assert score("large.csv").rows == 2_100
    assert heard == [2048, 2100] * 2
    assert (tmp_path / "large.csv").read_bytes() == (tmp_path / "small.csv").read_bytes()
    lines[-1] = "재밌다,1,2\n"
    source.write_text("\n".join(lines), "utf-8")
    with pytest.raises(nsmc.DataError, match="row 2101"):
        score("bad.csv")
    assert len(heard) == 4
    assert not (tmp_path / "bad.csv").exists()
    assert not multiprocessing.active_children()
