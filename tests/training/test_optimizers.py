"""The tables' optimizer does what torch's own does, row for row; step sizes worked out by hand."""

import copy
from typing import Literal

import pytest
import torch
from torch.optim import SparseAdam

from nsmc.config.training import TrainingConfig
from nsmc.training.optimizers import RowAdam, learning_rate, set_learning_rate

Schedule = Literal["constant", "linear", "cosine"]


def sparse_gradient(generator: torch.Generator, rows: int) -> torch.Tensor:
    """Of a [20, 3] table, with rows that occur twice."""
    indices = torch.randint(0, 20, (1, rows), generator=generator)
    values = torch.randn(rows, 3, generator=generator)
    return torch.sparse_coo_tensor(indices, values, (20, 3), check_invariants=True)


def test_it_moves_the_same_rows_by_the_same_steps() -> None:
    generator = torch.Generator().manual_seed(5)
    start = torch.randn(20, 3, generator=generator)
    tables = [torch.nn.Parameter(start.clone()) for _ in range(2)]
    ours, theirs = RowAdam([tables[0]], lr=0.1), SparseAdam([tables[1]], lr=0.1)
    for step in range(7):
        gradient = sparse_gradient(generator, 8)
        for table, optimizer in zip(tables, (ours, theirs), strict=True):
            set_learning_rate([optimizer], 0.1 / (step + 1))
            table.grad = gradient.clone()
            optimizer.step()  # type: ignore[no-untyped-call]
        torch.testing.assert_close(tables[0], tables[1])
    assert not torch.equal(tables[0], start)


def test_its_state_goes_on_in_torchs_own() -> None:
    generator = torch.Generator().manual_seed(6)
    first = torch.nn.Parameter(torch.zeros(20, 3))
    ours = RowAdam([first], lr=0.1)
    first.grad = sparse_gradient(generator, 8)
    ours.step()
    second = torch.nn.Parameter(first.detach().clone())
    theirs = SparseAdam([second], lr=0.1)
    theirs.load_state_dict(copy.deepcopy(ours.state_dict()))
    gradient = sparse_gradient(generator, 8)
    for table, optimizer in ((first, ours), (second, theirs)):
        table.grad = gradient.clone()
        optimizer.step()  # type: ignore[no-untyped-call]
    torch.testing.assert_close(first, second)


def test_a_table_without_gradient_is_left_alone() -> None:
    table = torch.nn.Parameter(torch.ones(2, 2))
    RowAdam([table], lr=0.1).step()
    assert table.tolist() == [[1, 1], [1, 1]]


def rates(schedule: Schedule, warmup: float, steps: int) -> list[float]:
    config = TrainingConfig(learning_rate=1.0, warmup=warmup, schedule=schedule)
    return [learning_rate(step, steps, config) for step in range(steps)]


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        ("constant", 0.4, [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1]),
        ("linear", 0.0, [1, 0.75, 0.5, 0.25]),
        ("linear", 0.5, [0.2, 0.4, 0.6, 0.8, 1, 0.75, 0.5, 0.25]),
        # (1 + cos 0°, 45°, 90°, 135°) / 2
        ("cosine", 0.0, [1, 0.8535534, 0.5, 0.1464466]),
    ],
)
def test_step_sizes_worked_out_by_hand(
    schedule: Schedule, warmup: float, expected: list[float]
) -> None:
    assert rates(schedule, warmup, len(expected)) == pytest.approx(expected)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
@pytest.mark.parametrize("warmup", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("steps", [1, 2, 7, 1000])
def test_step_sizes_stay_between_zero_and_the_full_step(
    schedule: Schedule, warmup: float, steps: int
) -> None:
    result = rates(schedule, warmup, steps)
    assert all(0 < rate <= 1 for rate in result)
    top = result.index(max(result))
    assert result[:top] == sorted(result[:top])
    assert result[top:] == sorted(result[top:], reverse=True)
    assert max(result) > 0.6 or steps < 7


def test_step_sizes_scale_with_the_learning_rate() -> None:
    one, ten = (TrainingConfig(learning_rate=rate) for rate in (0.1, 1.0))
    for step in range(10):
        assert learning_rate(step, 10, ten) == pytest.approx(10 * learning_rate(step, 10, one))
