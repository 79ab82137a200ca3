"""A training that doesn't fit into memory is refused before it takes any; one that fits isn't."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from nsmc.config.schema import load_config
from nsmc.errors import UsageError
from nsmc.tasks.registry import make_task
from nsmc.training import memory
from nsmc.training.api import train
from nsmc.training.memory import Extent, check_memory, needed_memory

CPU = torch.device("cpu")
FIELDS = {
    "model.embedding_size": 1 << 20,
    "model.hidden_size": 1 << 20,
    "model.layers": 1 << 20,
    "model.subword_buckets": 1 << 30,
    "model.wide.buckets": 1 << 30,
    "model.conv.filters": 1 << 20,
}
"""Those that decide about memory by themselves, and the most that the config takes."""


def needs(*fields: str, extent: Extent | None = None) -> memory.Needs:
    config = load_config(None, fields)
    return needed_memory(config, make_task(config), extent or Extent())


@pytest.mark.parametrize(
    "fields",
    [
        *([f"{name}={most}"] for name, most in FIELDS.items()),
        ["model.wide.buckets=1073741824", "model.exit.buckets=1073741824"],
        ["model.wide.buckets=2", "model.exit.hidden_size=1048576"],
        ["model.conv.filters=1", "model.conv.kernel=1048575", "model.embedding_size=1048576"],
        ["task=language-model", "training.adversarial_norm=0", "model.hidden_size=1048576"],
    ],
    ids=lambda fields: fields[-1],
)
def test_the_largest_settings_are_refused_with_what_they_need(
    fields: list[str], sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The largest wide layer takes 40 GB, which some machines have.
    monkeypatch.setattr(memory, "free_memory", lambda device: 16 * 10**9)
    config = load_config(None, fields)
    with pytest.raises(
        UsageError, match=r"needs [\d,]+\.\d GB of memory \(.*16\.0 GB free"
    ) as told:
        train(config, data=sample, output=tmp_path / "run", device="cpu", verbose=False)
    assert len(str(told.value)) < 500
    # Before anything was tokenized or written.
    assert not (tmp_path / "run" / "config.json").exists()


@given(st.sampled_from(sorted(FIELDS)), st.integers(0, 19), st.data())
def test_what_is_refused_is_what_does_not_fit(field: str, power: int, data: st.DataObject) -> None:
    config = load_config(None, [f"{field}={1 << power}"])
    task, needed = make_task(config), needs(f"{field}={1 << power}").most
    free = data.draw(st.integers(0, 2 * needed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "free_memory", lambda device: free)
        if needed <= free:
            check_memory(config, task, CPU)
        else:
            with pytest.raises(UsageError, match="needs"):
                check_memory(config, task, CPU)


@given(st.sampled_from(sorted(FIELDS)), st.integers(1, 18))
def test_a_larger_setting_needs_more(field: str, power: int) -> None:
    assert needs(f"{field}={1 << power}").most > needs(f"{field}={1 << power - 1}").most


def of_lengths(lengths: list[int], units: int = 100) -> Extent:
    return Extent(1000, np.array(lengths), units, 3.0, 2 * sum(lengths))


def test_a_batch_is_no_larger_than_the_reviews_of_one_length() -> None:
    extent = of_lengths([10] * 300 + [40] * 50)
    assert extent.places(100) == 2000  # 50 of 40 units
    assert extent.places(1 << 60) == 3000
    few, all_of_them = (needs(f"training.batch_size={n}", extent=extent) for n in (100, 1 << 60))
    assert few.batch < all_of_them.batch < 2 * few.batch
    assert few.weights == all_of_them.weights


def test_the_reviews_decide_as_well() -> None:
    long = needs("model.wide.buckets=65536", extent=of_lengths([1000] * 1000, 10**6))
    short = needs("model.wide.buckets=65536", extent=of_lengths([10] * 1000))
    assert long.batch > 50 * short.batch
    assert long.exit > 5 * short.exit


TAKEN = """
import ctypes, json, sys, tempfile
from pathlib import Path
import torch
from nsmc.config.schema import load_config
from nsmc.training import memory, run
from nsmc.training.api import train

def status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(key))

def check(config, task, device, extent):
    global told, before
    told = memory.needed_memory(config, task, extent).most
    ctypes.CDLL(None).malloc_trim(0)
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")

data, *fields = sys.argv[1:]
base = ["training.epochs=2", "data.validation=0.1", "text.unit=syllable"]
small = ["model.embedding_size=8", "model.hidden_size=8", "model.wide.buckets=1024"]
with tempfile.TemporaryDirectory() as place:
    for output, extra in (("first", small), ("second", fields)):  # the first imports what it needs
        run.check_memory = check
        config = load_config(None, base + extra)
        train(config, data=data, output=f"{place}/{output}", device="cpu", verbose=False)
print(json.dumps([told, status("VmHWM") - before]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux's /proc")
def test_what_a_training_takes_is_what_was_foretold(sample: Path) -> None:
    fields = ("model.embedding_size=500", "model.subword_buckets=100000")
    command = [sys.executable, "-c", TAKEN, str(sample), *fields]
    done = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    told, took = json.loads(done.stdout.splitlines()[-1])
    # What allocators and pages of two sizes make of it differs between systems.
    assert took < 1.25 * told + 50e6
    assert told < 1.5 * took
