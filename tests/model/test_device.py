"""Devices that are there, and words for those that aren't."""

import pytest
import torch

from nsmc.errors import DeviceError, UsageError
from nsmc.model.device import autocast_type, available_devices, choose_device, seed_everything


@pytest.mark.parametrize("name", ["tpu", "", "cuda:x", "CPU", "gpu", "cuda:-1"])
def test_an_unknown_name_is_a_usage_error(name: str) -> None:
    with pytest.raises(
        UsageError, match=rf"expected --device auto, cpu, cuda, cuda:N or mps, found {name!r}"
    ):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda:99"] if torch.cuda.is_available() else ["cuda:99", "cuda"])
def test_an_absent_device_is_reported_with_those_that_are_there(name: str) -> None:
    next_step = (
        "This build of torch has no CUDA; install one from"
        if torch.version.cuda is None
        else "Use one of those, or --device auto"
    )
    with pytest.raises(
        DeviceError, match=f"the device {name} isn't there; found: cpu.*{next_step}"
    ):
        choose_device(name)


def test_auto_takes_the_best_there_is_and_cpu_always_is() -> None:
    devices = available_devices()
    assert devices[0] == "cpu"
    assert choose_device("cpu") == torch.device("cpu")
    best = next((d for d in ("cuda:0", "mps") if d in devices), "cpu")
    assert choose_device("auto") == torch.device(best)


def test_bfloat16_on_the_cpu_is_refused() -> None:
    cpu = torch.device("cpu")
    assert autocast_type("auto", cpu) is None
    assert autocast_type("float32", cpu) is None
    words = r"training\.precision = 'bfloat16' needs a CUDA device that has it, found cpu\. Use"
    with pytest.raises(DeviceError, match=words):
        autocast_type("bfloat16", cpu)


def test_a_seed_repeats_what_is_drawn() -> None:
    drawn = []
    for seed in (3, 3, 4):
        seed_everything(seed, torch.device("cpu"), deterministic=True)
        drawn.append(torch.rand(5).tolist())
    assert drawn[0] == drawn[1] != drawn[2]
