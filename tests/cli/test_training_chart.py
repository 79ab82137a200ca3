"""The curves of a training fitted to terminals of any size."""

import pytest

from nsmc.cli.training_chart import POINTS, TrainingChart
from nsmc.tasks.metrics import ACCURACY


def record(epoch: int) -> dict[str, float]:
    metrics = {"train_loss": 0.6, "train_accuracy": 0.7, "validation_loss": 0.5}
    return {"epoch": epoch, **metrics, "validation_accuracy": 0.75}


@pytest.fixture
def chart() -> TrainingChart:
    made = TrainingChart(3, ACCURACY)
    for step in range(1, 21):
        made.add_training(step / 10, 0.7 - step / 100, 0.5 + step / 100)
    for epoch in (1, 2):
        made.add_epoch(record(epoch))
    return made


@pytest.mark.parametrize("columns", [30, 31, 40, 76, 77, 80, 120, 200, 500])
@pytest.mark.parametrize("rows", [14, 24, 50])
def test_it_fits(chart: TrainingChart, columns: int, rows: int) -> None:
    lines = chart.lines(columns, rows)
    assert bool(lines) == (columns > 30)
    assert len(lines) <= rows - 4
    assert len({len(line) for line in lines}) <= 1
    assert max(map(len, lines), default=0) < min(columns, 121)


def test_wide_terminals_show_both_beside_one_another(chart: TrainingChart) -> None:
    (title, *_) = wide = chart.lines(100, 40)
    assert "loss: line training, o validation" in title
    assert "accuracy: line training, o validation" in title
    narrow = chart.lines(40, 40)
    assert len(narrow) > len(wide)
    assert [line.split(":")[0] for line in narrow if "validation" in line] == ["loss", "accuracy"]
    assert not any("accuracy" in line for line in chart.lines(40, 20))  # too low for both
    assert "\n".join(wide).count("o") == sum(word.count("o") for word in title) + 4


@pytest.mark.parametrize("size", [(0, 0), (29, 40), (200, 13)])
def test_without_room_there_is_none(chart: TrainingChart, size: tuple[int, int]) -> None:
    assert chart.lines(*size) == []


def test_one_point_is_no_curve_yet() -> None:
    chart = TrainingChart(3, ACCURACY)
    assert chart.lines(100, 40) == []
    chart.add_epoch(record(1))  # with the training mean of an epoch nobody watched
    assert chart.lines(100, 40) != []


def test_points_are_bounded_and_keep_their_shape() -> None:
    chart, few = TrainingChart(10, ACCURACY), TrainingChart(10, ACCURACY)
    steps = 20 * POINTS
    for step in range(1, steps + 1):
        chart.add_training(10 * step / steps, step / steps, 0.5)
        if step % 40 == 0:
            few.add_training(10 * step / steps, step / steps, 0.5)
    assert POINTS <= len(chart.training) <= POINTS + 1
    # A straight line stays one, and looks as that of a fortieth of its points.
    assert {round(loss / epochs, 6) for epochs, loss, _ in chart.training} == {0.1}
    middle, other = (made.lines(100, 40)[4].rstrip() for made in (chart, few))
    assert abs(len(middle) - len(other)) <= 1
