"""Weights as a model directory stores them.

Embedding tables are in float16, or in int8 with a scale for each row beside recurrent matrices in
float16. Everything else is in float32.

Shapes: V rows, E embedding size, S rows asked for, K rows and O outputs of the wide layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS, NGRAMS = "embedding.words.weight", "embedding.ngrams.weight"
TABLES = (WORDS, NGRAMS)
"""Tables of vectors; in int8 each row has a scale."""
WIDE = "wide.weight"
"""The table of the wide layer; in int8 each column has a scale."""
SCALES = {name: name.replace("weight", "scale") for name in (*TABLES, WIDE)}


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """A table whose rows are converted to float32 as they are needed."""

    values: NDArray[np.float16] | NDArray[np.int8]
    """[V, E]"""
    scales: NDArray[np.float32] | None = None
    """[V] factors of an int8 table's rows."""

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, indices: list[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The rows of some indices as float32: [S, E]."""
        rows: NDArray[np.float32] = self.values[indices].astype(np.float32)  # [S, E]
        if self.scales is not None:
            rows *= self.scales[indices][:, None]
        return rows


def read_table(weights: Mapping[str, NDArray[Any]], name: str) -> EmbeddingTable | None:
    """One of `TABLES` among a model's weights; None if the model lacks it."""
    values = weights.get(name)
    return None if values is None else EmbeddingTable(values, weights.get(SCALES[name]))


def dequantized(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """All weights in float32 but the tables, of which few rows are needed."""
    return {
        name: values if name in SCALES else values.astype(np.float32, copy=False)
        for name, values in weights.items()
    }


def quantized(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Tables in int8, recurrent matrices in float16.

    A row x of a table becomes round(127 x / s) with s = max|x|, stored with s/127: symmetric
    quantization by rows (Guan et al., "Post-training 4-bit quantization on embedding tables",
    2019). An element is off by at most s/254. The wide layer's table is quantized by columns; a
    comment has some hundred of its weights, whose errors cancel out. Tables in int8 already stay as
    they are.

    Recurrent matrices are off by at most 2⁻¹¹ of an element. They are `dequantized` when they are
    read, because the processor multiplies matrices of float32 fastest.
    """
    smaller = dict(weights)
    for name, values in weights.items():
        if name.startswith("encoder.weight"):
            smaller[name] = values.astype(np.float16)
        if name not in SCALES or values.dtype == np.int8:
            continue
        exact = values.astype(np.float32)  # [V, E] or [K, O]
        axis = 0 if name == WIDE else 1
        scales = np.abs(exact).max(axis=axis) / np.float32(127)  # [V] or [O]
        each = np.expand_dims(np.maximum(scales, np.finfo(np.float32).tiny), axis)
        smaller[name] = np.rint(exact / each).astype(np.int8)
        smaller[SCALES[name]] = scales
    return smaller
