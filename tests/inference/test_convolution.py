"""The convolution in numpy by itself; `test_network` holds it equal to torch's and ONNX's."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.config.model import ConvConfig, ModelConfig
from nsmc.inference.convolution import Convolution

SHAPES = list(product([1, 3, 5], [1, 2, 3]))
"""Kernels and poolings."""
LENGTHS = np.array([4, 1, 1, 10, 3, 2, 9, 5, 1, 6, 8, 7, 2, 12])
STARTS = np.cumsum(LENGTHS) - LENGTHS
FILTERS, SIZE, DISTINCT = 6, 5, 20


def shape(kernel: int, pooling: int) -> ModelConfig:
    return ModelConfig(embedding_size=SIZE, conv=ConvConfig(FILTERS, kernel, pooling))


def weights(kernel: int) -> dict[str, NDArray[np.float32]]:
    generator = np.random.default_rng(3)
    return {
        "convolution.weight": generator.normal(size=(FILTERS, SIZE, kernel)).astype(np.float32),
        "convolution.bias": generator.normal(size=FILTERS).astype(np.float32),
    }


def reviews() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Vectors [U, E] and tokens [N]."""
    generator = np.random.default_rng(4)
    vectors = generator.normal(size=(DISTINCT, SIZE)).astype(np.float32)  # [U, E]
    return vectors, generator.integers(DISTINCT, size=LENGTHS.sum())  # [N]


@pytest.mark.parametrize(("kernel", "pooling"), SHAPES)
def test_neighbours_change_nothing_to_the_last_bit(kernel: int, pooling: int) -> None:
    vectors, tokens = reviews()
    made = Convolution(weights(kernel), shape(kernel, pooling))
    inputs = made.inputs(vectors)
    result, counts = made.steps(inputs, tokens, STARTS, LENGTHS)
    ends, last = np.cumsum(LENGTHS), np.cumsum(counts)
    for review, length in enumerate(LENGTHS):
        others = np.random.default_rng(review).integers(DISTINCT, size=len(tokens))
        mine = slice(ends[review] - length, ends[review])
        others[mine] = tokens[mine]
        again, _ = made.steps(inputs, others, STARTS, LENGTHS)
        steps = slice(last[review] - counts[review], last[review])
        np.testing.assert_array_equal(again[steps], result[steps])


def test_nothing_is_changed_and_nothing_is_nothing() -> None:
    vectors, tokens = reviews()
    given = weights(3)
    made = Convolution(given, shape(3, 2))
    inputs = made.inputs(vectors)
    parts = (vectors, tokens, STARTS, LENGTHS, inputs, *given.values())
    before = [part.copy() for part in parts]
    first, _ = made.steps(inputs, tokens, STARTS, LENGTHS)
    np.testing.assert_array_equal(made.steps(inputs, tokens, STARTS, LENGTHS)[0], first)
    for part, copy in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part, copy)
    none = np.array([], dtype=np.int64)
    result, lengths = made.steps(inputs, none, none, none)
    assert (result.shape, lengths.shape) == ((0, FILTERS), (0,))
