"""The weights of character n-grams, in numpy: `nsmc.model.wide` has the formula.

Shapes: R comments, G n-grams of all of them, K rows, O outputs; T units of a comment, N subsets.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.directory import ModelDirectory
from nsmc.inference.quantized import SCALES, WIDE
from nsmc.text.character_ngrams import character_ngrams, subset_ngrams

SCALE = 10.0
"""About the root of the usual comment's number of n-grams, which makes the weights add up unscaled:
Adam's steps, which don't depend on the scale, then suit them as they suit other weights."""
AT_ONCE = 2048
"""Comments whose n-grams are in memory at once."""


class WideOutputs:
    """The wide layer's part of the outputs: the sum over a comment's character n-grams.

    Args:
        table: [K, O], floating-point numbers or int8.
        scales: [O] factors of an int8 table's columns.
        longest: characters of the longest n-grams.
    """

    def __init__(
        self, table: NDArray[Any], scales: NDArray[np.float32] | None, longest: int
    ) -> None:
        self._table = table
        scales = np.ones(table.shape[1], np.float32) if scales is None else scales
        self._scales = scales * np.float32(SCALE)  # [O]
        self.longest, self.buckets = longest, len(table)

    @classmethod
    def of(cls, model: ModelDirectory, weights: Mapping[str, NDArray[Any]]) -> "WideOutputs | None":
        """Those of a verified model directory and its `ModelDirectory.weights`; None without."""
        table, longest = weights.get(WIDE), model.config.model.wide.longest
        return None if table is None else cls(table, weights.get(SCALES[WIDE]), longest)

    def __call__(self, comments: Sequence[Sequence[str]]) -> NDArray[np.float32]:
        """The part [R, O] of the outputs for tokenized comments; 0 for one without units."""
        added = np.zeros((len(comments), self._table.shape[1]), np.float32)  # [R, O]
        for start in range(0, len(comments), AT_ONCE):
            some = comments[start : start + AT_ONCE]
            added[start : start + AT_ONCE] = self.sums(
                *character_ngrams(some, self.longest, self.buckets)
            )
        return added

    def of_subsets(self, units: Sequence[str], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The part [N, O] of the outputs for subsets [N, T] of a comment's units, in order."""
        added = np.zeros((len(mask), self._table.shape[1]), np.float32)  # [N, O]
        for start in range(0, len(mask), AT_ONCE):
            ngrams = subset_ngrams(units, mask[start : start + AT_ONCE], self.longest, self.buckets)
            added[start : start + AT_ONCE] = self.sums(*ngrams)
        return added

    def sums(self, ids: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.float32]:
        """The same of n-grams, as `nsmc.text.character_ngrams.character_ngrams` gives them."""
        return table_sums(self._table, self._scales, ids, counts)


def table_sums(
    table: NDArray[Any],
    scales: NDArray[np.float32],
    ids: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> NDArray[np.float32]:
    """scales / √n · Σ of the rows of each comment's n n-grams: [R, O]; 0 without any.

    Args:
        table: [K, O].
        scales: [O].
        ids: [G] rows, comment after comment.
        counts: [R] n-grams of each.
    """
    added = np.zeros((len(counts), table.shape[1]), np.float32)  # [R, O]
    legible = np.flatnonzero(counts)
    if len(legible):
        rows = table[ids].astype(np.float32)  # [G, O]
        begins = (np.cumsum(counts) - counts)[legible]
        sums = np.add.reduceat(rows, begins)  # [legible, O]
        added[legible] = sums * scales / np.sqrt(counts[legible]).astype(np.float32)[:, None]
    return added
