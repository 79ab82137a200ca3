"""Matrix products that round a row alike, whatever other rows are beside it, where BLAS does.

A kernel of BLAS adds up a row in an order that depends on where the row is in its tiles, or only on
its own content, as that of AVX-512 does. But numpy takes another path for a lone row, and few rows
or columns may have one, too.

Shapes: n rows, I inputs, O outputs.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.blas_threads import libraries

ALIKE = frozenset({"SkylakeX"})
"""OpenBLAS's kernels that round a row alike among any two and more: that of all processors with
AVX-512."""


@cache
def rounds_alike() -> bool:
    """Whether `product` gives a row the same bits beside any others."""
    return any(getattr(library, "architecture", None) in ALIKE for library in libraries())


def product(rows: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """The product [..., n, O] of rows [..., n, I] with weights [..., I, O]."""
    lone = rows.shape[-2] == 1 and rounds_alike()
    result: NDArray[np.float32] = np.matmul(rows.repeat(2, axis=-2) if lone else rows, weights)
    return result[..., :1, :] if lone else result
