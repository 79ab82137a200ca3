"""`nsmc runs`: a table, objects, a picture and a table of epochs."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here


@pytest.fixture
def place(small_model: Path, tmp_path: Path) -> Path:
    """Two finished trainings, one made worse by hand, and one just begun."""
    parent = tmp_path / "runs"
    shutil.copytree(small_model, parent / "가")
    shutil.copytree(small_model, parent / "b")
    started, epochs = parent / "b" / "recipe.json", parent / "b" / "history.jsonl"
    recipe = json.loads(started.read_text(encoding="utf-8"))
    recipe["config"]["training"]["seed"] = 7
    started.write_text(json.dumps(recipe), encoding="utf-8")
    lines = epochs.read_text(encoding="utf-8").splitlines()
    epochs.write_text("\n".join(lines[:2]) + "\n", encoding="utf-8")
    (parent / "c").mkdir()
    shutil.copy(small_model / "recipe.json", parent / "c")
    return parent


def test_a_table_best_first(command: Command, place: Path) -> None:
    result = command("runs", cwd=place.parent)
    assert (result.code, result.err) == (0, "")
    heads, *rows, spread = result.out.splitlines()
    assert heads.split()[:4] == ["run", "state", "started", "time"]
    assert heads.endswith("differs from the others in")
    assert [row.split()[:2] for row in rows] == [
        ["runs/가", "finished"],
        ["runs/b", "finished"],
        ["runs/c", "interrupted"],
    ]
    assert [row.rpartition("  ")[2] for row in rows] == [
        *("training.seed=1", "training.seed=7", "training.seed=1"),
    ]
    assert spread.startswith("2 seeds: accuracy ")
    assert " 0/6 " in rows[2] and " — " in rows[2]
    # Hangul is two columns wide.
    assert rows[0].index("finished") + 1 == rows[1].index("finished") == heads.index("state")
    by_name = command("runs", "--sort", "run", cwd=place.parent).out.splitlines()
    assert [row.split()[0] for row in by_name[1:-1]] == ["runs/b", "runs/c", "runs/가"]


def test_json(here: Here, place: Path) -> None:
    results = here("runs", place, "--json", "--sort", "figure").objects()
    differs = {Path(one["run"]).name: one["differs"] for one in results}
    assert differs == {name: {"training.seed": n} for name, n in (("가", 1), ("b", 7), ("c", 1))}
    first, second, none = [one["figure"]["accuracy"] for one in results]
    assert first >= second and none is None


def test_curves_over_one_another_and_epochs_as_a_table(
    here: Here, place: Path, tmp_path: Path
) -> None:
    picture, table = tmp_path / "curves.png", tmp_path / "epochs.csv"
    result = here("runs", place, "--plot", picture, "--csv", table)
    assert result.code == 0
    assert f"nsmc: curves of 2 trainings: {picture}" in result.err
    from matplotlib.image import imread

    pixels = imread(picture)
    for half in (pixels[:, :540], pixels[:, 540:]):
        for colour in ((31, 119, 180), (255, 127, 14)):  # C0 and C1
            assert (abs(half[..., :3] * 255 - colour).max(axis=2) < 3).sum() > 50
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    history = (place / "가" / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(rows) == len(history) + 2
    assert rows[0]["run"] == str(place / "가")
    assert (rows[-1]["training.seed"], rows[-1]["epoch"]) == ("7", "2")
    assert float(rows[1]["validation_loss"]) == json.loads(history[1])["validation_loss"]
    for name in ("curves.svg", "curves.pdf"):
        assert here("runs", place, "--plot", tmp_path / name).code == 0
        assert (tmp_path / name).stat().st_size > 1000


def test_what_is_wrong_is_reported(here: Here, place: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    for code, words, *args in (
        (1, f"nsmc: found no training in {nowhere}; start one with", nowhere),
        (2, "ends in .png, .svg, .pdf, found curves.bmp", place, "--plot", "curves.bmp"),
        (1, "no training has come to the end of an epoch yet", place / "c", "--plot", "a.png"),
        (1, "there is no directory", place, "--csv", nowhere / "epochs.csv"),
    ):
        here("runs", *args).check_refusal(code, words)
