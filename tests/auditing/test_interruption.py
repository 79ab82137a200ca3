"""A killed audit goes on with the same command, trains nothing twice and gives the same scores."""

from __future__ import annotations

import json
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
import json, os, sys
import nsmc
from nsmc.config.schema import load_config
import nsmc.training.run, torch._dynamo  # slow to import, and the same for all

path, place, *fields = sys.argv[1:]
POINTS = json.load(sys.stdin)
deleting = False

def hook(event, args):  # what Python is about to ask the system for
    global deleting
    renaming = event == "os.rename" and str(args[1]).endswith("last")
    deleting = deleting or renaming
    scores = event == "open" and "fold-2" in str(args[0]) and "scores.npy" in str(args[0])
    if (
        (point == "rename" and renaming)
        or (point == "delete" and deleting and event == "os.remove")
        or (point == "scores" and scores)
    ):
        os.kill(os.getpid(), int(number))

for point, number in POINTS:  # a process each, which an audit ends
    if not os.fork():
        sys.addaudithook(hook)
        config, work = load_config(None, fields), f"{place}/{point}-{number}"
        nsmc.audit(path, folds=3, config=config, work=work, device="cpu", explain=False)
        os._exit(0)
    print(-os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""
POINTS = [
    ("rename", signal.SIGKILL, []),
    ("delete", signal.SIGKILL, ["fold-1/model"]),
    ("delete", signal.SIGINT, ["fold-1/model"]),
    ("scores", signal.SIGKILL, ["fold-1/model", "fold-1/scores.npy", "fold-2/model"]),
]


@pytest.fixture(scope="module")
def killed(
    easy: Planted, tiny_fields: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The working directories of audits that were killed at each point."""
    place = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, easy.path, place, *tiny_fields],
        input=json.dumps([(point, int(number)) for point, number, _ in POINTS]).encode(),
        capture_output=True,
        timeout=480,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.split() == [b"%d" % number for _, number, _ in POINTS], done.stderr.decode()
    return place


@pytest.mark.parametrize(("point", "number", "reused"), POINTS)
def test_a_killed_audit_goes_on(
    point: str,
    number: int,
    reused: list[str],
    killed: Path,
    audit_easy: Audit,
    audited: nsmc.Audit,
) -> None:
    work = killed / f"{point}-{int(number)}"
    before = {name: (work / name).stat().st_ino for name in reused}
    stopped_in = work / ("fold-2" if point == "scores" else "fold-1")
    assert not (stopped_in / "scores.npy").exists()
    resumed = audit_easy(work=work, explain=False)
    assert resumed.probabilities.tolist() == audited.probabilities.tolist()
    assert {name: (work / name).stat().st_ino for name in reused} == before
    left = {path.name for path in stopped_in.iterdir()}
    assert {"model", "scores.npy"} <= left
    assert not {"checkpoints", "last"} & left
