"""A checkpoint brings back every tensor and number that a training is made of."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.config.training import TrainingConfig
from nsmc.data.fields import MorphemeBatch
from nsmc.errors import ModelError
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task
from nsmc.training.optimizers import make_optimizers
from nsmc.training.state import (
    KEPT,
    Counters,
    TrainingState,
    checkpoints,
    load_newest_checkpoint,
    save_checkpoint,
)
from nsmc.training.step import backward

SENTIMENT = make_task(Config())
CPU = torch.device("cpu")
MODEL = ModelConfig(cell="lstm", embedding_size=4, hidden_size=3, subword_buckets=8)


def fresh(seed: int) -> TrainingState:
    torch.manual_seed(seed)
    network = RecurrentNetwork(6, MODEL, SENTIMENT, sparse=True)
    return TrainingState(
        network, make_optimizers(network, TrainingConfig(), CPU), totals=torch.zeros(4)
    )


def take_step(state: TrainingState) -> None:
    words = torch.randperm(6)[:4]
    text = MorphemeBatch(
        words=words,
        ngrams=words.repeat_interleave(2),
        offsets=torch.arange(0, 8, 2),
        positions=torch.randint(4, (3, 5)),
    )
    for optimizer in state.optimizers.values():
        optimizer.zero_grad()
    batch = SimpleNamespace(text=text, label=torch.randint(2, (5, 1)).float())
    loss = backward(state.network, SENTIMENT, batch, 0.5)
    for optimizer in state.optimizers.values():
        optimizer.step()
    state.totals += torch.tensor([float(loss.loss), 1.0, *loss.tally.tolist()])
    state.counters.step += 1
    state.counters.batch += 1


def everything(state: TrainingState) -> dict[str, object]:
    """All of a state as plain values, floats to the last bit."""
    values: dict[str, object] = {"totals": state.totals.tolist(), **vars(state.counters)}
    for name, value in state.network.state_dict().items():
        values[f"network {name}"] = value.tolist()
    for name, value in state.best.items():
        values[f"best {name}"] = value.tolist()
    for name, optimizer in state.optimizers.items():
        for index, entries in optimizer.state_dict()["state"].items():
            for key, entry in entries.items():
                plain = entry.tolist() if isinstance(entry, Tensor) else entry
                values[f"{name} {index} {key} {type(entry).__name__}"] = plain
    return values


def trained(steps: int = 3) -> TrainingState:
    state = fresh(1)
    for _ in range(steps):
        take_step(state)
    state.counters.epoch, state.counters.seen, state.counters.seconds = 1, 7, 1 / 3
    state.keep_as_best(0.1 + 0.2)
    state.counters.history.append({"epoch": 1, "validation_loss": 0.1 + 0.2})
    best = state.best["head.weight"].tolist()
    assert best == state.network.get_parameter("head.weight").tolist()
    take_step(state)  # now the best weights, a copy, aren't the present ones
    assert state.best["head.weight"].tolist() == best
    assert state.network.get_parameter("head.weight").tolist() != best
    return state


def test_everything_comes_back_to_the_last_bit(tmp_path: Path) -> None:
    state = trained()
    save_checkpoint(state, tmp_path)
    (path,) = checkpoints(tmp_path)
    names = sorted(file.name for file in path.iterdir())  # no pickle among them
    assert names == ["manifest.json", "state.json", "state.safetensors"]
    expected, drawn = everything(state), torch.rand(3).tolist()
    # Both optimizers hold moments and steps by now, so that all of it is compared.
    assert {key.split()[0] for key in expected} >= {"tables", "dense", "network", "best"}
    other = fresh(2)
    assert everything(other) != expected
    assert load_newest_checkpoint(other, tmp_path) == []
    assert everything(other) == expected
    assert torch.rand(3).tolist() == drawn


def test_a_state_before_its_first_epoch_comes_back(tmp_path: Path) -> None:
    state = fresh(1)
    save_checkpoint(state, tmp_path)
    other = trained()
    load_newest_checkpoint(other, tmp_path)
    assert everything(other) == everything(state)
    assert other.best == {}
    assert other.counters == Counters()  # best_loss is infinite again


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    state = fresh(1)
    for step in (5, 10, 90, 100, 100_000_000):
        state.counters.step = step
        save_checkpoint(state, tmp_path)
    names = [path.name for path in checkpoints(tmp_path)]
    assert names == ["step-00000100", "step-100000000"]
    assert len(names) == KEPT
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_the_one_before_is_taken_when_the_newest_is_damaged(tmp_path: Path) -> None:
    state = fresh(1)
    take_step(state)
    save_checkpoint(state, tmp_path)
    expected = everything(state)
    take_step(state)
    save_checkpoint(state, tmp_path)
    newest = checkpoints(tmp_path)[-1]
    file = newest / "state.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    other = fresh(2)
    (warning,) = load_newest_checkpoint(other, tmp_path)
    assert newest.name in warning
    assert "is damaged: expected" in warning
    assert everything(other) == expected


def test_no_whole_checkpoint_is_reported(tmp_path: Path) -> None:
    state = fresh(1)
    words = "expected a checkpoint to resume from in .*, found none. Train from the start"
    with pytest.raises(ModelError, match=words):
        load_newest_checkpoint(state, tmp_path / "nowhere")
    for step in (1, 2):
        state.counters.step = step
        save_checkpoint(state, tmp_path)
        (tmp_path / f"step-0000000{step}" / "state.json").unlink()
    with pytest.raises(ModelError, match=r"step-00000002 lacks its .*; .*step-00000001 lacks its"):
        load_newest_checkpoint(state, tmp_path)
