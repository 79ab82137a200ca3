"""Which device a training runs on, and in which precision."""

import os
from typing import TYPE_CHECKING

from nsmc.errors import DeviceError, UsageError

if TYPE_CHECKING:
    import torch


def choose_device(name: str) -> "torch.device":
    """Turn ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps`` into an available device.

    ``auto`` takes the first available one of CUDA, MPS and CPU.

    Raises:
        UsageError: another name.
        DeviceError: the device isn't available; the message lists those that are.
    """
    import torch

    present = available_devices()
    best = "cuda:0" if "cuda:0" in present else present[-1]
    device = {"auto": best, "cuda": "cuda:0"}.get(name, name)
    kind, _, index = device.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and not index.isdigit()):
        raise UsageError(
            "expected --device auto, cpu, cuda, cuda:N or mps, found {value!r}", value=name
        )
    if device not in present:
        raise DeviceError(
            "the device {name} isn't there; found: {names}. This build of torch has no CUDA; "
            "install one from pytorch.org, or use --device cpu"
            if kind == "cuda" and torch.version.cuda is None
            else "the device {name} isn't there; found: {names}. Use one of those, or --device "
            "auto",
            name=name,
            names=", ".join(present),
        )
    return torch.device(device)


def available_devices() -> list[str]:
    """The names of the devices torch can use here: ``cpu``, ``cuda:0`` …, ``mps``."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    mps = ["mps"] * torch.backends.mps.is_available()
    return ["cpu", *(f"cuda:{i}" for i in range(count)), *mps]


def autocast_type(precision: str, device: "torch.device") -> "torch.dtype | None":
    """The type of mixed precision: bfloat16, or None for float32 throughout.

    Raises:
        DeviceError: bfloat16 was asked for on a device that lacks it.
    """
    import torch

    supported = device.type == "cuda" and torch.cuda.is_bf16_supported()
    if precision == "bfloat16" and not supported:
        raise DeviceError(
            "training.precision = 'bfloat16' needs a CUDA device that has it, found "
            "{device}. Use 'auto' or 'float32'",
            device=device,
        )
    return torch.bfloat16 if supported and precision != "float32" else None


def seed_everything(seed: int, device: "torch.device", *, deterministic: bool) -> None:
    """Seed every generator that training draws from, on the CPU and on CUDA devices.

    With ``deterministic``, CUDA operations that have a repeatable form use it; those of the CPU
    that this network needs are repeatable anyway. Nothing is promised across releases of torch or
    between kinds of device.
    """
    import torch

    if device.type == "cuda":
        if deterministic:
            # cuBLAS reads this at its first call.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        # Not on the CPU, where it would only import seconds' worth of compiler.
        torch.use_deterministic_algorithms(deterministic, warn_only=True)
    torch.manual_seed(seed)
