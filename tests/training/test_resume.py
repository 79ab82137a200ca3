"""A process that was killed as it trained: its training comes to the same bytes as another."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from nsmc.config.schema import load_config
from nsmc.training.api import train
from nsmc.training.output import OutputDirectory
from nsmc.training.run import Event, Started
from nsmc.training.state import checkpoints

SETTINGS = (
    "data.validation=0.1",
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.subword_buckets=200",
    "training.batch_size=16",
    "training.epochs=3",
    "training.learning_rate=0.01",
    "training.adversarial_norm=0",
    "training.checkpoint_steps=5",
)
LONGEST = 120
"""Seconds after which a process that was waited for must be hanging."""


def start(sample: Path, output: Path) -> subprocess.Popen[str]:
    settings = [argument for setting in SETTINGS for argument in ("--set", setting)]
    command = ["train", "--data", str(sample), "--output", str(output), "--device=cpu", *settings]
    return subprocess.Popen(
        [sys.executable, "-m", "nsmc", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )


def resumed_at(output: Path) -> int:
    """Resume a training to its end; the step it went on from."""
    heard: list[Event] = []
    train(output=output, resume=True, device="cpu", listen=lambda event, _: heard.append(event))
    assert isinstance(heard[0], Started)
    return heard[0].resumed_at


def counters(output: OutputDirectory) -> dict[str, Any]:
    """The counters of the newest checkpoint; empty without one."""
    result = checkpoints(output.checkpoints)
    if not result:
        return {}
    state = json.loads((result[-1] / "state.json").read_text(encoding="utf-8"))
    values: dict[str, Any] = state["counters"]
    return values


def kill_in_an_epoch(process: subprocess.Popen[str], output: OutputDirectory) -> int:
    """Kill a training in its second epoch or later; the step of its newest checkpoint."""
    until = time.monotonic() + LONGEST
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()
        if len(checkpoints(output.checkpoints)) == 2:
            # Stopped, it can't write another checkpoint between the look and the kill.
            process.send_signal(signal.SIGSTOP)
            result = counters(output)
            if result.get("epoch", 0) >= 1 and result["batch"] > 0:
                process.kill()
                process.communicate(timeout=LONGEST)
                return int(result["step"])
            process.send_signal(signal.SIGCONT)
        time.sleep(0.005)
    process.kill()
    pytest.fail("there was never a checkpoint within the second epoch or a later one")


def history_of(output: OutputDirectory) -> list[dict[str, Any]]:
    lines = output.history.read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "seconds": None} for line in lines]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="processes can't be stopped here")
def test_a_killed_training_resumes_to_the_same_bytes(sample: Path, tmp_path: Path) -> None:
    once, killed, older = (OutputDirectory(tmp_path / n) for n in ("once", "killed", "older"))
    train(load_config(None, SETTINGS), data=sample, output=once.path, device="cpu")
    victim = start(sample, killed.path)
    step = kill_in_an_epoch(victim, killed)
    assert victim.returncode == -signal.SIGKILL
    assert step % 5 == 0
    assert killed.model.is_dir()  # of its first epoch: an interrupted training can score
    shutil.copytree(killed.path, older.path)
    shutil.rmtree(checkpoints(older.checkpoints)[-1])
    (before,) = checkpoints(older.checkpoints)

    assert resumed_at(killed.path) == step
    assert resumed_at(older.path) == int(before.name[5:])

    expected = history_of(once)
    assert len(expected) >= 2
    for other in (killed, older):
        for name in ("weights.safetensors", "vocabulary.txt", "model.json"):
            same = (other.model / name).read_bytes() == (once.model / name).read_bytes()
            assert same, f"{name} of {other.path.name}"
        assert history_of(other) == expected
        assert not other.checkpoints.exists()
