"""A scoring that was cut short goes on where it was, to the bytes that it would have made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.inference.classifier import load
from nsmc.pipeline import score_table as module
from nsmc.pipeline.score_table import scores_beside
from nsmc.storage import journal

if TYPE_CHECKING:
    from tests.conftest import Untrained

CHUNK = 4
ROWS = 5 * CHUNK + 3
ENDED_AT = 3 * CHUNK
SCRIPT = f"""
import os, signal, sys
from nsmc.inference.classifier import load
from nsmc.pipeline import score_table
from nsmc.storage import journal

score_table.CHUNK, journal.BUFFERED = {CHUNK}, 1

def kill(done, total, rows):
    if rows == {ENDED_AT}:
        os.kill(os.getpid(), signal.SIGKILL)

model, source, target = sys.argv[1:]
score_table.score_table(load(model), source, target, resume=True, progress=kill)
"""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of a few rows, each kept at once."""
    monkeypatch.setattr(module, "CHUNK", CHUNK)
    monkeypatch.setattr(journal, "BUFFERED", 1)


def interrupt(done: int, total: int, rows: int) -> None:
    """Ctrl-C in the middle."""
    if rows == ENDED_AT:
        raise KeyboardInterrupt


@pytest.mark.parametrize("killed", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_table_goes_on(killed: bool, untrained: Untrained, tmp_path: Path) -> None:
    model = untrained("text.unit=syllable")
    classifier = load(model)
    source, target, other = (tmp_path / f"{name}.csv" for name in ("in", "out", "other"))
    lines = [f"{'재밌다' * (n % 3)} {n}\n" for n in range(ROWS)]
    source.write_text("".join(["document\n", *lines]), "utf-8")
    if killed:
        done = subprocess.run([sys.executable, "-c", SCRIPT, model, source, target])
        assert done.returncode == -9
    else:
        with pytest.raises(KeyboardInterrupt):
            module.score_table(classifier, source, target, resume=True, progress=interrupt)
    assert not target.exists()
    assert scores_beside(target).exists()
    # What changed, and what comes behind it, is scored anew.
    lines[ENDED_AT - 1] = "노잼\n"
    source.write_text("".join(["document\n", *lines]), "utf-8")
    result = module.score_table(classifier, source, target, resume=True)
    note = f"{ENDED_AT - CHUNK:,} rows had been scored by a run that was cut short"
    assert note in result.notes
    module.score_table(classifier, source, other)
    assert target.read_bytes() == other.read_bytes()
    assert sorted(tmp_path.iterdir()) == [source, other, target]


def test_scores_of_another_threshold_are_not_taken(untrained: Untrained, tmp_path: Path) -> None:
    model, source, target = (
        untrained("text.unit=syllable"),
        tmp_path / "in.csv",
        tmp_path / "out.csv",
    )
    source.write_text("document\n" + "재밌다\n" * ROWS, "utf-8")
    with pytest.raises(KeyboardInterrupt):
        module.score_table(load(model), source, target, resume=True, progress=interrupt)
    result = module.score_table(load(model, threshold=0.9), source, target, resume=True)
    assert not any("cut short" in note for note in result.notes)
