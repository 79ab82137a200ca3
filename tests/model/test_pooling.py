"""The maximum's own gradient is torch's, and goes whole to equal places."""

import pytest
import torch

from nsmc.model.pooling import pool


@pytest.mark.parametrize("kind", ["max", "mean", "max+mean", "last"])
def test_gradients_are_those_of_differences(kind: str) -> None:
    outputs = torch.randn(
        5, 2, 6, dtype=torch.double, generator=torch.Generator().manual_seed(1), requires_grad=True
    )
    assert torch.autograd.gradcheck(lambda o: pool(o, kind, 2), outputs)


def test_equal_places_each_get_the_gradient() -> None:
    outputs = torch.tensor([[[1.0]], [[1.0]], [[0.0]]], requires_grad=True)
    pool(outputs, "max", 1).backward()  # type: ignore[no-untyped-call]
    assert outputs.grad is not None
    assert outputs.grad.flatten().tolist() == [1, 1, 0]
