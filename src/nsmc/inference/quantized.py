"""Weights as a model directory keeps them: tables in float16, or in int8 with scales.

Shapes: V rows, E embedding size, S rows asked for, K rows and O outputs of the wide layer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS, NGRAMS = "embedding.words.weight", "embedding.ngrams.weight"
TABLES = (WORDS, NGRAMS)
"""Of vectors, of which each has a scale of its own in int8."""
WIDE = "wide.weight"
"""Of single weights, which share one for each output."""
SCALES = {name: name.replace("weight", "scale") for name in (*TABLES, WIDE)}


@dataclass(frozen=True, eq=False)
class EmbeddingTable:
    """A table of which few rows are needed at a time."""

    values: NDArray[np.float16] | NDArray[np.int8]
    """[V, E]"""
    scales: NDArray[np.float32] | None = None
    """[V] what each row of an int8 table is to be multiplied by."""

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, indices: list[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        """The rows of some indices as float32: [S, E]."""
        found: NDArray[np.float32] = self.values[indices].astype(np.float32)  # [S, E]
        if self.scales is not None:
            found *= self.scales[indices][:, None]
        return found


def read_table(weights: Mapping[str, NDArray[Any]], name: str) -> EmbeddingTable | None:
    """One of `TABLES` among a model's weights; None if the model has none of this name."""
    values = weights.get(name)
    return None if values is None else EmbeddingTable(values, weights.get(SCALES[name]))


def dequantized(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The weights as they are computed with: all but the tables in float32.

    Tables stay as they are stored, since few of their rows are ever needed.
    """
    return {
        name: values if name in SCALES else values.astype(np.float32, copy=False)
        for name, values in weights.items()
    }


def quantized(weights: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The weights as small as they are stored: tables in int8, each row by its largest element.

    A row x becomes round(127 x / s) with s = max|x|, kept with s/127: symmetric quantization by
    rows, as in Guan et al., "Post-training 4-bit quantization on embedding tables", 2019, with
    eight bits. An element is off by at most s/254. Of the wide layer's table each column is
    quantized so; a comment has some hundred of its weights, whose errors cancel out. Tables in int8
    already stay as they are.

    The matrices of the recurrent layers are kept in float16, which is off by at most 2⁻¹¹ of an
    element, and `widened` when they are read: matrix products of float32 are what the processor
    does best without further libraries.
    """
    found = dict(weights)
    for name, values in weights.items():
        if name.startswith("encoder.weight"):
            found[name] = values.astype(np.float16)
        if name not in SCALES or values.dtype == np.int8:
            continue
        exact = values.astype(np.float32)  # [V, E] or [K, O]
        axis = 0 if name == WIDE else 1
        scales = np.abs(exact).max(axis=axis) / np.float32(127)  # [V] or [O]
        each = np.expand_dims(np.maximum(scales, np.finfo(np.float32).tiny), axis)
        found[name] = np.rint(exact / each).astype(np.int8)
        found[SCALES[name]] = scales
    return found
