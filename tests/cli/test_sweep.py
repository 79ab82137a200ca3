"""`nsmc train --seeds` and `--sweep`: several trainings, each once, and what they are together."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

import pytest

from nsmc.config.schema import Config
from nsmc.errors import UsageError
from nsmc.sweeps.sweep_file import Range, read_sweep
from nsmc.sweeps.variants import grid
from nsmc.training.output import OutputDirectory
from tests.waiting import until

if TYPE_CHECKING:
    from tests.cli.conftest import Here, Result, Start

TINY = (
    *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "training.epochs=1"),
    *("model.embedding_size=4", "model.hidden_size=4", "model.subword_buckets=16"),
    *("training.adversarial_norm=0", "training.batch_size=8"),
)
WORDS = (("최악이다", "지루하다"), ("최고다", "멋지다"))


@pytest.fixture
def train(tmp_path: Path) -> list[str]:
    """A command that trains a tiny network."""
    rows = [
        f"{noun} {word}\t{label}"
        for noun in ("배우", "연기", "대사", "음악", "결말")
        for label, words in enumerate(WORDS)
        for word in words
    ]
    data = tmp_path / "data.tsv"
    data.write_text("\n".join(["document\tlabel", *rows, ""]), "utf-8")
    fields = [part for field in TINY for part in ("--set", field)]
    output = str(tmp_path / "out")
    return ["train", "--data", str(data), "--device", "cpu", *fields, "--output", output]


@pytest.mark.slow
def test_seeds_are_trained_once_and_summed_up(here: Here, train: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = here(*train, "--seeds", "1", "2", "1")
    assert (first.code, first.out) == (0, f"{out}\n"), first.err
    weights = (out / "seed-1" / "model" / "weights.safetensors").read_bytes()
    assert weights != (out / "seed-2" / "model" / "weights.safetensors").read_bytes()
    again = here(*train, "--seeds", "1", "2", "3")
    assert "nsmc: 1 of 3, seed-1: trained already\n" in again.err
    assert "nsmc: 3 of 3, seed-3\n" in again.err
    assert (out / "seed-1" / "model" / "weights.safetensors").read_bytes() == weights
    listed = here("runs", out, "--json").objects()
    losses = [one["loss"] for one in listed]
    assert [one["config"]["training"]["seed"] for one in listed] == [1, 2, 3]
    last = here("runs", out).out.splitlines()[-1]
    assert last.startswith("3 seeds: accuracy ")
    assert last.endswith(f"loss {mean(losses):.4f} ± {stdev(losses):.4f}")
    other = here(*train, "--set", "model.cell=lstm", "--seeds", "1")
    other.check_refusal(2, "seed-1 was trained with another config")
    here(*train, "--seeds", "1", "--skip-bad-rows").check_refusal(2, "other options of tables")
    data = tmp_path / "data.tsv"
    data.write_text(data.read_text("utf-8") + "배우 최고다\t1\n", "utf-8")
    here(*train, "--seeds", "1", "4").check_refusal(1, "seed-1 was started with other reviews")
    assert not (out / "seed-4").exists()
    here(*train, "--seeds", "1", "--resume").check_refusal(2, "leave --resume out")


@pytest.fixture
def sweep(tmp_path: Path) -> Callable[[str], Path]:
    """Write the file of a sweep."""

    def write(text: str) -> Path:
        path = tmp_path / "sweep.toml"
        path.write_text(text, "utf-8")
        return path

    return write


def test_a_grid_has_every_combination(sweep: Callable[[str], Path]) -> None:
    read = read_sweep(sweep("[model]\ncell = ['gru', 'lstm']\nhidden_size = [4, 8]\n"))
    assert read.is_grid
    variants = grid(Config(), read.choices, [7, 8])
    assert len(variants) == 4
    configs = variants[2].configs
    assert list(configs) == [f"model.cell=lstm,model.hidden_size=4/seed-{seed}" for seed in (7, 8)]
    one = configs["model.cell=lstm,model.hidden_size=4/seed-8"]
    assert (one.model.cell, one.model.hidden_size, one.training.seed) == ("lstm", 4, 8)
    (name, config), *_ = grid(Config(), read.choices)[1].configs.items()
    assert (name, config.training.seed) == ("model.cell=gru,model.hidden_size=8", 1)


def test_ranges_and_trials_are_searched(sweep: Callable[[str], Path]) -> None:
    text = "[sweep]\ntrials = 5\n[model]\ncell = ['gru', 'lstm']\n"
    read = read_sweep(sweep(text + "hidden_size = {low = 4, high = 8.0, step = 2}\n"))
    assert not read.is_grid
    assert read.fields["model.hidden_size"] == Range(4, 8, 2)
    assert isinstance(read.fields["model.hidden_size"].low, int)
    assert not read_sweep(sweep(text)).is_grid
    # A field of this name is a field, and no end of a range.
    assert read_sweep(sweep("[stars]\nlow = [0.0, 1.0]\n")).choices == {"stars.low": [0.0, 1.0]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[model]\ncell = 'gru'", "model.cell: expected a list"),
        ("[model]\ncell = []", "model.cell: expected a list"),
        ("[modle]\ncell = ['gru']", "there is no field 'modle'.* Did you mean"),
        ("[model]\ncel = ['gru']", "Did you mean 'model.cell'"),
        ("model", "is not a TOML configuration"),
        ("[sweep]\nminutes = 3", "expected fields to try, found none"),
        ("[sweep]\ntrails = 3", "no field 'sweep.trails'.* Did you mean 'trials'"),
        ("[sweep]\ntrials = -3", "trials must be 0 or more, found -3"),
        ("[training]\nwarmup = {low = 0.1, high = 0.2}", "say how many to draw or for how long"),
        ("[training]\nwarmup = {low = 0.1}", "found no high"),
        ("[training]\nwarmup = {low = 0.2, high = 0.1}", "low must be below high"),
        ("[training]\nwarmup = {low = 0, high = 0.1, log = true}", "low must be above 0"),
        ("[training]\nwarmup = {low = 0.1, hihg = 0.2}", "found no high"),
        ("[training]\nwarmup = {low = 0.1, high = 'x'}", "expected a number, found 'x'"),
        ("[training]\nepochs = {low = 1.5, high = 3}", "expected a range of such"),
        ("[model]\ncell = {low = 1, high = 3}", "model.cell is no number"),
    ],
)
def test_a_file_that_is_no_sweep(text: str, words: str, sweep: Callable[[str], Path]) -> None:
    with pytest.raises(UsageError, match=words):
        read_sweep(sweep(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[model]\ncell = ['gru', 'gro']", "found 'gro'"),
        ("[sweep]\ntrials = 2\n[model]\ncell = ['gru', 'gro']", "found 'gro'"),
        ("[sweep]\ntrials = 2\n[training]\nwarmup = {low = 0.1, high = 2}", "warmup must be"),
        ("[sweep]\ntrials = 2\n[data]\nvalidation = [0.1, 0.2]", "losses don't compare"),
        ("[sweep]\ntrials = 2\n[training]\nseed = [1, 2]", "use --seeds"),
    ],
)
def test_values_that_no_config_takes(
    text: str, words: str, here: Here, train: list[str], sweep: Callable[[str], Path]
) -> None:
    here(*train, "--sweep", sweep(text)).check_refusal(2, words)


@pytest.mark.slow
def test_a_grid_names_its_best_and_repeats_it(
    here: Here, train: list[str], sweep: Callable[[str], Path], tmp_path: Path
) -> None:
    done = here(*train, "--sweep", sweep("training.learning_rate = [1e-6, 0.03]"))
    assert (done.code, done.out) == (0, f"{tmp_path / 'out'}\n"), done.err
    listed = here("runs", tmp_path / "out", "--json").objects()
    best = Path(min(listed, key=lambda one: one["loss"])["run"])
    assert len({one["loss"] for one in listed}) == 2
    assert f"nsmc: best of 2: {best.name}, validation accuracy " in done.err
    check_repeats(here, done, best, tmp_path / "again")


def check_repeats(here: Here, done: Result, best: Path, place: Path) -> None:
    """Run the command that a sweep named for its best, and compare the weights."""
    (line,) = [one for one in done.err.splitlines() if "train it again with: " in one]
    words = shlex.split(line.partition("with: nsmc ")[2])
    assert here(*words, "--output", place).code == 0
    name = Path("model", "weights.safetensors")
    assert (place / name).read_bytes() == (best / name).read_bytes()


@pytest.mark.slow
def test_a_diverging_training_ends_no_grid(
    here: Here, train: list[str], sweep: Callable[[str], Path], tmp_path: Path
) -> None:
    text = "training.learning_rate = [1e36, 0.1]\ntraining.clip_norm = [0.0]"
    done = here(*train, "--sweep", sweep(text))
    assert done.code == 1
    assert "training.learning_rate=1e+36,training.clip_norm=0.0 failed: the " in done.err
    assert "nsmc: best of 1: training.learning_rate=0.1" in done.err
    again = here(*train, "--sweep", sweep(text))
    assert again.code == 1
    assert "clip_norm=0.0: failed before" in again.err
    states = {one["state"] for one in here("runs", tmp_path / "out", "--json").objects()}
    assert states == {"finished", "failed"}


@pytest.mark.slow
@pytest.mark.parametrize("trials", ["", "trials = 4\n"], ids=["grid", "search"])
def test_no_training_begins_after_the_time(
    trials: str, here: Here, train: list[str], sweep: Callable[[str], Path], tmp_path: Path
) -> None:
    if trials:
        pytest.importorskip("optuna")
    fields = "[model]\ncell = ['gru', 'lstm']\n"
    done = here(*train, "--sweep", sweep(f"[sweep]\n{trials}minutes = 1e-9\n{fields}"))
    assert done.code == 0
    assert "the 1e-09 minutes are over; the same command goes on from here: --output" in done.err
    assert not list((tmp_path / "out").glob("*/recipe.json"))
    again = here(*train, "--sweep", sweep(f"[sweep]\n{trials}{fields}"))
    assert again.code == 0, again.err
    assert "nsmc: best of 2: " in again.err or trials


def test_one_command_at_a_time_leads_a_sweep(here: Here, train: list[str], tmp_path: Path) -> None:
    with OutputDirectory(tmp_path / "out").claimed():  # as such a command has it
        done = here(*train, "--seeds", "1")
    done.check_refusal(1, f"another training is writing into {tmp_path / 'out'}; wait for it")


def test_what_is_for_several_trainings(here: Here, train: list[str]) -> None:
    here(*train, "--jobs", "2").check_refusal(2, "--jobs is for several trainings; give --seeds")
    here(*train, "--engine", "ray").check_refusal(2, "--engine is for several trainings")
    refused = here(*train, "--seeds", "1", "--jobs", "0")
    refused.check_refusal(2, "expected --jobs from 1 to")


WEIGHTS = Path("model", "weights.safetensors")


def weights(out: Path) -> dict[str, bytes]:
    """Of the trainings below a directory."""
    return {path.parent.parent.name: path.read_bytes() for path in out.glob(f"*/{WEIGHTS}")}


@pytest.mark.slow
def test_several_at_a_time_are_what_one_after_another_is(
    here: Here, train: list[str], sweep: Callable[[str], Path], tmp_path: Path
) -> None:
    train += ["--sweep", str(sweep("training.learning_rate = [1e36, 0.02, 0.1]"))]
    train += ["--set", "training.clip_norm=0.0"]
    one = here(*train)
    two = here(*train, "--output", tmp_path / "two", "--jobs", "2")
    assert (one.code, two.code) == (1, 1), two.err  # the first diverges
    assert weights(tmp_path / "two") == weights(tmp_path / "out")
    assert len(weights(tmp_path / "two")) == 2
    place = "training.learning_rate=0.1"
    assert f"nsmc: {place}  epoch 1/1  validation loss " in two.err
    (best,) = [line for line in one.err.splitlines() if "best of 2: " in line]
    assert best in two.err.splitlines()
    keys = ("state", "loss", "differs")
    listed = [
        sorted([str([run[key] for key in keys]) for run in here("runs", out, "--json").objects()])
        for out in (tmp_path / "out", tmp_path / "two")
    ]
    assert listed[0] == listed[1]


@pytest.mark.slow
def test_several_at_a_time_make_the_tables_of_mlflow_once(
    here: Here, train: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    done = here(*train, "--seeds", "1", "2", "--jobs", "2", "--log-to", "mlflow")
    assert done.code == 0, done.err
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        runs = database.execute("select name, status from runs order by name").fetchall()
    expected = [(str(tmp_path / "out" / f"seed-{seed}"), "FINISHED") for seed in (1, 2)]
    assert runs == expected


def workers_of(process: subprocess.Popen[bytes]) -> set[int]:
    """The processes that train for a command, though it may have ended."""
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = status.with_name("cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        if parent == process.pid and b"spawn_main" in command:
            found.add(int(status.parent.name))
    return found


def is_gone(pid: int) -> bool:
    """Whether a process has ended, though nobody has asked how."""
    try:
        return Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
def test_a_trial_whose_process_dies_goes_on_and_is_named_when_it_dies_again(
    here: Here, start: Start, train: list[str], tmp_path: Path
) -> None:
    train += ["--set", "training.epochs=30", "--set", "training.patience=0", "--seeds", "1", "2"]
    process = start(*train, "--jobs", "2")
    killed: set[int] = set()

    def trained() -> set[tuple[Path, int]]:
        files = tmp_path.glob("out/*/history.jsonl")
        return {(path, path.stat().st_mtime_ns) for path in files}

    def kill_both() -> None:
        until(lambda: len(workers_of(process) - killed) == 2)
        before = trained()
        until(lambda: len(trained() - before) == 2)
        for worker in workers_of(process) - killed:
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)

    kill_both()
    kill_both()
    _, err = process.communicate()
    assert process.returncode == 1
    said = err.decode()
    for number in (1, 2):
        title = f"nsmc: {number} of 2, seed-{number}"
        again = f"{title}: its process ended before it was done (SIGKILL); it goes on in another\n"
        assert again in said
        assert f"{title} is left out: its process ended 2 times before it was done" in said
    assert here(*train).code == 0
    assert here(*train, "--output", tmp_path / "whole").code == 0
    assert weights(tmp_path / "out") == weights(tmp_path / "whole")


@pytest.mark.slow
def test_ctrl_c_ends_all_processes(start: Start, train: list[str], tmp_path: Path) -> None:
    train += ["--set", "training.epochs=5000", "--set", "training.patience=0"]
    process = start(*train, "--seeds", "1", "2", "3", "--jobs", "2")
    until(lambda: len(list(tmp_path.glob("out/*/history.csv"))) == 2)
    workers = workers_of(process)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, err = process.communicate()
    assert process.returncode == 130
    assert f"the same command goes on from here: --output {tmp_path / 'out'}\n" in err.decode()
    assert "Traceback" not in err.decode()
    assert len(workers) == 2
    assert all(is_gone(worker) for worker in workers)


SEARCH = """[sweep]
trials = 3
[model]
cell = ["gru", "lstm"]
hidden_size = {low = 2, high = 8, log = true}
[training]
learning_rate = {low = 0.01, high = 0.1, log = true}
"""


def losses(out: Path) -> dict[str, tuple[float, dict[str, Any]]]:
    """The trials of a study by the names of their directories: value and parameters."""
    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        storage = optuna.storages.RDBStorage(f"sqlite:///{out / 'study.db'}")
        study = optuna.load_study(study_name="nsmc", storage=storage)
        found = {f"trial-{t.number:03}": (t.value or 0.0, t.params) for t in study.trials}
        storage.engine.dispose()
    return found


def check_listed(here: Here, out: Path, found: dict[str, tuple[float, dict[str, Any]]]) -> None:
    """`nsmc runs` gives each trial the loss that the study has of it."""
    listed = here("runs", out, "--json").objects()
    assert {Path(one["run"]).name: one["loss"] for one in listed} == {
        name: loss for name, (loss, _) in found.items()
    }


@pytest.mark.slow
def test_a_search_that_was_killed_draws_what_it_would_have(
    here: Here,
    start: Start,
    train: list[str],
    sweep: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    pytest.importorskip("optuna")
    train += ["--set", "training.epochs=5", "--set", "training.patience=0"]
    train += ["--sweep", str(sweep(SEARCH))]
    out, whole = tmp_path / "out", tmp_path / "whole"
    process = start(*train)
    until(lambda: (out / "trial-001" / "checkpoints").is_dir())
    process.kill()
    process.wait()
    assert not (out / "trial-002").exists()
    done = here(*train)
    assert done.code == 0, done.err
    assert here(*train, "--output", whole).code == 0
    found = losses(out)
    assert found == losses(whole)
    assert len(found) == 3
    best = min(found, key=lambda name: found[name][0])
    assert f"nsmc: best of 3: {best}, validation accuracy" in done.err
    check_listed(here, out, found)
    check_repeats(here, done, out / best, tmp_path / "again")
    # More of them go on after these; a search for something else doesn't.
    more = here(*train, "--sweep", sweep(SEARCH.replace("trials = 3", "trials = 4")))
    assert "4 of 4, trial-003" in more.err
    other = here(*train, "--sweep", sweep(SEARCH.replace("high = 8", "high = 9")))
    other.check_refusal(2, "begun with another fields; name another --output")


@pytest.mark.slow
def test_a_search_of_several_at_a_time_goes_on_though_all_were_killed(
    here: Here,
    start: Start,
    train: list[str],
    sweep: Callable[[str], Path],
    tmp_path: Path,
) -> None:
    pytest.importorskip("optuna")
    train += ["--set", "training.epochs=15", "--set", "training.patience=0"]
    train += ["--sweep", str(sweep(SEARCH)), "--jobs", "2"]
    out = tmp_path / "out"
    process = start(*train)
    until(lambda: len(list(out.glob("*/checkpoints"))) == 2)
    workers = workers_of(process)
    process.kill()
    process.wait()
    until(lambda: all(is_gone(worker) for worker in workers))  # or they would keep the directories
    done = here(*train)
    assert done.code == 0, done.err
    found = losses(out)
    assert list(found) == ["trial-000", "trial-001", "trial-002"]
    check_listed(here, out, found)
    # The first ten are drawn at random, whatever has ended.
    assert here(*train, "--output", tmp_path / "one", "--jobs", "1").code == 0
    assert losses(tmp_path / "one") == found


@pytest.mark.slow
def test_a_trial_is_trained_with_each_seed_and_never_twice(
    here: Here, train: list[str], sweep: Callable[[str], Path], tmp_path: Path
) -> None:
    pytest.importorskip("optuna")
    text = "[sweep]\nminutes = 9\n[model]\nhidden_size = {low = 4, high = 5}\n"
    done = here(*train, "--sweep", sweep(text), "--seeds", "1", "2")
    assert done.code == 0, done.err
    # Two values and no number of trials: it ends when nothing new is drawn.
    assert done.err.count("the same as trial-000") + done.err.count("the same as trial-0") >= 20
    listed = here("runs", tmp_path / "out", "--json").objects()
    assert len(listed) == 4
    first = [one["loss"] for one in listed if Path(one["run"]).parent.name == "trial-000"]
    assert losses(tmp_path / "out")["trial-000"][0] == pytest.approx(mean(first))
    table = here("runs", tmp_path / "out").out
    assert table.count("2 seeds of model.hidden_size=") == 2
    assert "--seeds 1 2" in done.err


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_trials_that_lag_behind_are_pruned(
    jobs: str, here: Here, train: list[str], sweep: Callable[[str], Path], tmp_path: Path
) -> None:
    pytest.importorskip("optuna")
    text = (
        "[sweep]\ntrials = 10\nprune = true\n"
        "[training]\nlearning_rate = {low = 1e-6, high = 0.1, log = true}\n"
    )
    options = ["--set", "training.epochs=2", "--jobs", jobs]
    done = here(*train, *options, "--sweep", sweep(text))
    assert done.code == 0, done.err
    listed = here("runs", tmp_path / "out", "--json").objects()
    pruned = [one for one in listed if one["state"] == "pruned"]
    assert 1 <= len(pruned) <= 5
    assert all(one["epochs"] == 1 for one in pruned)
    assert done.err.count(": pruned\n") == len(pruned)
    others = [one["loss"] for one in listed if one["state"] == "finished"]
    assert min(one["loss"] for one in pruned) > min(others)


def test_without_optuna_it_says_what_to_install(
    here: Here,
    train: list[str],
    sweep: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    here(*train, "--sweep", sweep(SEARCH)).check_refusal(1, 'pip install "nsmc[sweep]"')
    assert not (tmp_path / "out").exists()
