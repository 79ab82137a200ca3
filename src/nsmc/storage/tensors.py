"""Tensors as a safetensors file, array after array: the library's own ``save`` copies all twice."""

import json
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

NAMES = {
    "uint64": "U64",
    "int64": "I64",
    "float64": "F64",
    "float32": "F32",
    "int32": "I32",
    "float16": "F16",
    "int8": "I8",
    "uint8": "U8",
}
"""numpy's types as the format calls them, in the order in which a file has them."""
ALIGNED = 8
"""Bytes of which the header is a multiple."""


def write_tensors(file: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write the bytes of ``safetensors.numpy.save``; an `OSError` stays one.

    Raises:
        OSError: the file can't be written.
    """
    order = {name: place for place, name in enumerate(NAMES)}
    names = sorted(arrays, key=lambda name: (order[arrays[name].dtype.name], name.encode()))
    header, end = {}, 0
    for name in names:
        array, start = arrays[name], end
        end += array.nbytes
        header[name] = {
            "dtype": NAMES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [start, end],
        }
    about = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    about += b" " * (-len(about) % ALIGNED)
    file.write(len(about).to_bytes(8, "little") + about)
    for name in names:
        values = np.ascontiguousarray(arrays[name])
        file.write(values.astype(values.dtype.newbyteorder("<"), copy=False).data)
