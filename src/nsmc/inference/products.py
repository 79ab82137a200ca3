"""Matrix products that round a row alike, whatever other rows are beside it, where BLAS can.

A kernel of BLAS adds up a row in an order that depends on its own content alone or on where the row
is in the kernel's tiles: OpenBLAS's for AVX2 has one for the first six of twelve rows and another
for the others. Asked for the transposed product, of the transposed matrices, that kernel has rows
where columns were: all but the first and the last eight are alike.

Shapes: n rows, I inputs, O outputs; t rows with those that are added.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cache

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.blas_threads import libraries

DIRECT = frozenset({"SkylakeX", "Sandybridge", "Nehalem"})
"""OpenBLAS's kernels that round a row alike among any two and more: those of AVX-512, AVX and SSE4.
`tests/inference/test_same_bits.py` has tried these names, and those below."""
TRANSPOSED = frozenset({"Haswell", "Katmai"})
"""Those that do so in the transposed product: of AVX2 and SSE2."""
EDGE = 8
"""Rows at either end of a transposed product that are rounded in another way; up to so many alone
are rounded as those between."""
FEW_ROWS = 24
"""Up to so many are multiplied by eights, which takes less time than the edges."""
MOST_ROWS = 288
"""Of a transposed product: from some 310 on, the kernel has edges within."""

Floats = NDArray[np.float32]

_alone: ContextVar[bool] = ContextVar("alone", default=False)


@contextlib.contextmanager
def one_comment(alone: bool = True) -> Iterator[None]:
    """Inside, products are of one comment, and the fastest.

    A `TRANSPOSED` kernel takes four times as long for a row that is to be rounded as it is among
    others. With False, products are as outside again.
    """
    token = _alone.set(alone)
    try:
        yield
    finally:
        _alone.reset(token)


@cache
def _kernel() -> str:
    names = (getattr(library, "architecture", None) for library in libraries())
    return next(filter(None, names), "")


def rounds_alike() -> bool:
    """Whether `product` now gives a row the same bits beside any others."""
    return _kernel() in DIRECT or (_kernel() in TRANSPOSED and not _alone.get())


def product(rows: Floats, weights: Floats, out: Floats | None = None) -> Floats:
    """The product [..., n, O] of rows [..., n, I] with weights [..., I, O].

    Args:
        out: [..., n, O], what gets it.
    """
    if _kernel() in TRANSPOSED and not _alone.get():
        if out is None:
            leading = np.broadcast_shapes(rows.shape[:-2], weights.shape[:-2])
            out = np.empty((*leading, rows.shape[-2], weights.shape[-1]), np.float32)
        for start in range(0, rows.shape[-2], MOST_ROWS):
            some = slice(start, start + MOST_ROWS)
            out[..., some, :] = _transposed(rows[..., some, :], weights)
        return out
    if rows.shape[-2] > 1 or _kernel() not in DIRECT:
        result: Floats = np.matmul(rows, weights, out=out)
        return result
    # numpy takes another path for a lone row.
    result = np.matmul(rows.repeat(2, axis=-2), weights)[..., :1, :]
    if out is None:
        return result
    out[:] = result
    return out


def _transposed(rows: Floats, weights: Floats) -> Floats:
    """As `product`, of at most `MOST_ROWS` rows, by the product of the transposed matrices."""
    count = rows.shape[-2]
    edge = 0 if count <= FEW_ROWS else EDGE
    total = count + 2 * edge + -count % EDGE
    padded = np.zeros((*rows.shape[:-2], total, rows.shape[-1]), np.float32)  # [..., t, I]
    padded[..., edge : edge + count, :] = rows
    leading = np.broadcast_shapes(rows.shape[:-2], weights.shape[:-2])
    # Rows a multiple of 1 KB apart would share a few lines of the cache when they are copied back.
    result = np.empty((*leading, weights.shape[-1], total + EDGE), np.float32)[..., :total]
    turned, columns = weights.swapaxes(-1, -2), padded.swapaxes(-1, -2)  # [..., O, I], [..., I, t]
    size = total if edge else EDGE
    for start in range(0, total, size):
        some = slice(start, start + size)
        np.matmul(turned, columns[..., some], out=result[..., some])  # [..., O, size]
    return result[..., edge : edge + count].swapaxes(-1, -2)
