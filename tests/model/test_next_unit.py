"""A language model doesn't see what it predicts, and its softmax is the one of the paper."""

from typing import Any, Literal, get_args

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nsmc.config.model import ModelConfig
from nsmc.config.tasks import LanguageModelConfig
from nsmc.model import next_unit
from nsmc.model.cells import make_encoder
from nsmc.model.next_unit import DirectedEncoder, NextUnitHead

Cell = Literal["rnn", "gru", "lstm"]
PLAIN = LanguageModelConfig(adaptive_from=1000, shortlist=10)
ADAPTIVE = LanguageModelConfig(adaptive_from=50, shortlist=10)
T, B, E, H, V = 7, 3, 5, 128, 90


def config(cell: Cell = "gru", **others: Any) -> ModelConfig:
    return ModelConfig(cell=cell, embedding_size=E, hidden_size=H, dropout=0.0, **others)


def vectors() -> Tensor:
    return torch.randn(T, B, E, generator=torch.Generator().manual_seed(1))  # [T, B, E]


@pytest.mark.parametrize("cell", get_args(Cell))
@pytest.mark.parametrize("bidirectional", [False, True])
def test_one_layer_is_the_classifiers(cell: Cell, bidirectional: bool) -> None:
    torch.manual_seed(2)
    shape = config(cell, bidirectional=bidirectional)
    ours, theirs = DirectedEncoder(shape), make_encoder(shape)
    theirs.load_state_dict(ours.state_dict())  # the same names and shapes, or it fails
    expected, _ = theirs(vectors())
    torch.testing.assert_close(ours(vectors())[0], expected)


@pytest.mark.parametrize("cell", get_args(Cell))
@pytest.mark.parametrize("layers", [1, 2, 3])
def test_no_direction_looks_ahead(cell: Cell, layers: int) -> None:
    torch.manual_seed(2)
    encoder = DirectedEncoder(config(cell, layers=layers)).eval()
    read, changed = vectors(), vectors()
    place = 3
    changed[place] += 1
    moved = (encoder(read)[0] - encoder(changed)[0]).abs().sum(dim=1) > 1e-7  # [T, 2H]
    forwards, backwards = moved[:, :H].any(dim=1).tolist(), moved[:, H:].any(dim=1).tolist()
    assert forwards == [t >= place for t in range(T)]
    assert backwards == [t <= place for t in range(T)]


def test_dropout_between_layers_is_for_training() -> None:
    torch.manual_seed(2)
    shape = ModelConfig(embedding_size=E, hidden_size=H, layers=2, dropout=0.5)
    encoder = DirectedEncoder(shape)
    first, second = encoder.train()(vectors())[0], encoder(vectors())[0]
    assert not torch.equal(first, second)
    first, second = encoder.eval()(vectors())[0], encoder(vectors())[0]
    assert torch.equal(first, second)


def test_parameters_move_with_the_module() -> None:
    encoder = DirectedEncoder(config(layers=2)).to(torch.float64)
    assert encoder(vectors().double())[0].dtype == torch.float64


def head_of(options: LanguageModelConfig, **others: Any) -> NextUnitHead:
    torch.manual_seed(3)
    head = NextUnitHead(config(**others), V, options)
    for parameter in head.parameters():
        nn.init.uniform_(parameter, -0.5, 0.5)
    return head


def some(count: int = 200) -> tuple[Tensor, Tensor]:
    """States [N, H] and targets [N] in all groups."""
    rng = torch.Generator().manual_seed(4)
    targets = torch.arange(count) % V  # [N]
    return torch.randn(count, H, generator=rng, requires_grad=True), targets


def test_the_adaptive_softmax_is_torchs() -> None:
    head = head_of(ADAPTIVE)
    theirs = nn.AdaptiveLogSoftmaxWithLoss(H, V, cutoffs=[10, 50], div_value=4.0, head_bias=True)
    with torch.no_grad():
        theirs.head.weight.copy_(head.first.weight)
        theirs.head.bias.copy_(head.first.bias)
        for index, (down, up) in enumerate(zip(head.down, head.up, strict=True)):
            theirs.get_parameter(f"tail.{index}.0.weight").copy_(down.get_parameter("weight"))
            theirs.get_parameter(f"tail.{index}.1.weight").copy_(up.get_parameter("weight"))
    states, targets = some()
    loss = head.loss(states, targets)
    expected = theirs(states, targets).loss * len(targets)
    torch.testing.assert_close(loss, expected)
    with torch.inference_mode():
        torch.testing.assert_close(head.loss(states, targets), loss.detach())
    inputs = [states, head.get_parameter("up.1.weight"), head.first.bias]
    their_inputs = [states, theirs.get_parameter("tail.1.1.weight"), theirs.head.bias]
    torch.testing.assert_close(
        torch.autograd.grad(loss, inputs), torch.autograd.grad(expected, their_inputs)
    )


@pytest.mark.parametrize("at_once", [1, 37 * V, 1 << 26])
def test_the_plain_softmax_is_cross_entropy_however_many_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(next_unit, "AT_ONCE", {True: at_once, False: at_once})
    head = head_of(PLAIN)
    assert len(head.up) == 0
    states, targets = some()
    loss = head.loss(states, targets)
    expected = cross_entropy(head.first(states), targets, reduction="sum")
    torch.testing.assert_close(loss, expected)
    inputs = [states, head.first.weight, head.first.bias]
    gradients, theirs = (torch.autograd.grad(3 * one, inputs) for one in (loss, expected))
    torch.testing.assert_close(gradients, theirs, atol=1e-4, rtol=1e-4)


def test_a_unit_is_predicted_from_one_side_by_each_direction() -> None:
    head = head_of(PLAIN)
    states = torch.randn(T, B, 2 * H, generator=torch.Generator().manual_seed(5))  # [T, B, 2H]
    rows = torch.arange(T * B).reshape(T, B)  # [T, B]
    forwards = cross_entropy(head.first(states[:-1, :, :H]).flatten(0, 1), rows[1:].flatten())
    backwards = cross_entropy(head.first(states[1:, :, H:]).flatten(0, 1), rows[:-1].flatten())
    torch.testing.assert_close(head(states, rows), (forwards + backwards) / 2)
    one_way = head_of(PLAIN, bidirectional=False)
    torch.testing.assert_close(one_way(states[:, :, :H], rows), forwards)
