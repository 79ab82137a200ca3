"""A server that a fault meets at any write step answers, or ends, and leaves no client's table.

A few faults; with NSMC_FAULTS=all every fault happens at every step.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.conftest import Done, Run
from tests.faults.process import FAULTS

if TYPE_CHECKING:
    from tests.conftest import Untrained

STATUS = {"SIGKILL": {-9}, "SIGTERM": {0, 143}, "SIGINT": {130}}


@pytest.fixture
def place(untrained: Untrained, tmp_path: Path) -> Path:
    """A directory with a model, a table and an empty directory for temporary files."""
    place = tmp_path / "place"
    shutil.copytree(untrained("text.unit=syllable"), place / "model")
    (place / "data.tsv").write_text("document\n최고다\n최악이다\n", "utf-8")
    (place / "tmp").mkdir()
    return place


def served(
    place: Path, run: Run, fault: str = "", at: int = -1
) -> tuple[Done, list[tuple[int, str]]]:
    """What became of the server, and what its client got: statuses and tables or errors."""
    got = place.parent / "got"
    got.unlink(missing_ok=True)
    done = run(place, [str(place / "tmp"), str(got)], "serve", fault, at)
    answers = json.loads(got.read_text("utf-8")) if got.exists() else []
    return done, [(status, text) for status, text in answers]


@pytest.mark.slow
def test_a_fault_costs_one_table_and_leaves_none(place: Path, run: Run) -> None:
    done, answers = served(place, run)
    assert (done.status, len(answers), {*answers}) == (0, 4, {answers[0]}), done.errors
    assert answers[0][0] == 200
    assert not [*(place / "tmp").iterdir()]
    count, scored = len(done.steps), answers[0]
    chosen = [(fault, count * n // len(FAULTS)) for n, fault in enumerate(FAULTS)]
    if os.environ.get("NSMC_FAULTS") == "all":
        chosen = [(fault, step) for step in range(count) for fault in FAULTS]
    for fault, at in chosen:
        ended, answers = served(place, run, fault, at)
        context = (fault, at, done.steps[at], ended.status, ended.errors[-2000:], answers)
        assert "Traceback" not in ended.errors, context
        if fault in STATUS:
            # A signal in the last moment finds a server that has been ended.
            assert ended.status in STATUS[fault] | ({0} if len(answers) == 4 else set()), context
            assert {*answers} <= {scored}, context
        elif answers:
            # Who asked in that moment is told, and whoever asks next gets the same bytes.
            failed = [answer for answer in answers if answer != scored]
            assert (ended.status, len(answers)) == (0, 4), context
            assert len(failed) <= 1, context
            assert all('"disk_full"' in text for _, text in failed), context
        else:  # it couldn't start, and said so
            assert ended.status == 1, context
            assert ended.errors.startswith("nsmc: "), context
        left = [*(place / "tmp").iterdir()]
        # What a signal amid the removal leaves goes with the next server; an error leaves nothing.
        amid = fault in STATUS and ended.steps[at : at + 1] in (["os.remove"], ["os.rmdir"])
        assert not left or fault == "SIGKILL" or amid, (context, left)
    # The next one removes what a killed one left.
    (place / "tmp" / "mine").touch()
    _, answers = served(place, run)
    assert answers == [scored] * 4
    assert [entry.name for entry in (place / "tmp").iterdir()] == ["mine"]
