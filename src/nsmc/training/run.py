"""A whole training: from a config and reviews to a model directory."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from nsmc._version import __version__
from nsmc.config.schema import Config
from nsmc.data.batches import EqualLengthIterator, make_dataset
from nsmc.data.corpus import Corpus
from nsmc.data.splits import split_corpus
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.messages.translate import tr
from nsmc.model.device import autocast_type, choose_device, seed_everything
from nsmc.model.inputs import field_for
from nsmc.model.network import RecurrentNetwork, describe
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import LabelTask, Task, Validated
from nsmc.training.early_exit import add_exit
from nsmc.training.history import draw_curves, write_history, write_table
from nsmc.training.init_from import PretrainedModel, find_pretrained
from nsmc.training.linear_start import fit_outputs
from nsmc.training.loop import EpochDone, StepDone, train_epochs
from nsmc.training.memory import VALIDATION_BATCH, Extent, check_memory
from nsmc.training.optimizers import make_optimizers, supports_sparse
from nsmc.training.output import OutputDirectory
from nsmc.training.ranks import RankLostError, Ranks
from nsmc.training.save import coverage, save_network, stored_weights
from nsmc.training.state import (
    TrainingState,
    checkpoints,
    load_newest_checkpoint,
    restore,
    save_checkpoint,
    snapshot,
)

FEW = 5
"""Reviews to validate on, below which a training warns."""
DIVERGING = 1e4
"""A validation loss that no task has by guessing."""
SECONDS_BETWEEN_PICTURES = 60
"""Drawing the curves takes longer than an epoch of a small network."""


@dataclass(frozen=True)
class Started:
    """What is about to be trained; the first thing a listener hears."""

    device: torch.device
    parameters: list[tuple[str, tuple[int, ...], int]]  # name, shape and size of each
    training: int  # reviews in that part
    validation: int  # reviews in that part
    epochs: int  # at most
    vocabulary: int  # its rows
    corpus: Corpus
    task: Task
    start: PretrainedModel | None  # whose weights it starts from, if any
    resumed_at: int  # the step that a checkpoint brought back; 0 for a fresh start
    processes: int  # that train together


Event = Started | StepDone | EpochDone
Listener = Callable[[Event, TrainingState], None]


@dataclass(frozen=True)
class Trained:
    """A finished training's model, and how good it is."""

    model: Path
    metrics: dict[str, Any] = field(repr=False)
    task: Task = field(repr=False)


def run_training(
    config: Config,
    corpus: Corpus,
    output: OutputDirectory,
    *,
    device: str,
    resume: bool,
    listen: Listener,
    warn: Callable[[str], None],
    ranks: Ranks | None = None,
) -> Trained:
    """Train a network on an encoded corpus, writing into a directory that the caller has claimed.

    Each best epoch is written as a model directory at once, so an interrupted training leaves a
    model that scores; checkpoints allow it to go on.

    With ``resume`` it continues from the newest whole checkpoint; without one, from the start.
    ``listen`` is called with each event, ``warn`` with what goes wrong without ending the training.
    ``device`` is as `nsmc.model.device.choose_device` takes it. Of ``ranks``, those that train
    together, only the first reads and writes the directory and is to give ``listen`` and ``warn``.

    Raises:
        RankLostError: another process has ended or hangs; the first has saved a checkpoint.
        DeviceError: the device isn't there or ran out of memory.
        DataError: too few reviews to hold some back for validation.
        NsmcError: the loss is no longer a number, or the disk is full.
    """
    ranks = ranks or Ranks()
    where = choose_device(device)
    torch.set_num_threads(config.training.threads)
    seed_everything(config.training.seed, where, deterministic=config.training.deterministic)
    task = make_task(config).learn(corpus.labels, corpus.source["name"])
    start = find_pretrained(config, output.path)
    data = _TrainingData(config, corpus, task, start.vocabulary if start else (), where, ranks)
    _warn_of_few(len(data.validation_rows), task, warn)
    extent = Extent.of(corpus, len(data.vocabulary), data.subwords)
    check_memory(config, task, where, extent)
    state = _initial_state(config, task, len(data.vocabulary), where)
    ranks.meet(where, _must_agree(config, corpus))
    if not ranks.first:
        pass
    elif resume and checkpoints(output.checkpoints):
        for damage in load_newest_checkpoint(state, output.checkpoints):
            warn(tr("{damage}; the checkpoint before it was taken", damage=damage))
        state.extended_at = output.extended_at()
    elif start:
        start = start.load_into(state.network, task, data.vocabulary, output.path)
        if config.training.linear_start and isinstance(task, LabelTask) and not start.has_head:
            start = replace(start, taken=f"{start.taken}, {_fit_outputs(state, task, data)}")
            start.keep(output.path)
    if ranks.count > 1:
        state.extended_at, saved = ranks.from_first((state.extended_at, snapshot(state)))
        restore(state, saved)
    listen(
        Started(
            device=where,
            parameters=list(describe(state.network)),
            training=len(data.training),
            validation=len(data.validation.dataset),
            epochs=config.training.epochs,
            vocabulary=len(data.vocabulary),
            corpus=corpus,
            task=task,
            start=start,
            resumed_at=state.counters.step,
            processes=ranks.count,
        ),
        state,
    )
    autocast = autocast_type(config.training.precision, where)
    epochs = train_epochs(
        state, task, data.batches, data.validation_part, config.training, autocast, ranks
    )
    if not ranks.first:
        for _ in epochs:
            pass
        ranks.part()
        return Trained(output.model, {}, task)
    origin = {"init_from": start.record()} if start else {}
    texts = _training_texts(corpus, start, output.path, warn)

    def write_model(validation: Validated | None, **further: Any) -> dict[str, Any]:
        metrics = _metrics(state, task, data, validation) | further | origin
        save_network(
            output.model, state.network, data.vocabulary, config, corpus, task, metrics, texts
        )
        return metrics

    drawn = time.monotonic()
    for event in _saved_if_lost(epochs, state, output):
        if isinstance(event, EpochDone):
            write_history(state.counters.history, output.history)
            write_table(state.counters.history, output.table)
            if time.monotonic() - drawn >= SECONDS_BETWEEN_PICTURES:
                draw_curves(state.counters.history, task.metric, output.curves)
                drawn = time.monotonic()
            # Before the model: one without checkpoints beside it is of a training that has ended.
            save_checkpoint(state, output.checkpoints)
            if event.is_best:
                write_model(None)
            loss = state.counters.history[-1]["validation_loss"]
            if loss > DIVERGING:
                warn(
                    tr(
                        "the validation loss is {loss:,.0f} after epoch {epoch}: the training "
                        "diverges; use a lower training.learning_rate, or training.clip_norm = 1.0",
                        loss=loss,
                        epoch=event.epoch,
                    )
                )
        elif state.counters.step % config.training.checkpoint_steps == 0:
            save_checkpoint(state, output.checkpoints)
        listen(event, state)
    ranks.part()
    draw_curves(state.counters.history, task.metric, output.curves)
    network = state.network
    network.load_state_dict(state.best)
    network.eval()
    calibration = task.finish(network, data.validation)
    # The metrics are those of the model as stored: its tables are rounded to float16 first.
    network.load_state_dict({k: torch.from_numpy(v) for k, v in stored_weights(network).items()})
    metrics = write_model(task.validate(network, data.validation), **calibration)
    if record := add_exit(output.model, corpus, data.rows, data.validation_rows, task):
        metrics["exit"] = record
    return Trained(output.model, metrics, task)


def _fit_outputs(state: TrainingState, task: LabelTask, data: "_TrainingData") -> str:
    """Fit the head and the n-grams' weights, as the first candidate for the best weights."""
    units = data.training.fields["text"].corpus.morphemes
    fitted = fit_outputs(state.network, task, data.in_order, data.validation, units)
    state.keep_as_best(task.validate(state.network, data.validation).loss)
    return fitted


def _must_agree(config: Config, corpus: Corpus) -> dict[str, str]:
    """What must be the same in all processes of a training, in short."""
    decides = {
        "versions": [__version__, torch.__version__],
        "configuration": config.to_dict(),
        "reviews": [corpus.source["sha256"], len(corpus)],
        "units": corpus.identity,
    }
    return {
        name: hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
        for name, value in decides.items()
    }


def _saved_if_lost(
    epochs: Iterator[StepDone | EpochDone], state: TrainingState, output: OutputDirectory
) -> Iterator[StepDone | EpochDone]:
    """The same; should another process be lost, the steps done so far are not."""
    try:
        yield from epochs
    except RankLostError:
        save_checkpoint(state, output.checkpoints)
        raise


def _warn_of_few(validation: int, task: Task, warn: Callable[[str], None]) -> None:
    """Report a validation part by which no epoch can be chosen."""
    answer = task.class_answer if isinstance(task, LabelTask) else None
    classes = len(answer.values) if answer else 0
    if validation < max(FEW, classes):
        warn(
            tr(
                "{validation:,} reviews to validate on are few, fewer than the {classes} classes: "
                "the choice of the best epoch and the metrics say little; give more reviews, or a "
                "larger data.validation"
                if validation < classes
                else "{validation:,} reviews to validate on are few: the choice of the best epoch "
                "and the metrics say little; give more reviews, or a larger data.validation",
                validation=validation,
                classes=classes,
            )
        )


class _TrainingData:
    """A corpus as batches to train on and to validate on, with the vocabulary of the first.

    The units in ``known`` get a row in the vocabulary whether the reviews have them or not.
    """

    def __init__(
        self,
        config: Config,
        corpus: Corpus,
        task: Task,
        known: Sequence[str],
        device: torch.device,
        ranks: Ranks,
    ) -> None:
        self.config, self.device = config.training, device
        self._part = ranks.rank, ranks.count
        targets = task.corpus_targets(corpus)  # [R, K]
        rows, self.validation_rows = split_corpus(corpus, config.data, task.strata(targets))
        self.rows = rows
        field = field_for(corpus, config.model, task)
        field.count_vocabulary(rows, config.data, known)
        self.vocabulary: list[str] = field.vocab.itos
        self.subwords = field.subwords
        self.training = make_dataset(field, rows, targets)
        held_out = make_dataset(field, self.validation_rows, targets)
        self.validation, self.validation_part = (
            EqualLengthIterator(held_out, VALIDATION_BATCH, seed=None, device=device, part=part)
            for part in ((0, 1), self._part)
        )
        self.in_order = EqualLengthIterator(
            self.training, VALIDATION_BATCH, seed=None, device=device
        )
        """The training part as it is scored: each review once."""
        self.coverage = coverage(corpus, self.validation_rows, self.vocabulary)
        self._weights = task.sampling(targets[rows])  # [training reviews] or None

    def batches(self, epoch: int) -> EqualLengthIterator:
        """The batches of an epoch, counted from 0, in its order."""
        # Python mixes a tuple's hash from its integers alone, so this is the same in any process.
        seed = hash((self.config.seed, epoch))
        size, weights = self.config.batch_size, self._weights
        return EqualLengthIterator(
            self.training, size, seed=seed, device=self.device, weights=weights, part=self._part
        )


def _initial_state(
    config: Config, task: Task, vocabulary: int, device: torch.device
) -> TrainingState:
    sparse = supports_sparse(device)
    network = RecurrentNetwork(vocabulary, config.model, task, sparse=sparse).to(device)
    # Exact to 2⁵³ examples; Apple's GPUs have no float64.
    dtype = torch.float32 if device.type == "mps" else torch.float64
    totals = torch.zeros(4, device=device, dtype=dtype)
    return TrainingState(network, make_optimizers(network, config.training, device), totals)


def _training_texts(
    corpus: Corpus, start: PretrainedModel | None, output: Path, warn: Callable[[str], None]
) -> TrainingTexts | None:
    """All texts of a training's file, validation part included, and of the model it starts from.

    None where those of the model aren't known: a part alone can't say that a text is not in it.
    """
    if start is None:
        return TrainingTexts.from_units(corpus.units())
    earlier = start.training_texts(output)
    if earlier is not None:
        return TrainingTexts.from_units(corpus.units()).union(earlier)
    warn(
        tr(
            "{path} doesn't tell which texts it was trained on, so the new model won't "
            "tell it either, and `nsmc evaluate` can't say which reviews it has seen",
            path=start.path,
        )
    )
    return None


def _metrics(
    state: TrainingState, task: Task, data: _TrainingData, validation: Validated | None
) -> dict[str, Any]:
    """The record of a training; without ``validation``, with the best epoch's own."""
    counters = state.counters
    metric = task.metric.name
    best = counters.history[counters.best_epoch - 1]
    return {
        "task": task.name,
        "best_epoch": counters.best_epoch,
        "epochs": counters.epoch,
        "seconds": round(counters.seconds, 1),
        "device": str(data.device),
        "validation": {
            "reviews": len(data.validation.dataset),
            "loss": validation.loss if validation else best["validation_loss"],
            metric: validation.metric if validation else best[f"validation_{metric}"],
        },
        "coverage": data.coverage,
        "history": counters.history,
    }
