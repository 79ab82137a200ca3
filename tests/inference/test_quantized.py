"""Tables in eight bits: each row by its own largest element."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nsmc.inference.quantized import (
    NGRAMS,
    SCALES,
    WORDS,
    EmbeddingTable,
    dequantized,
    quantized,
    read_table,
)

ROWS = np.array(
    [[0.5, -1.0, 0.25, 0.0], [0, 0, 0, 0], [127, 64, -63.5, 1.75], [-0.0, 2**-24, 0, -(2**-24)]],
    dtype=np.float16,
)


def weights(**others: NDArray[Any]) -> dict[str, NDArray[Any]]:
    generator = np.random.default_rng(1)
    return {
        WORDS: generator.normal(size=(200, 32)).astype(np.float16),
        NGRAMS: generator.uniform(-0.01, 0.01, size=(500, 32)).astype(np.float16),
        "head.bias": np.array([0.123], np.float32),
        "encoder.weight_hh_l0": generator.normal(size=(24, 8)).astype(np.float32),
        **others,
    }


def table(of: dict[str, NDArray[Any]], name: str) -> EmbeddingTable:
    result = read_table(of, name)
    assert result is not None
    return result


def test_rows_by_hand() -> None:
    result = quantized({WORDS: ROWS})
    assert result[WORDS].dtype == np.int8
    assert result[WORDS].tolist() == [
        [64, -127, 32, 0],  # 63.5 goes to the even side
        [0, 0, 0, 0],
        [127, 64, -64, 2],
        [0, 127, 0, -127],  # the smallest numbers that float16 has
    ]
    scales = result[SCALES[WORDS]]
    assert scales.dtype == np.float32
    np.testing.assert_allclose(scales, [1 / 127, 0, 1, 2**-24 / 127], rtol=1e-6)
    assert table(result, WORDS).rows([1, 1]).tolist() == [[0] * 4] * 2
    assert read_table(result, NGRAMS) is None


@pytest.mark.parametrize("name", [WORDS, NGRAMS])
def test_no_element_is_off_by_more_than_half_a_step(name: str) -> None:
    exact = weights()[name].astype(np.float32)  # [V, E]
    result = table(quantized(weights()), name).rows(np.arange(len(exact)))  # [V, E]
    assert result.dtype == np.float32
    largest = np.abs(exact).max(axis=1, keepdims=True)  # [V, 1]
    off = np.abs(result - exact) / largest  # [V, E]
    # And the rounding of float32 itself.
    assert off.max() <= 1 / 254 * (1 + 1e-4)
    assert off.max() > 1 / 254 * 0.9
    # A row's largest element is kept.
    np.testing.assert_allclose(np.abs(result).max(axis=1), largest[:, 0], rtol=1e-6)


def test_only_tables_and_recurrent_matrices_are_touched() -> None:
    before = weights(**{"encoder.bias_hh_l0": np.array([1 / 3], np.float32)})
    result = quantized(before)
    for name in ("head.bias", "encoder.bias_hh_l0"):
        assert result[name] is before[name]
    assert result["encoder.weight_hh_l0"].dtype == np.float16
    for name, values in weights().items():
        np.testing.assert_array_equal(before[name], values, strict=True)
    # A model without n-grams has one table.
    del before[NGRAMS]
    assert quantized(before).keys() == before.keys() | {SCALES[WORDS]}


def test_recurrent_matrices_come_back_in_float32() -> None:
    before = weights()
    result = dequantized(quantized(before))
    name = "encoder.weight_hh_l0"
    assert result[name].dtype == np.float32
    np.testing.assert_allclose(result[name], before[name], rtol=2**-11)
    assert (result[name] != before[name]).any()
    # Tables are widened row by row, when they are asked for.
    assert result[WORDS].dtype == np.int8
    assert dequantized(before)[WORDS] is before[WORDS]


def test_rows_of_a_float16_table() -> None:
    result = EmbeddingTable(ROWS)
    assert len(result) == 4
    rows = result.rows([2, 0, 2])
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, ROWS[[2, 0, 2]].astype(np.float32))
    assert result.rows(np.array([], dtype=np.int64)).shape == (0, 4)


def test_rows_of_an_int8_table() -> None:
    values = np.array([[1, -2], [100, 127], [0, 5]], dtype=np.int8)
    result = EmbeddingTable(values, np.array([0.5, 0.25, 2], np.float32))
    assert result.rows([1, 2, 1]).tolist() == [[25, 31.75], [0, 10], [25, 31.75]]
    assert result.rows(np.array([], dtype=np.int64)).shape == (0, 2)
