"""How much memory a training takes, before it takes any.

The parts are those that were measured to decide; `tests/training/test_memory.py` compares them with
what real trainings take.

Shapes: R reviews, M distinct units, T units of a review, B reviews of a batch, E embedding size, D
directions, H hidden size, F filters, K rows of a table, O outputs.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.config.schema import Config
from nsmc.errors import UsageError
from nsmc.inference.narrow import narrow_config
from nsmc.inference.parameters import expected_shapes
from nsmc.inference.quantized import TABLES, WIDE
from nsmc.messages.translate import mark, tr
from nsmc.model.free_memory import free_memory
from nsmc.pipeline.chunks import FEW
from nsmc.tasks.task import LabelTask, Task
from nsmc.training.early_exit import MOST, has_exit
from nsmc.training.linear_start import ITERATIONS
from nsmc.training.narrow import AT_ONCE, BATCH
from nsmc.workers import available_cores

if TYPE_CHECKING:
    import torch

    from nsmc.data.corpus import Corpus

FLOAT = 4
"""Bytes of a number."""
STATE = 4
"""Numbers for each parameter: itself, its best value so far and two moments of Adam."""
TENSOR = 4096
"""Bytes of a parameter besides its numbers, in Python, in all of these and their files."""
CELL = {"rnn": 7, "gru": 9, "lstm": 15}
"""Numbers for each output of a recurrent layer that a step keeps for the gradient, or makes."""
PENDING = 3
"""Gradients of a layer that are on their way, besides those that are kept."""
SCORING = 0.5
"""Memory of a place of a review that is scored, in times of one that is learnt from."""
VALIDATION_BATCH = 512
"""Reviews that are scored together."""


@dataclass(frozen=True)
class Extent:
    """What of the reviews decides about memory; without any, as far as the config alone does."""

    vocabulary: int = 2  # its rows
    lengths: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """[R] units of each review."""
    units: int = 0  # M
    subwords: float = 0.0  # n-grams of a unit in the mean
    characters: int = 0  # of all reviews

    @classmethod
    def of(cls, corpus: "Corpus", vocabulary: int, subwords: float) -> "Extent":
        """That of a corpus, whose units have so many n-grams each in the mean."""
        sizes = np.array([len(unit) for unit in corpus.morphemes])  # [M]
        characters = int(sizes[corpus.tokens].sum())
        return cls(vocabulary, corpus.lengths, len(sizes), subwords, characters)

    def places(self, batch: int) -> int:
        """The most units T · B of a batch of reviews of one length."""
        counts = np.bincount(self.lengths)
        return int((np.minimum(counts, batch) * np.arange(len(counts))).max(initial=0))


@dataclass(frozen=True)
class Needs:
    """Bytes by what they are for."""

    weights: int  # with their gradients, moments and best values so far
    batch: int  # what a step makes of the largest one
    start: int  # fitting the outputs first
    saving: int  # the weights as they are written
    exit: int  # training the early exit

    @property
    def most(self) -> int:
        """Bytes at the worst moment: none of the others is there with another."""
        return self.weights + max(self.batch, self.start, self.saving, self.exit)

    def named(self) -> Iterator[tuple[str, int]]:
        """The parts that are there at the worst moment, for a person."""
        yield mark("weights, gradients and the optimizer's moments"), self.weights
        names = {
            mark("the largest batch"): self.batch,
            mark("fitting the outputs"): self.start,
            mark("writing the model"): self.saving,
            mark("the early exit"): self.exit,
        }
        yield max(names.items(), key=lambda pair: pair[1])


def check_memory(
    config: Config, task: Task, device: "torch.device", extent: Extent | None = None
) -> None:
    """Refuse a training that takes more memory than is free.

    Without an ``extent``, as far as the config alone decides about it.

    Raises:
        UsageError: naming what it needs, for what, and what there is.
    """
    there = free_memory(device)
    needs = needed_memory(config, task, extent or Extent())
    if there is None or needs.most <= there:
        return
    raise UsageError(
        "configuration: this training needs {needed} GB of memory ({parts}), and {device} has "
        "{there} GB free; choose smaller sizes in [model], or a smaller data.max_size or "
        "training.batch_size",
        needed=_gigabytes(needs.most),
        parts=", ".join(f"{tr(name)}: {_gigabytes(size)} GB" for name, size in needs.named()),
        device=device,
        there=_gigabytes(there),
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:,.1f}"


def needed_memory(config: Config, task: Task, extent: Extent) -> Needs:
    """What a training takes beyond the corpus, which is there already."""
    model = config.model
    # All recurrent layers but the first are alike, and there may be a million.
    shapes = {name: math.prod(shape) for name, shape in _shapes(config, task, extent, 2)}
    fewer = {name for name, _ in _shapes(config, task, extent, 1)}
    times = {name: 1 if name in fewer else model.layers - 1 for name in shapes}
    tensors = sum(times.values())
    tables = sum(size for name, size in shapes.items() if name in (*TABLES, WIDE))
    dense = sum(size * times[name] for name, size in shapes.items()) - tables
    largest = max(shapes.values())
    layer = max(size for name, size in shapes.items() if name not in (*TABLES, WIDE))
    gradients = FLOAT * dense  # of tables, only rows have any
    stored = 2 * tables + FLOAT * dense  # tables in float16
    return Needs(
        weights=STATE * FLOAT * (tables + dense) + gradients + tensors * TENSOR,
        batch=_batch(config, task, extent) + PENDING * FLOAT * model.directions * layer,
        start=_linear_start(config, task, extent),
        saving=stored + FLOAT * largest,
        exit=_exit(config, task, extent, stored) if has_exit(task) else 0,
    )


def _shapes(
    config: Config, task: Task, extent: Extent, layers: int
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Parameters of the network with so many recurrent layers, or as few as it has."""
    model = replace(config.model, layers=min(layers, config.model.layers))
    return expected_shapes(model, task, extent.vocabulary)


def _place(config: ModelConfig, task: Task) -> int:
    """Numbers that a step makes for each of the T · B places of a batch."""
    states = config.directions * config.hidden_size  # D·H
    numbers = 10 * config.embedding_size + CELL[config.cell] * states * config.layers
    if config.conv.filters:
        numbers += 2 * config.conv.kernel * config.embedding_size + 7 * config.conv.filters
    return numbers if isinstance(task, LabelTask) else numbers + 2 * states


def _batch(config: Config, task: Task, extent: Extent) -> int:
    """Bytes that a step makes of the largest batch."""
    place, wide = _place(config.model, task), config.model.wide
    learnt = extent.places(config.training.batch_size)
    rows = min(learnt, extent.units) * (1 + extent.subwords)  # of the tables
    most = FLOAT * (place * learnt + 4 * rows * config.model.embedding_size)
    if wide.buckets:
        # Their rows as integers of 8 bytes, sorted for the gradient.
        share = extent.characters / max(1, int(extent.lengths.sum()))
        most += learnt * share * wide.longest * 4 * 8
    scored = SCORING * FLOAT * place * extent.places(VALIDATION_BATCH)
    return int(max(most, scored))


def _linear_start(config: Config, task: Task, extent: Extent) -> int:
    """Bytes of the features of all reviews, and of what L-BFGS keeps of its steps."""
    if not (config.training.linear_start and isinstance(task, LabelTask)):
        return 0
    wide = config.model.wide
    grams = extent.characters * wide.longest if wide.buckets else 0
    distinct = min(wide.buckets, grams // 3)
    states = 4 * FLOAT * len(extent.lengths) * config.model.pooled_size
    steps = 2 * ITERATIONS * FLOAT * (distinct + config.model.pooled_size) * task.outputs
    return states + steps + 3 * 8 * grams + 12 * wide.buckets * task.outputs


def _exit(config: Config, task: Task, extent: Extent, stored: int) -> int:
    """Bytes of training the early exit of a model that takes ``stored`` bytes."""
    assert isinstance(task, LabelTask)
    model = config.model
    reviews = min(len(extent.lengths), MOST)
    readers = available_cores() if reviews > FEW else 0  # that score the reviews
    share = reviews / max(1, len(extent.lengths))
    rows = min(model.exit.buckets, model.wide.buckets)  # K
    # The vectors of LSQR in float64, and the table.
    table = rows * (40 + 12 * (task.outputs - 1))
    table += int(28 * share * extent.characters * model.wide.longest)
    narrow = 0
    if hidden := model.exit.hidden_size:
        shape = narrow_config(model, hidden)
        shapes = expected_shapes(shape, task, 0)
        count = sum(math.prod(size) for name, size in shapes if name not in TABLES)
        batch = max(extent.places(BATCH), SCORING * extent.places(AT_ONCE))
        narrow = (STATE + 1) * FLOAT * count + int(FLOAT * _place(shape, task) * batch)
        narrow += 2 * FLOAT * extent.units * model.embedding_size
    return (3 + 2 * readers) * stored + max(table, narrow)
