"""The record of a training, for machines and for eyes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from nsmc.tasks.metrics import ACCURACY, Metric
from nsmc.training.history import draw_curves, draw_together, write_history, write_table

HISTORY: list[dict[str, Any]] = [
    {
        "epoch": epoch,
        "train_loss": 0.7 / epoch,
        "train_accuracy": 0.5 + epoch / 20,
        "validation_loss": loss,
        "validation_accuracy": 0.5 + epoch / 25,
    }
    for epoch, loss in enumerate([0.6, 0.5, 0.55], 1)
]


def test_history_is_one_object_a_line(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for length in (1, 3):  # each epoch writes the whole file anew
        write_history(HISTORY[:length], path)
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [json.loads(line) for line in lines] == HISTORY[:length]
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_has_a_column_for_every_key(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    write_table([{"run": "가, 나", "epoch": 1}, {"run": "b\udcc0", "seed": 2}], path)
    expected = 'run,epoch,seed\n"가, 나",1,\nb\\udcc0,,2\n'
    assert path.read_bytes().decode("utf-8") == expected


def test_curves_are_a_picture_with_two_panels(tmp_path: Path) -> None:
    from matplotlib.image import imread

    path = tmp_path / "curves.png"
    draw_curves(HISTORY[:1], ACCURACY, path)
    picture = imread(path)
    assert picture.shape == (432, 1080, 4)
    for half in (picture[:, :540], picture[:, 540:]):
        # tab:blue, tab:gray and tab:green: both curves and the line at the best epoch.
        for colour in ((31, 119, 180), (127, 127, 127), (44, 160, 44)):
            near = abs(half[..., :3] * 255 - colour).max(axis=2) < 3
            assert near.sum() > 20, colour
    assert list(tmp_path.iterdir()) == [path]
    draw_curves(HISTORY[:1], ACCURACY, tmp_path / "curves.svg")
    # Matplotlib's SVG has each tick's text as a comment: of epochs only whole ones.
    drawn = re.findall(r"<!-- (\S+) -->", (tmp_path / "curves.svg").read_text(encoding="utf-8"))
    assert [text for text in drawn[: drawn.index("epoch")] if text != "1"] == []


def test_many_trainings_get_a_colour_and_marker_each(tmp_path: Path) -> None:
    from matplotlib.image import imread

    path = tmp_path / "together.png"
    names = [f"runs/연습-{n} {'training.learning_rate=0.00123 ' * 8}" for n in range(12)]
    draw_together({name: HISTORY[: 1 + n % 3] for n, name in enumerate(names)}, ACCURACY, path)
    picture = imread(path)
    assert picture.shape[1] == 1080
    for colour in ((31, 119, 180), (23, 190, 207)):  # the first and the last of ten
        assert (abs(picture[..., :3] * 255 - colour).max(axis=2) < 3).sum() > 20


def test_another_metric_is_drawn_by_its_own_name(tmp_path: Path) -> None:
    errors = Metric("absolute_error", "mean absolute error (stars)", higher_is_better=False)
    records = [
        {name.replace("accuracy", "absolute_error"): value for name, value in record.items()}
        for record in HISTORY
    ]
    draw_curves(records, errors, tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").stat().st_size > 1000
    with pytest.raises(KeyError, match="train_accuracy"):
        draw_curves(records, ACCURACY, tmp_path / "curves.svg")
