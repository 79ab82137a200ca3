"""A killed audit goes on with the same command, trains nothing twice and gives the same scores."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import nsmc

if TYPE_CHECKING:
    from pathlib import Path

    from tests.auditing.conftest import Audit, Planted

pytestmark = pytest.mark.slow

PROGRAM = """
import os, sys
import nsmc
from nsmc.config.schema import load_config

path, work, point, number, *fields = sys.argv[1:]
deleting = False

def hook(event, args):  # what Python is about to ask the system for
    global deleting
    renaming = event == "os.rename" and str(args[1]).endswith(".done")
    deleting = deleting or renaming
    scores = event == "open" and "fold-2" in str(args[0]) and "scores.npy" in str(args[0])
    if (
        (point == "rename" and renaming)
        or (point == "delete" and deleting and event == "os.remove")
        or (point == "scores" and scores)
    ):
        os.kill(os.getpid(), int(number))

sys.addaudithook(hook)
config = load_config(None, fields)
nsmc.audit(path, folds=3, config=config, work=work, device="cpu", explain=False)
"""


@pytest.mark.parametrize(
    ("point", "number", "reused"),
    [
        ("rename", signal.SIGKILL, []),
        ("delete", signal.SIGKILL, ["fold-1/model"]),
        ("delete", signal.SIGINT, ["fold-1/model"]),
        ("scores", signal.SIGKILL, ["fold-1/model", "fold-1/scores.npy", "fold-2/model"]),
    ],
)
def test_a_killed_audit_goes_on(
    point: str,
    number: int,
    reused: list[str],
    easy: Planted,
    tiny_fields: tuple[str, ...],
    audit_easy: Audit,
    audited: nsmc.Audit,
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, easy.path, work, point, str(int(number)), *tiny_fields],
        capture_output=True,
        timeout=120,
    )
    assert killed.returncode == -number, killed.stderr.decode()
    before = {name: (work / name).stat().st_ino for name in reused}
    stopped_in = work / ("fold-2" if point == "scores" else "fold-1")
    assert not (stopped_in / "scores.npy").exists()
    resumed = audit_easy(work=work, explain=False)
    assert resumed.probabilities.tolist() == audited.probabilities.tolist()
    assert {name: (work / name).stat().st_ino for name in reused} == before
    left = {path.name for path in stopped_in.iterdir()}
    assert {"model", "scores.npy"} <= left
    assert not {"checkpoints", ".done"} & left
