"""Trainings are listed with what sets them apart; those that can't be read are reported."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import nsmc
from nsmc.config.schema import load_config
from nsmc.inspection.runs import runs
from nsmc.training.history import write_history
from nsmc.training.output import OutputDirectory


def record(epoch: int, loss: float) -> dict[str, float]:
    metrics = {"train_loss": 0.7, "train_accuracy": 0.5, "validation_accuracy": 1 - loss}
    return {"epoch": epoch, **metrics, "validation_loss": loss, "seconds": 10.0 * epoch}


Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """An output directory as a training that was killed leaves it."""

    def call(name: str, *overrides: str, losses: tuple[float, ...] = (), sha: str = "a") -> Path:
        output = OutputDirectory(tmp_path / "runs" / name)
        output.path.mkdir(parents=True)
        output.start(load_config(None, overrides), tmp_path / "reviews", sha * 64)
        output.checkpoints.mkdir()
        if losses:
            write_history([record(n, loss) for n, loss in enumerate(losses, 1)], output.history)
        return output.path

    return call


def test_a_finished_training(small_model: Path) -> None:
    (run,) = nsmc.runs([small_model])
    written = run.to_dict()
    lines = (small_model / "history.jsonl").read_text(encoding="utf-8").splitlines()
    history = [json.loads(line) for line in lines]
    best = min(history, key=lambda r: float(r["validation_loss"]))
    assert written["run"] == str(small_model)
    assert (written["state"], written["device"]) == ("finished", "cpu")
    assert (written["epochs"], written["epochs_at_most"]) == (len(history), 6)
    assert written["best_epoch"] == best["epoch"]
    assert written["loss"] == best["validation_loss"]
    assert written["figure"] == {"accuracy": best["validation_accuracy"]}
    assert written["seconds"] == history[-1]["seconds"]
    assert written["history"] == history
    assert run.started == json.loads((small_model / "recipe.json").read_text())["started"]
    assert run.differs["model.hidden_size"] == 16  # of a single one: from the default
    assert "model.cell" not in run.differs
    json.dumps(written)


def test_an_interrupted_and_a_running_one(make: Make) -> None:
    idle, busy = make("idle", losses=(0.5, 0.3, 0.4)), make("busy")
    with OutputDirectory(busy).claimed():
        by_path = {run.path: run for run in runs([idle.parent])}
        assert by_path[busy].state == "running"
    assert {run.state for run in runs([idle.parent])} == {"interrupted"}
    stopped = by_path[idle]
    assert stopped.state == "interrupted"
    assert (stopped.best["epoch"], stopped.best_loss) == (2, 0.3)
    begun = by_path[busy]
    assert (begun.history, begun.best, begun.best_loss, begun.seconds) == ([], {}, None, None)


def test_what_sets_them_apart(make: Make) -> None:
    make("a", "model.cell=lstm", "training.seed=3")
    make("b", "model.cell=rnn", "training.seed=3")
    parent = make("c", "training.seed=3", "text.max_characters=9", sha="b").parent
    differs = {run.path.name: run.differs for run in runs([parent])}
    assert differs == {
        "a": {"data": "reviews@aaaaaa", "model.cell": "lstm", "text.max_characters": 1000},
        "b": {"data": "reviews@aaaaaa", "model.cell": "rnn", "text.max_characters": 1000},
        "c": {"data": "reviews@bbbbbb", "model.cell": "gru", "text.max_characters": 9},
    }
    alike = runs([parent / "a", parent / "a", make("d", "model.cell=lstm", "training.seed=3")])
    assert [run.differs for run in alike] == [{}, {}]  # named twice, listed once


def test_a_recipe_of_another_version_is_left_out(make: Make) -> None:
    path, other = make("other"), make("this")
    recipe = json.loads((path / "recipe.json").read_text(encoding="utf-8"))
    recipe["config"]["model"]["attention"] = 4
    (path / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    printed: list[str] = []
    assert [run.path for run in runs([path, other], warn=printed.append)] == [other]
    (message,) = printed
    assert message.startswith(f"{path} is left out: configuration: there is no field 'model.att")


def test_what_is_no_training_is_named(make: Make, small_model: Path, tmp_path: Path) -> None:
    parent = make("good", losses=(0.5,)).parent
    make("deeper/seed-1")
    (parent / "notes").mkdir()
    (parent / ".partial-x").mkdir()
    shutil.copytree(small_model / "model", parent / "model-only")
    (parent / "file.txt").write_text("", encoding="utf-8")
    damaged = make("damaged")
    (damaged / "recipe.json").write_text("{", encoding="utf-8")
    half = make("half")
    (half / "recipe.json").write_text('{"config": 3}', encoding="utf-8")
    cut = make("cut", losses=(0.5, 0.4))
    with (cut / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"epoch": 3, "val')
    printed: list[str] = []
    listed = runs([parent, tmp_path / "nowhere", parent / "file.txt"], warn=printed.append)
    names = {run.path.relative_to(parent).as_posix() for run in listed}
    assert names == {"good", "deeper/seed-1", "cut"}
    assert next(len(run.history) for run in listed if run.path == cut) == 2
    for words in (
        f"{parent / 'notes'} is left out: no training has written it, it has no recipe.json",
        f"{parent / 'model-only'} is left out: no training has written it, it has no recipe.json; "
        "`nsmc info` describes a model",
        f"{cut / 'history.jsonl'} is damaged in line 3",
        f"{damaged} is left out: its record is damaged (JSONDecodeError",
        f"{half} is left out: its record is damaged (",
        f"{tmp_path / 'nowhere'} is left out: No such file or directory",
        f"{parent / 'file.txt'} is left out: Not a directory",
    ):
        assert sum(one.startswith(words) for one in printed) == 1, (words, printed)
    assert len(printed) == 7
