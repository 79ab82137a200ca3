"""An audit that was killed, at any step, goes on with the same command to the same result."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import nsmc

if TYPE_CHECKING:
    from pathlib import Path

    from nsmc.config.schema import Config
    from tests.auditing.conftest import Planted

PROGRAM = """
import os, signal, sys
import nsmc
from nsmc.config.schema import load_config

path, work, point, number, *fields = sys.argv[1:]
deleting = False

def hook(event, args):
    # What Python is about to ask the system for.
    global deleting
    deleting = deleting or (event == "os.rename" and str(args[1]).endswith(".done"))
    if (
        (point == "finish: rename" and event == "os.rename" and str(args[1]).endswith(".done"))
        or (point == "finish: delete" and event == "os.remove" and deleting)
        or (point == "scores" and event == "open" and str(args[0]).endswith("scores.npy"))
    ):
        os.kill(os.getpid(), int(number))

sys.addaudithook(hook)
config = load_config(None, fields)
nsmc.audit(path, folds=2, config=config, work=work, device="cpu", explain=False)
"""


@pytest.fixture(scope="module")
def whole(easy: Planted, tiny: Config, tmp_path_factory: pytest.TempPathFactory) -> nsmc.Audit:
    work = tmp_path_factory.mktemp("whole") / "work"
    return nsmc.audit(easy.path, folds=2, config=tiny, work=work, device="cpu", explain=False)


@pytest.mark.parametrize(
    ("point", "number"),
    [
        ("finish: rename", signal.SIGKILL),
        ("finish: delete", signal.SIGKILL),
        ("finish: delete", signal.SIGINT),
        ("scores", signal.SIGKILL),
    ],
)
def test_a_killed_audit_goes_on_without_training_again(
    point: str,
    number: int,
    easy: Planted,
    tiny: Config,
    tiny_fields: tuple[str, ...],
    whole: nsmc.Audit,
    tmp_path: Path,
) -> None:
    work = tmp_path / "work"
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, easy.path, work, point, str(int(number)), *tiny_fields],
        capture_output=True,
        timeout=120,
    )
    assert killed.returncode == -number, killed.stderr.decode()
    trained = work / "fold-1" / "model" / "manifest.json"
    before = trained.stat().st_ino
    assert not (work / "fold-1" / "scores.npy").exists()
    resumed = nsmc.audit(easy.path, folds=2, config=tiny, work=work, device="cpu", explain=False)
    assert resumed.probabilities.tolist() == whole.probabilities.tolist()
    if point != "finish: rename":
        assert trained.stat().st_ino == before
    left = {path.name for path in (work / "fold-1").iterdir()}
    assert {"model", "scores.npy"} <= left
    assert not {"checkpoints", ".done"} & left
