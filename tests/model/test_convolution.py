"""The convolution is its equations, and learns."""

import math
from itertools import product

import numpy as np
import pytest
import torch

from nsmc.config.model import ConvConfig, ModelConfig
from nsmc.config.schema import Config
from nsmc.model.convolution import Convolution
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.registry import make_task

SHAPES = pytest.mark.parametrize(("kernel", "pooling"), list(product([1, 3, 5], [1, 2, 3])))


def convolution(kernel: int, pooling: int) -> Convolution:
    torch.manual_seed(2)
    made = Convolution(ModelConfig(embedding_size=4, conv=ConvConfig(6, kernel, pooling)))
    torch.nn.init.uniform_(made.bias, -0.5, 0.5)
    return made


@SHAPES
def test_it_is_its_equations(kernel: int, pooling: int) -> None:
    made = convolution(kernel, pooling)
    weight, bias = (p.detach().double().numpy() for p in (made.weight, made.bias))
    assert weight.shape == (6, 4, kernel)
    generator = np.random.default_rng(1)
    for length in range(1, 11):
        vectors = generator.normal(size=(length, 3, 4)).astype(np.float32)  # [T, B, E]
        steps = math.ceil(length / pooling)
        expected = np.empty((steps, 3, 6))
        for review, step in product(range(3), range(steps)):
            values = []
            for t in range(pooling * step, min(pooling * (step + 1), length)):
                seen = bias.copy()  # [F]
                for k in range(kernel):
                    place = t + k - (kernel - 1) // 2
                    if 0 <= place < length:
                        seen += weight[:, :, k] @ vectors[place, review]
                values.append(np.maximum(seen, 0))
            expected[step, review] = np.max(values, axis=0)
        with torch.inference_mode():
            outputs = made(torch.from_numpy(vectors)).numpy()
        np.testing.assert_allclose(outputs, expected, atol=1e-6, rtol=0)
        assert (outputs == 0).any() and (outputs > 0).any()


@SHAPES
def test_gradients_reach_the_weights_and_every_unit(kernel: int, pooling: int) -> None:
    made = convolution(kernel, pooling).double()
    for length in (1, 2, 5):
        vectors = torch.randn(length, 2, 4, dtype=torch.float64, requires_grad=True)
        inputs = (vectors, made.weight, made.bias)
        assert torch.autograd.gradcheck(lambda v, *_: made(v), inputs, fast_mode=True)
        made(vectors).sum().backward()
        assert vectors.grad is not None
        if pooling == 1:
            assert (vectors.grad.abs().sum(dim=(1, 2)) > 0).all()


def test_it_starts_as_he_et_al_say() -> None:
    made = Convolution(ModelConfig(embedding_size=100, conv=ConvConfig(filters=50, kernel=3)))
    assert not made.bias.any()
    # So that ReLU's outputs have the variance of the inputs: 2 / (E · K).
    assert made.weight.std().item() == pytest.approx(math.sqrt(2 / 300), rel=0.03)


@pytest.mark.parametrize(
    ("conv", "size"), [(ConvConfig(kernel=5, pooling=2), 32), (ConvConfig(filters=8), 8)]
)
def test_the_recurrent_layers_read_what_it_gives_if_there_is_one(
    conv: ConvConfig, size: int
) -> None:
    config = ModelConfig(embedding_size=32, conv=conv)
    network = RecurrentNetwork(3, config, make_task(Config()))
    assert (network.convolution is not None) == (size == 8)
    weight = network.encoder.get_parameter("weight_ih_l0")  # [G·H, I]
    assert config.encoder_input_size == size == weight.shape[1]
