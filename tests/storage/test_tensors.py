"""Tensors are written as safetensors writes them, without a copy of all."""

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of
from safetensors.numpy import save

from nsmc.storage.tensors import NAMES, write_tensors

ARRAYS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name != "__metadata__"),
    st.sampled_from(sorted(NAMES)).flatmap(
        lambda name: arrays_of.arrays(name, arrays_of.array_shapes(min_dims=0, min_side=0))
    ),
    max_size=6,
)


def written(arrays: dict[str, np.ndarray]) -> bytes:
    file = io.BytesIO()
    write_tensors(file, arrays)
    return file.getvalue()


@given(ARRAYS)
def test_the_bytes_are_those_of_safetensors(arrays: dict[str, np.ndarray]) -> None:
    assert written(arrays) == save(arrays)


def test_what_lies_otherwise_in_memory_is_written_in_order() -> None:
    table = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert written({"a": table.T}) == save({"a": np.ascontiguousarray(table.T)})


def test_a_type_that_no_part_of_this_package_stores_is_a_bug() -> None:
    with pytest.raises(KeyError, match="complex64"):
        write_tensors(io.BytesIO(), {"a": np.zeros(1, np.complex64)})


def test_no_copy_is_made(tmp_path: Path) -> None:
    table = np.ones(4 << 20, np.float32)
    with (tmp_path / "t").open("wb") as file:
        tracemalloc.start()
        write_tensors(file, {"a": table, "b": table})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < table.nbytes / 8
