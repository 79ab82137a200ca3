"""The maximum's own gradient is torch's, and goes whole to equal places; padding counts nowhere."""

import pytest
import torch
from torch import Tensor

from nsmc.model.pooling import pool

KINDS = ["last", "max", "mean", "max+mean"]
LENGTHS = torch.tensor([3, 5, 1, 4])  # [B]
BEHIND = torch.arange(5)[:, None] >= LENGTHS  # [T, B]


@pytest.mark.parametrize("kind", ["max", "mean", "max+mean", "last"])
def test_gradients_are_those_of_differences(kind: str) -> None:
    outputs = torch.randn(
        5, 2, 6, dtype=torch.double, generator=torch.Generator().manual_seed(1), requires_grad=True
    )
    assert torch.autograd.gradcheck(lambda o: pool(o, kind, 2), outputs)


def test_the_maximum_and_its_gradient_are_torchs() -> None:
    outputs = torch.randn(7, 3, 4, generator=torch.Generator().manual_seed(2), requires_grad=True)
    same = outputs.detach().clone().requires_grad_()
    weights = torch.randn(3, 4, generator=torch.Generator().manual_seed(3))
    (pool(outputs, "max", 1) * weights).sum().backward()  # type: ignore[no-untyped-call]
    (same.amax(dim=0) * weights).sum().backward()  # type: ignore[no-untyped-call]
    assert torch.equal(outputs.grad, same.grad)  # type: ignore[arg-type]


def test_equal_places_each_get_the_gradient() -> None:
    outputs = torch.tensor([[[1.0]], [[1.0]], [[0.0]]], requires_grad=True)
    pool(outputs, "max", 1).backward()  # type: ignore[no-untyped-call]
    assert outputs.grad is not None
    assert outputs.grad.flatten().tolist() == [1, 1, 0]


def padded() -> Tensor:
    """Outputs [T, B, D·H] of `LENGTHS`, the largest ones behind them."""
    outputs = torch.tanh(torch.randn(5, 4, 6, generator=torch.Generator().manual_seed(4)))
    # The network's own are between -1 and 1; one review's are all far below 0.
    outputs[:, 0] = -0.9 - 0.05 * outputs[:, 0].abs()
    outputs[BEHIND] = 0.999
    return outputs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("directions", [1, 2])
def test_of_each_review_only_its_own_steps_count(kind: str, directions: int) -> None:
    outputs = padded().requires_grad_()
    found = pool(outputs, kind, directions, LENGTHS)  # [B, P]
    alone = torch.cat(
        [
            pool(outputs[:length, index : index + 1], kind, directions)
            for index, length in enumerate(LENGTHS.tolist())
        ]
    )
    torch.testing.assert_close(found, alone)
    weights = torch.randn(found.shape, generator=torch.Generator().manual_seed(5))
    (gradient,) = torch.autograd.grad((found * weights).sum(), outputs)
    (expected,) = torch.autograd.grad((alone * weights).sum(), outputs)
    torch.testing.assert_close(gradient, expected)
    assert not gradient[BEHIND].any()
    assert gradient[~BEHIND].any()


@pytest.mark.parametrize("kind", KINDS)
def test_full_lengths_are_none(kind: str) -> None:
    outputs = padded()
    lengths = torch.full((4,), 5)
    torch.testing.assert_close(pool(outputs, kind, 2, lengths), pool(outputs, kind, 2))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_padded_reviews_are_those_of_differences(kind: str) -> None:
    outputs = padded().double().requires_grad_()
    assert torch.autograd.gradcheck(lambda o: pool(o, kind, 2, LENGTHS), outputs)
