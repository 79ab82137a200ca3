"""Step sizes worked out by hand."""

from typing import Literal

import pytest

from nsmc.config.training import TrainingConfig
from nsmc.training.schedule import learning_rate


def rates(
    schedule: Literal["constant", "linear", "cosine"], warmup: float, steps: int
) -> list[float]:
    config = TrainingConfig(learning_rate=1.0, warmup=warmup, schedule=schedule)
    return [learning_rate(step, steps, config) for step in range(steps)]


def test_warm_up_rises_in_a_line_to_the_full_step() -> None:
    result = rates("constant", 0.4, 10)
    assert result == pytest.approx([0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1])


def test_linear_falls_in_a_line() -> None:
    assert rates("linear", 0.0, 4) == pytest.approx([1, 0.75, 0.5, 0.25])
    assert rates("linear", 0.5, 8)[4:] == pytest.approx([1, 0.75, 0.5, 0.25])


def test_cosine_falls_along_half_a_wave() -> None:
    expected = [1, 0.8535534, 0.5, 0.1464466]  # (1 + cos 0°, 45°, 90°, 135°) / 2
    assert rates("cosine", 0.0, 4) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("steps", [1, 2, 7, 1000])
def test_stays_between_zero_and_the_full_step(
    schedule: Literal["constant", "linear", "cosine"], warmup: float, steps: int
) -> None:
    result = rates(schedule, warmup, steps)
    assert all(0 < rate <= 1 for rate in result)
    top = result.index(max(result))
    assert result[:top] == sorted(result[:top])
    assert result[top:] == sorted(result[top:], reverse=True)
    assert max(result) > 0.6 or steps < 7


def test_scales_with_the_learning_rate() -> None:
    one, ten = (TrainingConfig(learning_rate=rate) for rate in (0.1, 1.0))
    for step in range(10):
        assert learning_rate(step, 10, ten) == pytest.approx(10 * learning_rate(step, 10, one))
