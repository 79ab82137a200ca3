"""Training by two processes: the result of one, and what happens when one of them is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load_file

from nsmc.config.schema import load_config
from nsmc.errors import UsageError
from nsmc.training.api import train
from nsmc.training.ranks import Ranks

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIELDS = (
    "data.min_freq=1",
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.subword_buckets=100",
    "model.wide.buckets=1024",
    "model.exit.buckets=0",
    "model.dropout=0",
    "model.embedding_dropout=0",
    "training.batch_size=8",
    "training.epochs=2",
)
LOSES_ONE = """
import os, signal, sys
import nsmc
from nsmc.config.schema import load_config
from nsmc.training.loop import StepDone

data, output, number, *fields = sys.argv[1:]
rank = os.environ["RANK"]
open(f"{output}.{rank}", "w").write(str(os.getpid()))
if rank == "0":  # torchrun would soon end it, too; it is to find out by itself
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

def hear(event, state):
    if isinstance(event, StepDone) and state.counters.step == 5:
        os.kill(int(open(f"{output}.1").read()), int(number))

config = load_config(None, fields)
nsmc.train(config, data=data, output=f"{output}-whole", device="cpu")
nsmc.train(config, data=data, output=output, device="cpu", listen=hear)
"""

OTHER = """
import sys
import nsmc
from nsmc.config.schema import load_config

data, output, *fields = sys.argv[1:]
nsmc.train(load_config(None, fields), data=data, output=output, device="cpu")
"""


@pytest.fixture(scope="module")
def few(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty reviews."""
    file = tmp_path_factory.mktemp("few") / "ratings_train.txt"
    lines = (sample / "ratings_train.txt").read_text(encoding="utf-8").splitlines()[:61]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def alone(few: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, NDArray[np.float32]]:
    """The weights that one process trains."""
    output = tmp_path_factory.mktemp("alone") / "run"
    train(load_config(None, FIELDS), data=few, output=output, device="cpu")
    return trained_weights(output)


def trained_weights(output: Path) -> dict[str, NDArray[np.float32]]:
    (last,) = (output / "last").glob("step-*")
    tensors = load_file(last / "state.safetensors")
    return {k: v for k, v in tensors.items() if k.startswith(("network.", "best.", "totals"))}


def assert_near(
    weights: dict[str, NDArray[np.float32]], expected: dict[str, NDArray[np.float32]]
) -> None:
    for name, values in expected.items():
        np.testing.assert_allclose(weights[name], values, rtol=0, atol=1e-5, err_msg=name)


def torchrun(*arguments: str | Path, limit: str = "60") -> subprocess.CompletedProcess[str]:
    """Two processes; a stopped one is given a second to end, in place of 30."""
    run = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    return subprocess.run(
        [*run, "--shutdown-timeout", "1", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "NSMC_RANK_TIMEOUT": limit, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )


@pytest.mark.slow
def test_two_processes_train_the_weights_of_one(
    few: Path,
    alone: dict[str, NDArray[np.float32]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This one is the first, beside one that imports torch for it; torchrun's part is the store."""
    from torch._C._distributed_c10d import TCPStore

    store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
    started = {"TORCHELASTIC_RUN_ID": "none", "TORCHELASTIC_USE_AGENT_STORE": "True"}
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port), "GROUP_RANK": "0"}
    ours = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}
    for name, value in {**started, **place, **ours}.items():
        monkeypatch.setenv(name, value)
    output = tmp_path / "run"
    command = [sys.executable, "-c", OTHER, str(few), str(output), *FIELDS]
    with subprocess.Popen(command, env={**os.environ, "RANK": "1", "LOCAL_RANK": "1"}) as other:
        try:
            train(load_config(None, FIELDS), data=few, output=output, device="cpu")
            assert other.wait(60) == 0
        finally:
            other.kill()
    assert_near(trained_weights(output), alone)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=["SIGKILL", "SIGSTOP"])
def test_a_lost_process_ends_all_and_any_number_goes_on_to_the_same_weights(
    few: Path, alone: dict[str, NDArray[np.float32]], tmp_path: Path, number: signal.Signals
) -> None:
    script, output = tmp_path / "script.py", tmp_path / "run"
    script.write_text(LOSES_ONE, encoding="utf-8")
    resumes_as_two = number == signal.SIGSTOP
    # Which depends on the number of processes; so the others train without.
    dropout = ("model.dropout=0.3", "model.embedding_dropout=0.3") if resumes_as_two else ()
    done = torchrun(script, few, output, str(number.value), *FIELDS, *dropout, limit="10")
    assert done.returncode == 1
    assert "rank 0 of 2: another process of this training has ended, or has given no" in done.stderr
    # Where it was lost, though checkpoints are due every 500 steps.
    (saved,) = (output / "checkpoints").iterdir()
    assert saved.name in ("step-00000005", "step-00000006")
    whole = trained_weights(tmp_path / "run-whole")
    if not resumes_as_two:
        train(output=output, resume=True, device="cpu")
        assert_near(whole, alone)
    else:
        done = torchrun("-m", "nsmc", "train", "--resume", "--output", output, "--device", "cpu")
        assert (done.returncode, done.stdout) == (0, f"{output / 'model'}\n"), done.stderr
        assert done.stderr.count("epoch 2/2") == 1
    assert_near(trained_weights(output), whole)


def test_each_process_takes_the_gpu_of_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCAL_RANK", "1")
    ranks = Ranks(3, 4)
    assert (ranks.device("cuda"), ranks.device("cpu")) == ("cuda:1", "cpu")
    with pytest.raises(UsageError, match="expected --device auto, cpu or cuda, found 'cuda:0'"):
        ranks.device("cuda:0")
    assert Ranks().device("cuda:0") == "cuda:0"


def test_torchrun_s_environment_says_who_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Ranks.started().count == 1
    variables = {"TORCHELASTIC_RUN_ID": "none", "RANK": "1", "WORLD_SIZE": "3"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ranks = Ranks.started()
    assert (ranks.rank, ranks.count, ranks.first) == (1, 3, False)
    monkeypatch.setenv("NSMC_RANK_TIMEOUT", "soon")
    with pytest.raises(UsageError, match="seconds above 0 in NSMC_RANK_TIMEOUT, found 'soon'"):
        Ranks.started()
