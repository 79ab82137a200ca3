"""The cost of many comments is predicted as it was measured."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import cost_model
import pytest
from experiment import run
from experiments import scale

RESULTS = json.loads(cost_model.RATES.read_text(encoding="utf-8"))
RATES = {
    "start": {"cpu": 1.0, "wall": 2.0},
    "worker_start": {"cpu": 0.5, "wall": 0.75},
    "early": {"score": 1e-4, "warm_up": 0.25, "stages": {"mecab": 6e-5, "rest": 4e-5}},
    "exact": {"score": 3e-4, "warm_up": 0.0, "stages": {"mecab": 1e-4, "network": 2e-4}},
    "table": {"csv": 1e-5, "parquet": 8e-6},
    "columns": 2e-6,
    "pipes": 3e-6,
    "bytes": {"csv": {"in": 100, "out": 120}, "parquet": {"in": 80, "out": 100}},
    "crowding": 1.5,
    "disk": {"write": 1e8, "read": 1e9},
}


def test_every_prediction_is_within_15_percent_of_its_run() -> None:
    kinds = ("cpu", "wall") if RESULTS["machine_is"] == "idle" else ("cpu",)
    assert {(one["cores"], one["exact"]) for one in RESULTS["runs"]} >= {(1, False), (1, True)}
    assert any(one["files"] > 1 for one in RESULTS["runs"])
    for one in RESULTS["runs"]:
        for kind in kinds:
            assert one["predicted"][kind] == pytest.approx(one["measured"][kind], rel=0.15), one


def test_one_process_does_all_of_it_in_turn() -> None:
    cost = cost_model.one_file(RATES, 1_000_000, exact=False)
    assert cost.cpu == pytest.approx(1 + 0.25 + 1_000_000 * (1e-4 + 1e-5 + 2e-6))
    assert cost.wall == pytest.approx(cost.cpu + 1)  # the start takes longer by the clock
    assert cost.money(36.0) == pytest.approx(cost.cpu / 100)
    few = cost_model.one_file(RATES, 100, exact=False, cores=8)
    assert few == cost_model.one_file(RATES, 100, exact=False)


def test_the_process_that_reads_limits_how_many_cores_a_file_has_work_for() -> None:
    fed = cost_model.limits(RATES, exact=False, form="csv")["cores"]
    assert fed["the process that reads one file"] == pytest.approx(1.12e-4 / 1.5e-5)
    few, many = (
        cost_model.one_file(RATES, 10**8, exact=False, cores=cores).wall for cores in (4, 64)
    )
    assert few == pytest.approx(1.5 * 10**8 * 1.18e-4 / 4, rel=0.01)
    assert many == pytest.approx(1.5 * 10**8 * 1.5e-5, rel=0.01)


def test_a_directory_ends_with_the_process_that_has_most_files() -> None:
    def wall(files: int) -> float:
        where = {"cores": 2, "machines": 2, "files": files}
        return cost_model.directory(RATES, 10**8, exact=True, **where).wall  # type: ignore[arg-type]

    assert wall(5) == pytest.approx(2 / 5 * 1.5 * 10**8 * 3.1e-4, rel=0.01)
    assert wall(8) == pytest.approx(1 / 4 * 1.5 * 10**8 * 3.1e-4, rel=0.01)


def test_the_command_says_what_a_billion_costs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = "--comments 1e9 --cores 64 --machines 16 --price 0.04"
    monkeypatch.setattr(sys, "argv", ["cost_model.py", *words.split()])
    cost_model.main()
    said = capsys.readouterr().out
    cost = cost_model.directory(
        RESULTS["rates"], 10**9, exact=False, cores=64, machines=16, files=8 * 64 * 16
    )
    assert f"{cost.cpu / 3600:,.2f} core-hours" in said
    assert f"{cost.cpu / 3600 * 0.04:,.2f} for those core-hours" in said
    assert re.search(r"mecab \d+%", said)
    monkeypatch.setattr(sys, "argv", ["cost_model.py", *f"{words} --files 1".split()])
    with pytest.raises(SystemExit):
        cost_model.main()
    assert "one file is scored by one machine" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sets a process's cores, which Linux can")
def test_every_rate_is_measured(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scale, "DISK_BYTES", 1 << 20)
    arguments = [
        "--data",
        sample,
        "--data-name",
        "the sample",
        "--results",
        tmp_path / "scale.json",
    ]
    results: dict[str, Any] = run("scale", list(map(str, arguments)))
    assert results["rates"].keys() == RESULTS["rates"].keys()
    for way in ("early", "exact"):
        rates = results["rates"][way]
        assert 0 < sum(rates["stages"].values()) == pytest.approx(rates["score"])
        assert rates["stages"]["mecab"] > 0
    assert all(one["measured"]["cpu"] > 0 for one in results["runs"])
    assert len(results["runs"]) == 5
