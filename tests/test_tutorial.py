"""The tutorial's code, answers of its exercises included, and every lesson of examples/ run."""

import importlib
import json
from pathlib import Path
from typing import Any

import make_notebook
import matplotlib
import pytest

ROOT = Path(__file__).parent.parent
LESSONS = sorted(
    path.stem
    for path in (ROOT / "examples").glob("*.py")
    if path.stem not in ("lesson", "pca_and_lda")
)
PRINTS = {
    "hihello": "hihello\n",
    "one_to_many": "발 → 발 없는 말이 천 리 간다",
    "many_to_one": "accuracy ",
    "many_to_many": "places right",
    "topics": "경제 금리가 또 올랐다",
    "convolution_lstm": "convolution + LSTM",
    "stars": "색감이 정말 최고다",
    "number_series": "(truth -1.5)",
    "odd_sentence": "배우들 연기가 정말 좋았다",
    "interpolation": "정말 지루하고 시간이 아까웠다",
}
"""A line of what each lesson prints."""


@pytest.fixture(autouse=True)
def _no_window(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)


def test_the_notebook_is_that_of_the_pages() -> None:
    assert make_notebook.NOTEBOOK.read_text(encoding="utf-8") == make_notebook.text()


@pytest.mark.slow
def test_the_notebook_runs_from_start_to_end(tmp_path: Path) -> None:
    for name in ("data", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    space: dict[str, Any] = {}
    for cell in json.loads(make_notebook.NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), space)
    # Three standard errors of 200 guesses above chance is 61%.
    assert space["result"]["accuracy"] > 0.65


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_runs(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    importlib.import_module(name).main()
    shown = capsys.readouterr().out
    assert PRINTS[name] in shown
    if name == "convolution_lstm":
        # It learns: three standard errors of 200 guesses above chance is 61%.
        assert float(shown.splitlines()[-1].partition("%")[0]) > 65


@pytest.mark.slow
def test_both_projections_are_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "picture.png"
    importlib.import_module("pca_and_lda").main(picture)
    assert picture.read_bytes().startswith(b"\x89PNG")
    areas = [float(line.split()[1]) for line in capsys.readouterr().out.splitlines()[:2]]
    # On comments that neither was fitted on, so neither has to be the better one.
    assert all(0.9 < area <= 1 for area in areas)
