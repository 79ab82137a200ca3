"""`nsmc evaluate --report`: a page and its figures beside the usual output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here, Terminal


def test_the_table_names_the_page(
    command: Command, small_model: Path, sample: Path, tmp_path: Path
) -> None:
    target = tmp_path / "새 보고서"
    done = command("evaluate", "--model", small_model, "--data", sample, "--report", target)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[-1] == f"{'report':<18}{target / 'report.html'}"
    assert (target / "report.html").stat().st_size > 1_000_000
    assert len(list(target.iterdir())) == 10


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_with_json_on_any_device(
    device: str, here: Here, small_model: Path, sample: Path, tmp_path: Path
) -> None:
    done = here(
        *("evaluate", "--model", small_model, "--data", sample, "--json"),
        *("--device", device, "--report", tmp_path),
    )
    assert (done.code, done.err) == (0, "")
    printed = json.loads(done.out)
    assert printed.pop("report") == str(tmp_path / "report.html")
    written = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert {name: written[name] for name in printed} == printed


def test_a_file_of_that_name(here: Here, small_model: Path, sample: Path, tmp_path: Path) -> None:
    place = tmp_path / "file"
    place.write_text("mine", encoding="utf-8")
    done = here("evaluate", "--model", small_model, "--data", sample, "--report", place)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"nsmc: expected a directory name for the report, found the file {place}; "
        "name another place\n"
    )


def test_a_full_disk_leaves_no_half_page(
    here: Here, small_model: Path, sample: Path, small_disk: Callable[[int], Path]
) -> None:
    place = small_disk(1000)  # enough for the figures, not for the page
    done = here("evaluate", "--model", small_model, "--data", sample, "--report", place)
    assert done.code == 1
    assert f"cannot write {place / 'report.html'}: No space left on device" in done.err
    assert not (place / "report.html").exists()
    assert not list(place.glob(".partial*"))


def test_both_steps_show_progress_on_a_terminal(
    terminal: Callable[..., Terminal], small_model: Path, sample: Path, tmp_path: Path
) -> None:
    shown = terminal(
        "evaluate", "--model", small_model, "--data", sample, "--report", tmp_path / "report"
    )
    assert shown.finish() == 0
    assert "scoring" in shown.shown
    assert "explaining" in shown.shown
    assert str(tmp_path / "report" / "report.html") in shown.shown
