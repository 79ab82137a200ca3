"""Dropout with bits of its own does what torch's does."""

import pytest
import torch

from nsmc.model.dropout import Dropout


def dropped(p: float, vectors: torch.Tensor, seed: int = 1) -> torch.Tensor:
    torch.manual_seed(seed)
    outputs: torch.Tensor = Dropout(p).train()(vectors)
    return outputs


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9])
def test_the_share_dropped_the_scale_and_the_mean(p: float) -> None:
    count = 400_000
    outputs = dropped(p, torch.ones(count))
    share = float((outputs == 0).double().mean())
    # Five standard errors of a share of so many.
    assert share == pytest.approx(p, abs=5 * (p * (1 - p) / count) ** 0.5)
    left = outputs[outputs != 0]
    assert bool((left == left[0]).all())
    assert float(left[0]) == pytest.approx(1 / (1 - p), rel=2e-4)
    assert float(outputs.double().mean()) == pytest.approx(1, abs=5 * (p / (1 - p) / count) ** 0.5)


def test_neighbours_are_dropped_independently() -> None:
    # Four elements come of one draw.
    left = (dropped(0.4, torch.ones(100_000, 4)) != 0).float()
    correlation = torch.corrcoef(left.T)
    assert float((correlation - torch.eye(4)).abs().max()) < 0.02


@pytest.mark.parametrize("shape", [(1,), (3,), (5, 1), (7, 3, 5), (2, 3), (64, 128)], ids=str)
def test_any_size_keeps_its_shape_and_dtype(shape: tuple[int, ...]) -> None:
    vectors = torch.rand(shape) + 1
    outputs = dropped(0.5, vectors)
    assert outputs.shape == vectors.shape
    assert outputs.dtype == vectors.dtype
    left = outputs != 0
    torch.testing.assert_close(outputs[left], 2 * vectors[left])
    assert Dropout(0.5)(vectors[:0]).shape == vectors[:0].shape


@pytest.mark.parametrize("last", range(5))
def test_the_last_element_of_an_odd_size_has_its_chance_too(last: int) -> None:
    seen = {bool(dropped(0.5, torch.ones(last + 1), seed)[last]) for seed in range(30)}
    assert seen == {False, True}


def test_nothing_is_dropped_in_scoring_or_at_0() -> None:
    vectors = torch.randn(5, 7)
    assert torch.equal(dropped(0, vectors), vectors)
    before = torch.get_rng_state()
    assert torch.equal(Dropout(0.9).eval()(vectors), vectors)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_seed_gives_the_same_again() -> None:
    vectors = torch.ones(1001)
    assert torch.equal(dropped(0.3, vectors, 5), dropped(0.3, vectors, 5))
    assert not torch.equal(dropped(0.3, vectors, 5), dropped(0.3, vectors, 6))
    torch.manual_seed(5)
    layer = Dropout(0.3)
    assert not torch.equal(layer(vectors), layer(vectors))


def test_the_gradient_goes_where_the_values_went() -> None:
    vectors = torch.full((13, 7), 3.0, requires_grad=True)
    outputs = dropped(0.4, vectors)
    outputs.sum().backward()  # type: ignore[no-untyped-call]
    assert vectors.grad is not None
    torch.testing.assert_close(vectors.grad * 3, outputs.detach())
    assert 0 < int((vectors.grad == 0).sum()) < vectors.numel()


def test_nearly_all_may_be_dropped() -> None:
    outputs = dropped(0.999999, torch.ones(1000, 200))
    assert outputs.isfinite().all() and 0 < int((outputs != 0).sum()) < 100
