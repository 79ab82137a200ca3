"""The GRU with a gradient of its own gives what torch's gives."""

import pytest
import torch
from torch import Tensor, nn

from nsmc.model.gru import GRU


def result(gru: nn.GRU, inputs: Tensor) -> list[Tensor]:
    """Outputs, and the gradients of inputs and weights, of a loss that weighs every output."""
    leaf = inputs.clone().requires_grad_()
    torch.manual_seed(7)  # of the dropout between layers
    outputs = gru(leaf)[0]
    (outputs * torch.linspace(-1, 2, outputs.numel()).view_as(outputs)).sum().backward()
    gradients = [parameter.grad for parameter in gru.parameters()]
    return [outputs.detach(), *(g for g in (leaf.grad, *gradients) if g is not None)]


@pytest.mark.parametrize("length", [1, 2, 7])
@pytest.mark.parametrize(("layers", "bidirectional"), [(1, False), (1, True), (3, True)])
def test_outputs_and_gradients_are_torchs(length: int, layers: int, bidirectional: bool) -> None:
    torch.manual_seed(3)
    options = {"dropout": 0.4 if layers > 1 else 0.0, "bidirectional": bidirectional}
    ours, theirs = (kind(4, 5, layers, **options).double() for kind in (GRU, nn.GRU))
    for parameter in ours.parameters():
        nn.init.uniform_(parameter, -0.9, 0.9)
    theirs.load_state_dict(ours.state_dict())
    inputs = torch.randn(length, 3, 4, dtype=torch.double)
    expected = result(theirs, inputs)
    assert len(expected) == 2 + 4 * layers * (1 + bidirectional)
    torch.testing.assert_close(result(ours, inputs), expected, rtol=1e-9, atol=1e-12)
    assert torch.equal(ours.eval()(inputs)[0], theirs.eval()(inputs)[0])
