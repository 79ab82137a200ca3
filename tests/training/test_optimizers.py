"""The tables' optimizer does what torch's own does, row for row."""

import copy

import torch
from torch.optim import SparseAdam

from nsmc.training.optimizers import RowAdam, set_learning_rate


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
