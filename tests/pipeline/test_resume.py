"""A killed scoring goes on where it was, and makes the bytes that it would have made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.inference.classifier import load
from nsmc.pipeline.chunks import CHUNK
from nsmc.pipeline.score_table import score_table
from nsmc.storage import journal

if TYPE_CHECKING:
    from tests.conftest import Untrained

ROWS = 5 * CHUNK + 7
KILLED_AT = 3 * CHUNK
SCRIPT = f"""
import os, signal, sys
from nsmc.inference.classifier import load
from nsmc.pipeline.score_table import score_table
from nsmc.storage import journal

journal.BUFFERED = 1

def kill(done, total, rows):
    if rows == {KILLED_AT}:
        os.kill(os.getpid(), signal.SIGKILL)

model, source, target = sys.argv[1:]
score_table(load(model), source, target, workers=1, resume=True, notes=True, progress=kill)
"""


@pytest.mark.slow
def test_a_killed_table_goes_on(
    untrained: Untrained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "BUFFERED", 1)
    model = untrained("text.unit=syllable")
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    lines = [f"{'재밌다' * (n % 3)} {n}\n" for n in range(ROWS)]
    source.write_text("".join(["document\n", *lines]), "utf-8")
    done = subprocess.run([sys.executable, "-c", SCRIPT, model, source, target])
    assert done.returncode == -9
    assert not target.exists()
    # What changed behind the place, and that alone, is scored anew.
    lines[KILLED_AT - 1] = "노잼\n"
    source.write_text("".join(["document\n", *lines]), "utf-8")
    result = score_table(load(model), source, target, workers=1, resume=True, notes=True)
    assert result.notes == [
        f"{KILLED_AT - CHUNK:,} rows had been scored by a run that was cut short"
    ]
    score_table(load(model), source, tmp_path / "other.csv", workers=1, notes=True)
    assert target.read_bytes() == (tmp_path / "other.csv").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "other.csv", "out.csv"]
