"""Ray scores and trains as one process does, though a worker is killed: extra `ray`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nsmc
import nsmc.ray
from nsmc.cli.main import run
from nsmc.storage.files import sha256_of

if TYPE_CHECKING:
    from tests.conftest import Untrained

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
ROWS = 20_000


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    """A real one of two cores."""
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
    ray.init(num_cpus=2, object_store_memory=200_000_000, **quiet)
    yield
    ray.shutdown()


def kill(worker: str) -> bool:
    """Kill a process of Ray by its name."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            name = file.read_bytes()
        except OSError:  # it has just ended
            continue
        if name.startswith(f"ray::{worker}".encode()):
            os.kill(int(file.parent.name), signal.SIGKILL)
            return True
    return False


@pytest.fixture(scope="module")
def model(untrained: Untrained) -> Path:
    return untrained("text.unit=syllable")


def test_a_dataset_keeps_every_row_though_a_worker_dies(model: Path, tmp_path: Path) -> None:
    texts = [f"{'재밌다' * (n % 3)}" for n in range(ROWS)]
    table = pa.table({"n": range(ROWS), "document": texts})
    for part in range(10):
        pq.write_table(table[part * 2000 : (part + 1) * 2000], tmp_path / f"{part}.parquet")
    scored = nsmc.ray.score(ray.data.read_parquet(str(tmp_path)), model=model)
    killed, parts = False, []
    for batch in scored.iter_batches(batch_size=1000, batch_format="pyarrow"):
        parts.append(batch)
        killed = killed or kill("MapWorker")
    assert killed
    result = pa.concat_tables(parts).sort_by("n")
    expected = nsmc.score_batches(table, model=model).read_all()
    assert result["n"].to_pylist() == list(range(ROWS))
    # The rows of a batch are others, so the last bits are.
    assert result["label"].to_pylist() == expected["label"].to_pylist()
    assert result.schema.names == expected.schema.names


def test_files_are_those_of_one_process_though_a_worker_dies(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, classifier = tmp_path / "in", nsmc.load(model)
    place.mkdir()
    table = pa.table({"document": [f"{'재밌다' * (n % 3)}" for n in range(3000)]})
    for n, ending in enumerate(("csv", "jsonl", "parquet") * 3):
        pq.write_table(table[: 3000 - n], tmp_path / "table.parquet")
        nsmc.score_table(classifier, tmp_path / "table.parquet", place / f"{n}.{ending}")
    score = partial(nsmc.score_files, classifier, place)
    killed: list[bool] = []

    def progress(*_: Any) -> None:
        if not any(killed):
            killed.append(kill("_ScoreFiles"))

    result = score(tmp_path / "out", engine=nsmc.ray.map_files, progress=progress)
    assert any(killed)
    assert result.rows == sum(3000 - n for n in range(9))
    score(tmp_path / "other", workers=1)
    for path in (tmp_path / "other").iterdir():
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    command = [*("predict", "--engine", "ray", "--model", model, "--input", place, "--output")]
    assert run([*map(str, command), str(tmp_path / "out")]) == 0
    assert "9 files had been scored by an earlier run" in capsys.readouterr().err


class Counting(nsmc.ray._ScoreBatches):
    """The actor, which also tells how often its process has opened the model."""

    opened = 0

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        Counting.opened += 1

    def __call__(self, batch: Any) -> Any:
        rows = batch.num_rows
        told = {"worker": [os.getpid()] * rows, "opened": [Counting.opened] * rows}
        scored = super().__call__(batch)
        for name, values in told.items():
            scored = scored.append_column(name, pa.array(values, pa.int64()))
        return scored


def test_partitions_in_and_out_by_actors_that_open_the_model_once(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(nsmc.ray, "_ScoreBatches", Counting)
    for part in range(6):
        rows = [f"{'재밌다' * (n % 3)}" for n in range(100)]
        place = tmp_path / "in" / f"year={2020 + part}" / "0.parquet"
        place.parent.mkdir(parents=True)
        pq.write_table(pa.table({"n": range(100), "document": rows}), place)
    score = partial(nsmc.ray.score, column="document", model=model, concurrency=2)
    scored = score(ray.data.read_parquet(str(tmp_path / "in"))).materialize()
    monkeypatch.undo()
    scored.write_parquet(str(tmp_path / "out"), partition_cols=["year"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"year={2020 + part}" for part in range(6)
    }
    result = pq.read_table(tmp_path / "out")
    assert sorted(result["n"].to_pylist()) == sorted([*range(100)] * 6)
    assert set(result["opened"].to_pylist()) == {1}
    assert len(set(result["worker"].to_pylist())) <= 2
    for form in ("csv", "json"):
        getattr(scored, f"write_{form}")(str(tmp_path / form))
        again = getattr(ray.data, f"read_{form}")(str(tmp_path / form))
        table = score(again)
        assert table.count() == 600
        assert {"label", "predicted_label"} <= set(table.columns())


def test_rows_are_read_no_faster_than_results_are_taken(model: Path, tmp_path: Path) -> None:
    blocks, size = 60, 1000  # of 4 MB, in a store of 200 MB

    def make(batch: Any) -> Any:
        (tmp_path / str(batch["id"][0].as_py())).touch()
        ballast = [b"x" * 4_000] * size
        return pa.table({"document": ["재밌다"] * size, "ballast": ballast})

    source = ray.data.range(blocks, override_num_blocks=blocks)
    rows = source.map_batches(make, batch_format="pyarrow")
    scored = nsmc.ray.score(rows, model=model, concurrency=1)
    batches = scored.iter_batches(batch_size=size, batch_format="pyarrow", prefetch_batches=0)
    results = iter(batches)
    assert next(results).num_rows == size
    made = -1
    while (now := len(list(tmp_path.iterdir()))) > made:
        made = now
        time.sleep(5)
    assert made < blocks
    assert sum(batch.num_rows for batch in results) == size * (blocks - 1)


def test_what_was_done_before_an_interruption_is_not_done_again_in_a_store(
    model: Path, tmp_path: Path
) -> None:
    place, out = tmp_path / "in", tmp_path / "out"
    for n in range(4):
        (place / f"year={n}").mkdir(parents=True)
        (place / f"year={n}" / "a.csv").write_text("document\n재밌다\n노잼\n", "utf-8")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    score = partial(nsmc.score_files, nsmc.load(model), f"local://{place}", f"local://{out}")
    with pytest.raises(KeyboardInterrupt):
        score(engine=nsmc.ray.map_files, progress=stop)
    assert not (out / "_SUCCESS").exists()
    result = score(engine=nsmc.ray.map_files)
    assert (result.files, result.rows) == (4, 8)
    assert result.done_before >= 1
    whole = json.loads((out / "_SUCCESS").read_text("utf-8"))
    assert whole["rows"] == 8
    for entry in whole["files"]:
        assert entry["output"]["sha256"] == sha256_of(out / entry["name"])


TINY = (
    *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "model.hidden_size=4"),
    *("model.embedding_size=4", "model.subword_buckets=16", "training.adversarial_norm=0"),
    *("training.batch_size=8", "training.patience=0"),
)


@pytest.fixture
def train(tmp_path: Path) -> list[str]:
    """A command that trains tiny networks."""
    words = ((0, "최악이다"), (0, "지루하다"), (1, "최고다"), (1, "멋지다"))
    rows = [
        f"{noun} {word}\t{label}"
        for noun in ("배우", "연기", "대사", "음악", "결말")
        for label, word in words
    ]
    data = tmp_path / "data.tsv"
    data.write_text("\n".join(["document\tlabel", *rows, ""]), "utf-8")
    fields = [part for field in TINY for part in ("--set", field)]
    return ["train", "--data", str(data), "--device", "cpu", *fields]


def results(out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, float, bytes]]:
    """State, loss and weights of the trainings below a directory."""
    capsys.readouterr()
    assert run(["runs", str(out), "--json"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {
        one["run"].removeprefix(f"{out}/"): (
            one["state"],
            one["loss"],
            Path(one["run"], "model", "weights.safetensors").read_bytes(),
        )
        for one in listed
    }


def test_seeds_by_ray_tune_are_those_of_one_process_though_a_trial_is_killed(
    train: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train += ["--set", "training.epochs=20", "--seeds", "1", "2", "3", "--output"]
    out, killed = tmp_path / "out", threading.Event()

    def kill_one() -> None:
        while not killed.is_set():
            begun = [path.read_text("utf-8") for path in out.glob("*/history.jsonl")]
            if any(text.count("\n") > 2 for text in begun) and kill("ImplicitFunc"):
                killed.set()
            time.sleep(0.05)

    killer = threading.Thread(target=kill_one, daemon=True)
    killer.start()
    assert run([*train, str(out), "--engine", "ray"]) == 0
    said = capsys.readouterr()
    assert killed.is_set()
    assert said.out == f"{out}\n"
    assert said.err.count("its process ended before it was done (Ray); it goes on in another") == 1
    assert run([*train, str(tmp_path / "here")]) == 0
    assert results(out, capsys) == results(tmp_path / "here", capsys)
    assert sorted(path.name for path in out.iterdir()) == [".lock", "seed-1", "seed-2", "seed-3"]
    # Another call has nothing to do.
    assert run([*train, str(out), "--engine", "ray"]) == 0
    assert capsys.readouterr().err.count("trained already") == 3


def test_a_search_by_ray_tune_is_the_study_of_one_process(
    train: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    optuna = pytest.importorskip("optuna")
    sweep = tmp_path / "sweep.toml"
    text = (
        "[sweep]\ntrials = {}\nprune = true\n"
        "[training]\nlearning_rate = {{low = 1e-6, high = 0.1, log = true}}\n"
    )
    sweep.write_text(text.format(10), "utf-8")
    train += ["--set", "training.epochs=2", "--sweep", str(sweep), "--output"]
    assert run([*train, str(tmp_path / "out"), "--engine", "ray", "--jobs", "1"]) == 0
    said = capsys.readouterr().err
    assert run([*train, str(tmp_path / "here")]) == 0
    by_ray, here = (results(tmp_path / name, capsys) for name in ("out", "here"))
    assert by_ray == here
    pruned = [name for name, (state, *_) in by_ray.items() if state == "pruned"]
    assert pruned
    assert said.count(": pruned\n") == len(pruned)
    # Without Ray it goes on with the same study.
    sweep.write_text(text.format(11), "utf-8")
    assert run([*train, str(tmp_path / "out")]) == 0
    study = optuna.load_study(study_name="nsmc", storage=f"sqlite:///{tmp_path}/out/study.db")
    assert len(study.trials) == 11
    assert {trial.state.name for trial in study.trials} == {"COMPLETE", "PRUNED"}


def test_what_ends_a_sweep_by_ray_tune_ends_it_with_its_words(
    train: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = tmp_path / "data.tsv"
    data.write_text(data.read_text("utf-8").replace("\t1", "\t7"), "utf-8")
    train += ["--seeds", "1", "2", "3", "--engine", "ray", "--output", str(tmp_path / "out")]
    assert run(train) == 1
    said = capsys.readouterr().err
    assert "found '7'" in said
    assert "Traceback" not in said
    assert run([*train, "--device", "cuda:1"]) == 2
    assert "each training takes the GPU that Ray gives it" in capsys.readouterr().err


def test_more_actors_than_leave_a_core_to_read_with_are_refused(model: Path) -> None:
    with pytest.raises(nsmc.UsageError, match=r"at most 2 actors on the 2 cores .* concurrency=3"):
        nsmc.ray.score(ray.data.from_items([{"document": "재밌다"}]), model=model, concurrency=3)


def test_a_cluster_that_isn_t_there(model: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("document\n재밌다\n", "utf-8")
    command = ["predict", "--engine", "ray", "--model", str(model), "--input", "in", "--output"]
    done = subprocess.run(
        [sys.executable, "-m", "nsmc", *command, "out"],
        cwd=tmp_path,
        env={**os.environ, "RAY_ADDRESS": "nonsense"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 1
    assert "Ray doesn't start: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gpu_that_isn_t_there(model: Path) -> None:
    with pytest.raises(nsmc.DeviceError):
        nsmc.ray._ScoreBatches(model, True, {})
