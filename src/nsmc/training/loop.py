"""The training loop as a generator; its caller prints, saves and draws between two steps.

Shapes: B reviews in a batch.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from nsmc.config.training import TrainingConfig
from nsmc.data.batches import EqualLengthIterator
from nsmc.errors import DeviceError, DivergedError
from nsmc.tasks.task import Task, Validated
from nsmc.training.optimizers import clip_gradients, learning_rate, set_learning_rate
from nsmc.training.ranks import Ranks
from nsmc.training.state import TrainingState
from nsmc.training.step import backward


@dataclass(frozen=True)
class StepDone:
    """A step of an epoch, counted from 1, has been taken on a batch of so many reviews."""

    epoch: int
    reviews: int


@dataclass(frozen=True)
class EpochDone:
    """An epoch, counted from 1, has been trained and validated; the history has its record."""

    epoch: int
    is_best: bool
    """Whether its validation loss is the lowest so far."""


def train_epochs(
    state: TrainingState,
    task: Task,
    batches_of: Callable[[int], EqualLengthIterator],
    validation: EqualLengthIterator,
    config: TrainingConfig,
    autocast: torch.dtype | None = None,
    ranks: Ranks | None = None,
) -> Iterator[StepDone | EpochDone]:
    """Train ``state`` to its last epoch or until it stops getting better.

    At each yield ``state`` is complete: the caller may save it, and continue from there later to
    the same weights.

    Args:
        state: fresh, or loaded from a checkpoint.
        task: what is learnt.
        batches_of: from an epoch's number, counted from 0, to its batches in order.
        validation: the batches whose loss decides which epoch is the best.
        config: the section ``training``.
        autocast: the type of mixed precision, or None.
        ranks: the processes that train together, each with its part of the batches; None for one.

    Raises:
        DivergedError: the loss is no longer a number.
        RankLostError: another process has ended; ``state`` is that after the last whole step.
        DeviceError: the device's memory doesn't hold a batch.
    """
    counters, ranks = state.counters, ranks or Ranks()
    _keep_freed_memory()
    while counters.epoch < config.epochs and not _out_of_patience(state, config):
        batches = batches_of(counters.epoch)
        batches.skip(counters.batch)
        # As if all epochs had as many batches; with weighted sampling they differ by a few.
        before, steps = (len(batches) * epochs for epochs in (counters.epoch, config.epochs))
        started = time.monotonic()
        state.network.train()
        for batch in batches:
            rate = learning_rate(before + counters.batch, steps, config)
            reviews = _take_step(state, task, batch, rate, config, autocast, ranks)
            now = time.monotonic()
            counters.seconds, started = counters.seconds + now - started, now
            yield StepDone(counters.epoch + 1, reviews)
        state.network.eval()
        scored = ranks.gathered(task.scored(state.network, validation))
        # The first one's word: elsewhere the last bits might choose another epoch.
        validated = ranks.from_first(task.validated(*scored))
        counters.seconds += time.monotonic() - started
        # Computed anew: a training resumed at the epoch's end didn't take the last step itself.
        rate = learning_rate(before + counters.batch - 1, steps, config)
        is_best = _end_epoch(state, task, validated, rate)
        yield EpochDone(counters.epoch, is_best)


def _keep_freed_memory() -> None:
    """Let the allocator keep what a step frees, for the next one.

    glibc hands up to twice the largest block freed so far, at most 64 MB, to the next request; more
    than that it gives back to the system, whose pages then cost up to a twentieth of a step
    (mallopt(3), M_MMAP_THRESHOLD).
    """
    torch.empty(LARGEST_BLOCK, dtype=torch.uint8)


LARGEST_BLOCK = (32 << 20) - (16 << 10)
"""Bytes, just under glibc's upper limit for this."""


def _take_step(
    state: TrainingState,
    task: Task,
    batch: Any,
    rate: float,
    config: TrainingConfig,
    autocast: torch.dtype | None,
    ranks: Ranks,
) -> int:
    """Learn from one batch and count it; return its number of reviews, other processes' too."""
    optimizers = state.optimizers.values()
    units, reviews = batch.text.positions.shape  # T, B
    set_learning_rate(optimizers, rate)
    for optimizer in optimizers:
        optimizer.zero_grad()
    ranks.seed_step(config.seed, state.counters.step)
    try:
        result = backward(state.network, task, batch, config.adversarial_norm, autocast)
        seen = result.loss.new_full((), result.examples)
        sums = torch.stack([result.loss * seen, seen, *result.tally])  # [4]
        sums = ranks.sum_gradients(state.network, batch.share, sums)
        clip_gradients(state.network.dense_parameters(), config.clip_norm)
        for optimizer in optimizers:
            optimizer.step()
    except torch.OutOfMemoryError as error:
        raise DeviceError(
            "{device} ran out of memory at a batch of {reviews} reviews of {units} units; "
            "use a smaller training.batch_size",
            device=state.totals.device,
            reviews=reviews,
            units=units,
        ) from error
    # Summed on the device: reading a number back at every step would stall a GPU.
    state.totals += sums
    state.counters.batch += 1
    state.counters.step += 1
    state.counters.seen += batch.reviews
    return int(batch.reviews)


def _end_epoch(state: TrainingState, task: Task, validated: Validated, rate: float) -> bool:
    """Record an epoch by its totals and its validation; return whether it is the best so far."""
    counters = state.counters
    counters.epoch += 1
    losses, examples, metrics, with_metric = state.totals.tolist()
    train_loss, metric = losses / examples, task.metric.name
    # The last step of an epoch may ruin the weights after the last training loss was taken.
    if not (math.isfinite(train_loss) and math.isfinite(validated.loss)):
        raise DivergedError(
            "the loss is no longer a number after epoch {epoch}; use a lower "
            "training.learning_rate, or training.clip_norm = 1.0",
            epoch=counters.epoch,
        )
    counters.history.append(
        {
            "epoch": counters.epoch,
            "step": counters.step,
            "learning_rate": rate,
            "train_loss": train_loss,
            f"train_{metric}": task.metric_value(metrics, with_metric),
            "validation_loss": validated.loss,
            f"validation_{metric}": validated.metric,
            "seconds": round(counters.seconds, 3),
        }
    )
    is_best = validated.loss < counters.best_loss
    if is_best:
        state.keep_as_best(validated.loss)
    counters.batch = counters.seen = 0
    state.totals.zero_()
    return is_best


def _out_of_patience(state: TrainingState, config: TrainingConfig) -> bool:
    since_best = state.counters.epoch - max(state.counters.best_epoch, state.extended_at)
    return bool(config.patience and since_best >= config.patience)
