"""Ray scores as one process does, though a worker is killed: `pip install "nsmc[ray]"`."""

from __future__ import annotations

import os
import signal
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

if TYPE_CHECKING:
    from tests.conftest import Untrained

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
ROWS = 20_000


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    """A real one of two cores."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
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


def test_a_gpu_that_isn_t_there(model: Path) -> None:
    with pytest.raises(nsmc.DeviceError):
        nsmc.ray._ScoreBatches(model, True, {})
