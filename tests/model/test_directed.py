"""Reviews of different lengths side by side: each is read as if it were alone."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from nsmc.model.config import ModelConfig
from nsmc.model.directed import DirectedEncoder

Cell = Literal["rnn", "gru", "lstm"]
CELLS: list[Cell] = ["rnn", "gru", "lstm"]
T, B, E, H = 7, 5, 4, 6
LENGTHS = torch.tensor([3, 7, 1, 6, 3])  # [B]


def encoder_of(cell: Cell, *, both: bool, layers: int) -> DirectedEncoder:
    torch.manual_seed(2)
    shape = ModelConfig(
        cell=cell, bidirectional=both, layers=layers, embedding_size=E, hidden_size=H, dropout=0.0
    )
    return DirectedEncoder(shape)


def vectors(seed: int = 1) -> Tensor:
    return torch.randn(T, B, E, generator=torch.Generator().manual_seed(seed))  # [T, B, E]


def behind() -> Tensor:
    """[T, B] the places behind each review."""
    return torch.arange(T)[:, None] >= LENGTHS


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_each_review_is_read_as_if_alone(cell: Cell, both: bool, layers: int) -> None:
    encoder, read = encoder_of(cell, both=both, layers=layers), vectors()
    found, _ = encoder(read, LENGTHS)  # [T, B, D·H]
    assert found.shape == (T, B, (2 if both else 1) * H)
    for index, length in enumerate(LENGTHS.tolist()):
        alone, _ = encoder(read[:length, index : index + 1])  # [length, 1, D·H]
        torch.testing.assert_close(found[:length, index], alone[:, 0])
    # And what stands behind is nothing to any of them.
    other = torch.where(behind()[:, :, None], vectors(9), read)
    there = ~behind()
    assert torch.equal(encoder(other, LENGTHS)[0][there], found[there])


@pytest.mark.parametrize("cell", CELLS)
def test_full_lengths_are_none(cell: Cell) -> None:
    encoder, read = encoder_of(cell, both=True, layers=2), vectors()
    lengths = torch.full((B,), T)
    torch.testing.assert_close(encoder(read, lengths)[0], encoder(read)[0])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_gradients_are_those_of_the_reviews_alone(cell: Cell, both: bool) -> None:
    encoder, read = encoder_of(cell, both=both, layers=2), vectors().requires_grad_()
    weights = torch.randn(T, B, (2 if both else 1) * H, generator=torch.Generator().manual_seed(3))
    weights[behind()] = 0  # no review's own outputs stand there
    parameters = list(encoder.parameters())
    (found, _), inputs = encoder(read, LENGTHS), [read, *parameters]
    of_read, *of_parameters = torch.autograd.grad((found * weights).sum(), inputs)
    assert not of_read[behind()].any()
    assert (of_read[~behind()].abs().sum(dim=1) > 0).all()
    total = torch.zeros(())
    for index, length in enumerate(LENGTHS.tolist()):
        alone, _ = encoder(read[:length, index : index + 1])
        total = total + (alone[:, 0] * weights[:length, index]).sum()
    of_alone, *expected = torch.autograd.grad(total, inputs)
    torch.testing.assert_close(of_read, of_alone)
    for ours, its in zip(of_parameters, expected, strict=True):
        torch.testing.assert_close(ours, its, atol=1e-5, rtol=1e-4)
