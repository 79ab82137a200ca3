"""The gradients of a step, against the loss written out."""

from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.data.fields import MorphemeBatch
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task
from nsmc.training.step import backward

# Three reviews of two morphemes: of four distinct ones, one comes twice.
TEXT = MorphemeBatch(
    words=torch.tensor([0, 1, 2, 3]),
    ngrams=torch.tensor([0, 1, 2, 2, 3, 4, 5]),
    offsets=torch.tensor([0, 2, 3, 5]),
    positions=torch.tensor([[0, 1, 1], [2, 3, 0]]),
)
LABELS = torch.tensor([1.0, 0.0, 1.0], dtype=torch.float64)
BATCH = SimpleNamespace(text=TEXT, label=LABELS[:, None])
SENTIMENT = make_task(Config())


def network_of(*, sparse: bool = False) -> RecurrentNetwork:
    """A network in double precision, so that gradients can be compared to many digits."""
    torch.manual_seed(2)
    config = ModelConfig(
        embedding_size=4, hidden_size=3, subword_buckets=6, embedding_dropout=0.0, dropout=0.0
    )
    network = RecurrentNetwork(4, config, SENTIMENT, sparse=sparse).double()
    for parameter in network.parameters():
        torch.nn.init.uniform_(parameter, -0.9, 0.9)
    return network


def gradients(network: RecurrentNetwork) -> dict[str, Tensor]:
    result = {}
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        result[name] = parameter.grad.to_dense()
    return result


def clean_loss(network: RecurrentNetwork, vectors: Tensor) -> Tensor:
    logits = network.classify(vectors)[:, 0]
    # Written out: -mean of y·log σ(z) + (1-y)·log(1-σ(z)).
    p = torch.sigmoid(logits)
    return -(LABELS * p.log() + (1 - LABELS) * (1 - p).log()).mean()


def shift(network: RecurrentNetwork, norm: float) -> Tensor:
    """ε·g/‖g‖ with one norm per review, as a constant [T, B, E]."""
    vectors = network.embed(TEXT).detach().requires_grad_()
    (g,) = torch.autograd.grad(clean_loss(network, vectors), vectors)
    moved = torch.empty_like(g)
    for review in range(g.shape[1]):
        length = sum(float(x) ** 2 for x in g[:, review].flatten()) ** 0.5
        moved[:, review] = norm * g[:, review] / length
    return moved


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("norm", [0.0, 0.5, 3.0])
def test_gradients_are_those_of_the_loss_written_out(norm: float, sparse: bool) -> None:
    network = network_of(sparse=sparse)
    reported = backward(network, SENTIMENT, BATCH, norm)
    result = gradients(network)

    plain = network_of()
    vectors = plain.embed(TEXT)
    expected_loss = clean_loss(plain, vectors)
    total = expected_loss
    if norm:
        total = total + clean_loss(plain, vectors + shift(plain, norm))
    total.backward()  # type: ignore[no-untyped-call]
    for name, gradient in gradients(plain).items():
        torch.testing.assert_close(result[name], gradient, rtol=0, atol=1e-6, msg=name)
    # What is told is the clean loss, and nothing that a graph hangs on.
    torch.testing.assert_close(reported.loss.double(), expected_loss.detach(), rtol=0, atol=1e-6)
    right = ((plain.classify(vectors)[:, 0] > 0) == (LABELS > 0.5)).sum()
    assert (reported.examples, reported.tally.tolist()) == (3, [float(right), 3.0])
    assert not reported.loss.requires_grad
    assert not reported.tally.requires_grad


def test_a_gradient_of_zero_moves_nothing() -> None:
    network = network_of()
    torch.nn.init.zeros_(network.get_parameter("head.weight"))  # then no vector changes any logit
    backward(network, SENTIMENT, BATCH, 1.0)
    result = gradients(network)
    clean = network_of()
    torch.nn.init.zeros_(clean.get_parameter("head.weight"))
    backward(clean, SENTIMENT, BATCH, 0.0)
    for name, gradient in gradients(clean).items():
        assert torch.isfinite(result[name]).all(), name
        torch.testing.assert_close(result[name], 2 * gradient, msg=name)


def test_a_review_learnt_perfectly_is_safe() -> None:
    network = network_of()
    torch.nn.init.constant_(network.get_parameter("head.bias"), 1000.0)
    batch = SimpleNamespace(text=TEXT, label=torch.ones(3, 1))
    reported = backward(network, SENTIMENT, batch, 1.0)
    assert (float(reported.loss), reported.tally.tolist()) == (0.0, [3.0, 3.0])
    assert all(bool((g == 0).all()) for g in gradients(network).values())


def test_gradients_add_to_those_that_are_there() -> None:
    once, twice = network_of(), network_of()
    backward(once, SENTIMENT, BATCH, 0.5)
    for _ in range(2):
        backward(twice, SENTIMENT, BATCH, 0.5)
    for name, gradient in gradients(once).items():
        torch.testing.assert_close(gradients(twice)[name], 2 * gradient, msg=name)


def test_mixed_precision_stays_near() -> None:
    full, mixed = network_of().float(), network_of().float()
    batch = SimpleNamespace(text=TEXT, label=BATCH.label.float())
    expected = backward(full, SENTIMENT, batch, 0.5)
    reported = backward(mixed, SENTIMENT, batch, 0.5, torch.bfloat16)
    assert reported.loss.dtype == torch.float32
    assert float(reported.loss) == pytest.approx(float(expected.loss), abs=0.02)
    for name, gradient in gradients(full).items():
        assert gradients(mixed)[name].dtype == torch.float32
        torch.testing.assert_close(gradients(mixed)[name], gradient, rtol=0.1, atol=0.05, msg=name)
