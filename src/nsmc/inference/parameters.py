"""Which weights a model has: their names, shapes, types and range, before anything computes.

The names and shapes are those of `nsmc.model.network`, by the config alone. A model from a stranger
has exactly these, or it is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.inference.quantized import NGRAMS, SCALES, WIDE, WORDS
from nsmc.inference.recurrence import BACKWARD, FORWARD
from nsmc.tasks.task import LabelTask, Task

LARGEST = float(np.finfo(np.float16).max)
"""No weight is above it: then no sum of products in float32 ends in infinity, or in NaN."""

GATES = {"rnn": 1, "gru": 3, "lstm": 4}

Shape = tuple[int, ...]


def expected_shapes(
    config: ModelConfig, task: Task, vocabulary: int
) -> Iterator[tuple[str, Shape]]:
    """Every parameter's name and shape, without the scales of tables in int8."""
    size, hidden = config.embedding_size, config.hidden_size
    yield WORDS, (vocabulary, size)
    if config.subword_buckets:
        yield NGRAMS, (config.subword_buckets, size)
    if filters := config.conv.filters:
        yield "convolution.weight", (filters, size, config.conv.kernel)
        yield "convolution.bias", (filters,)
    rows = GATES[config.cell] * hidden
    # The upper layers of a language model read one direction: see `nsmc.model.next_unit`.
    below = hidden * (config.directions if isinstance(task, LabelTask) else 1)
    for layer in range(config.layers):
        columns = below if layer else config.encoder_input_size
        for suffix in (FORWARD, BACKWARD)[: config.directions]:
            yield f"encoder.weight_ih_l{layer}{suffix}", (rows, columns)
            yield f"encoder.weight_hh_l{layer}{suffix}", (rows, hidden)
            yield f"encoder.bias_ih_l{layer}{suffix}", (rows,)
            yield f"encoder.bias_hh_l{layer}{suffix}", (rows,)
    if isinstance(task, LabelTask):
        yield "head.weight", (task.outputs, config.pooled_size)
        yield "head.bias", (task.outputs,)
        if config.wide.buckets:
            yield WIDE, (config.wide.buckets, task.outputs)
    else:
        from nsmc.tasks.language_model import group_sizes

        (first, _), *others = group_sizes(vocabulary, hidden, task.config.language_model)
        yield "head.first.weight", (first + len(others), hidden)
        yield "head.first.bias", (first + len(others),)
        for index, (count, short) in enumerate(others):
            yield f"head.down.{index}.weight", (short, hidden)
            yield f"head.up.{index}.weight", (count, short)


def check_weights(
    weights: Mapping[str, NDArray[Any]], config: ModelConfig, task: Task, vocabulary: int
) -> None:
    """Check that a model's weights, as stored, are those of its config and nothing else.

    Raises:
        ValueError: one is missing or too many, has another shape or type, or isn't finite.
    """
    known = set()
    # A config may claim a milliard of layers: the first that is missing ends the loop.
    for name, shape in expected_shapes(config, task, vocabulary):
        known.add(name)
        _check(name, weights.get(name), shape, *(["int8"] if name in SCALES else []), "float16")
        if weights[name].dtype == np.int8:
            known.add(scale := SCALES[name])
            _check(scale, weights.get(scale), (shape[1 if name == WIDE else 0],))
    if more := sorted(weights.keys() - known):
        raise ValueError(f"{more[0]!r}: expected no such weight")


def _check(name: str, values: NDArray[Any] | None, shape: Shape, *types: str) -> None:
    found = "nothing" if values is None else values.shape
    if values is None or values.shape != shape:
        raise ValueError(f"{name}: expected {shape}, found {found}")
    if values.dtype.name not in (expected := (*types, "float32")):
        raise ValueError(f"{name}: expected {' or '.join(expected)}, found {values.dtype.name}")
    if not in_range(values):
        raise ValueError(f"{name}: expected finite numbers up to {LARGEST:,.0f}, found others")


def in_range(values: NDArray[Any]) -> bool:
    """Whether all numbers are finite and none is above `LARGEST`."""
    if values.dtype == np.float16:  # by its bits, which takes a twentieth of the time
        return bool(((values.view(np.uint16) & 0x7FFF) < 0x7C00).all())
    # A NaN is not below any number; int8 has none.
    return values.dtype == np.int8 or not values.size or bool(np.abs(values).max() <= LARGEST)
