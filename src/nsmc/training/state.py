"""The state of a training, and its checkpoints."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from nsmc.errors import ModelError
from nsmc.messages.translate import tr
from nsmc.model.network import RecurrentNetwork
from nsmc.storage.bundle import read_json, verify_bundle, write_json, writing_bundle
from nsmc.storage.leftovers import remove_tree
from nsmc.storage.tensors import write_tensors

KIND = "checkpoint"
SCHEMA = 2
TENSORS, PLAIN = "state.safetensors", "state.json"
KEPT = 2
"""Checkpoints to keep: if the newest is damaged, the one before it still resumes."""

Snapshot = tuple[dict[str, Tensor], dict[str, Any]]


@dataclass
class Counters:
    """The numbers of a training that aren't tensors."""

    epoch: int = 0  # epochs done
    batch: int = 0  # batches done of the next epoch
    step: int = 0  # steps done in all
    seen: int = 0  # reviews seen of the running epoch
    seconds: float = 0.0  # spent training, validation included, over all interruptions
    best_loss: float = float("inf")  # lowest validation loss so far
    best_epoch: int = 0  # the epoch, counted from 1, that had it; 0 before the first
    history: list[dict[str, Any]] = field(default_factory=list)  # as in ``history.jsonl``


@dataclass
class TrainingState:
    """A network in training, with its optimizers, best weights and counters."""

    network: RecurrentNetwork
    optimizers: dict[str, Optimizer]
    totals: Tensor
    """[4] sums of the running epoch: losses, examples, metrics, and examples that have a metric;
    see `nsmc.tasks.task.StepLoss`."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """The weights of the best epoch, on the CPU; empty before the first."""
    counters: Counters = field(default_factory=Counters)
    extended_at: int = 0
    """The epochs after which an ended training was told to go on: patience counts from there."""

    def keep_as_best(self, loss: float) -> None:
        """Take the present weights as the best so far."""
        self.counters.best_loss, self.counters.best_epoch = loss, self.counters.epoch
        for name, value in self.network.state_dict().items():
            # In place: two copies of a large network may be more than there is memory for.
            kept = self.best.setdefault(name, torch.empty_like(value, device="cpu"))
            kept.copy_(value)


def save_checkpoint(state: TrainingState, directory: Path) -> None:
    """Write a checkpoint named by its step and delete all but the newest `KEPT`.

    Raises:
        NsmcError: the place is not writable or the disk is full; earlier checkpoints stay.
    """
    tensors, plain = snapshot(state)
    with writing_bundle(directory / f"step-{state.counters.step:08d}", KIND, SCHEMA) as path:
        with (path / TENSORS).open("wb") as file:
            write_tensors(file, {name: tensor.numpy() for name, tensor in tensors.items()})
        write_json(path / PLAIN, plain)
    for old in checkpoints(directory)[:-KEPT]:
        remove_tree(old)


def snapshot(state: TrainingState) -> Snapshot:
    """All that decides how a training goes on: tensors on the CPU, and plain values."""
    tensors = {f"network.{k}": v for k, v in state.network.state_dict().items()}
    tensors |= {f"best.{k}": v for k, v in state.best.items()}
    tensors["totals"] = state.totals
    tensors["random.cpu"] = torch.get_rng_state()
    if state.totals.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state(state.totals.device)
    plain: dict[str, Any] = {}
    for name, optimizer in state.optimizers.items():
        for index, entries in optimizer.state_dict()["state"].items():
            for key, value in entries.items():
                values = tensors if isinstance(value, Tensor) else plain
                values[f"optimizer.{name}.{index}.{key}"] = value
    arrays = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    return arrays, {"counters": vars(state.counters), "optimizers": plain}


def checkpoints(directory: Path) -> list[Path]:
    """The checkpoints in a directory, oldest first; none if there is no such directory."""
    return sorted(directory.glob("step-*"))


def load_newest_checkpoint(state: TrainingState, directory: Path) -> list[str]:
    """Load the newest undamaged checkpoint; return what is wrong with each newer one.

    Raises:
        ModelError: none is undamaged.
    """
    damages = []
    for path in reversed(checkpoints(directory)):
        try:
            verify_bundle(path, KIND, SCHEMA, (TENSORS, PLAIN))
        except ModelError as error:
            damages.append(str(error))
            continue
        restore(state, _read(path))
        return damages
    raise ModelError(
        "expected a checkpoint to resume from in {directory}, found {found}. Train from the start, "
        "into another --output",
        directory=directory,
        found="; ".join(damages) or tr("none"),
    )


def _read(path: Path) -> Snapshot:
    from safetensors.torch import load_file

    return load_file(path / TENSORS), read_json(path / PLAIN)


def restore(state: TrainingState, saved: Snapshot) -> None:
    """Go back to a `snapshot`."""
    tensors, plain = saved
    state.network.load_state_dict(_under("network.", tensors))
    state.best = _under("best.", tensors)
    state.totals.copy_(tensors["totals"])
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors and state.totals.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random.cuda"], state.totals.device)
    for name, optimizer in state.optimizers.items():
        entries: dict[int, dict[str, Any]] = {}
        prefix = f"optimizer.{name}."
        values = _under(prefix, tensors) | _under(prefix, plain["optimizers"])
        for place, value in values.items():
            index, _, key = place.partition(".")
            entries.setdefault(int(index), {})[key] = value
        groups = optimizer.state_dict()["param_groups"]
        optimizer.load_state_dict({"state": entries, "param_groups": groups})
    state.counters = Counters(**plain["counters"])


def _under(prefix: str, values: dict[str, Any]) -> dict[str, Any]:
    return {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}
