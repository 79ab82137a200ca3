"""A whole training: from a recipe and reviews to a model directory."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from nsmc.config.schema import Config
from nsmc.data.batches import EqualLengthIterator, make_dataset
from nsmc.data.corpus import Corpus
from nsmc.data.splits import split_corpus
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.model.device import autocast_type, choose_device, seed_everything
from nsmc.model.inputs import field_for
from nsmc.model.network import RecurrentNetwork, describe
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import Task, Validated
from nsmc.training.history import CurvesPicture, write_history, write_table
from nsmc.training.init_from import PretrainedModel, find_pretrained
from nsmc.training.loop import EpochDone, StepDone, train_epochs
from nsmc.training.optimizers import make_optimizers, supports_sparse
from nsmc.training.output import OutputDirectory
from nsmc.training.save import save_network, stored_weights
from nsmc.training.state import TrainingState, load_newest_checkpoint, save_checkpoint

VALIDATION_BATCH = 512


@dataclass(frozen=True)
class Started:
    """What is about to be trained; the first thing a listener hears."""

    device: torch.device
    parameters: list[tuple[str, tuple[int, ...], int]]
    """Name, shape and number of elements of each parameter."""
    training: int
    """Reviews in the training part."""
    validation: int
    """Reviews in the validation part."""
    epochs: int
    """Epochs at most."""
    vocabulary: int
    """Rows of the vocabulary."""
    corpus: Corpus
    task: Task
    """What is learnt."""
    start: PretrainedModel | None
    """The model whose weights it starts from, if any."""
    resumed_at: int
    """The step that a checkpoint brought back; 0 for a fresh start."""


Event = Started | StepDone | EpochDone
Listener = Callable[[Event, TrainingState], None]


@dataclass(frozen=True)
class Trained:
    """Where a finished training left its model, and how good that is."""

    model: Path
    metrics: dict[str, Any]
    task: Task


def run_training(
    config: Config,
    corpus: Corpus,
    output: OutputDirectory,
    *,
    device: str = "auto",
    resume: bool = False,
    listen: Listener | None = None,
    warn: Callable[[str], None] | None = None,
) -> Trained:
    """Train a recipe on an encoded corpus, writing into a directory that the caller has claimed.

    Each best epoch is written as a model directory at once, so an interrupted training leaves a
    model that scores; checkpoints allow it to go on.

    Args:
        config: the recipe.
        corpus: the encoded reviews.
        output: where everything goes.
        device: as `nsmc.model.device.choose_device` takes it.
        resume: continue from the newest whole checkpoint; without one, from the start.
        listen: hears each event.
        warn: is told what went wrong without ending the training.

    Raises:
        DeviceError: the device isn't there or ran out of memory.
        DataError: too few reviews to hold some back for validation.
        NsmcError: the loss is no longer a number, or the disk is full.
    """
    say = listen or (lambda event, state: None)
    where = choose_device(device)
    torch.set_num_threads(config.training.threads)
    autocast = autocast_type(config.training.precision, where)
    seed_everything(config.training.seed, where, deterministic=config.training.deterministic)
    source = corpus.source["name"]
    task = make_task(config).learn(corpus.labels, source)
    targets = task.corpus_targets(corpus)  # [R, K]
    train_rows, validation_rows = split_corpus(corpus, config.data, task.strata(targets))
    field = field_for(corpus, config.model, task)
    start = find_pretrained(config, output.path)
    field.count_vocabulary(train_rows, config.data, start.vocabulary if start else ())
    vocabulary: list[str] = field.vocab.itos
    training_set = make_dataset(field, train_rows, targets)
    weights = task.sampling(targets[train_rows])  # [training reviews] or None

    def batches_of(epoch: int) -> EqualLengthIterator:
        # Python mixes a tuple's hash from its integers alone, so this is the same in any process.
        seed = hash((config.training.seed, epoch))
        return EqualLengthIterator(
            training_set, config.training.batch_size, seed=seed, device=where, weights=weights
        )

    validation = EqualLengthIterator(
        make_dataset(field, validation_rows, targets), VALIDATION_BATCH, seed=None, device=where
    )
    network = RecurrentNetwork(len(vocabulary), config.model, task, sparse=supports_sparse(where))
    network.to(where)
    state = TrainingState(
        network,
        make_optimizers(network, config.training, where),
        # Exact to 2⁵³ examples; Apple's GPUs have no float64.
        totals=torch.zeros(
            4, device=where, dtype=torch.float32 if where.type == "mps" else torch.float64
        ),
    )
    resumed = resume and any(output.checkpoints.glob("step-*"))
    if start and not resumed:
        letters = config.model.subword_letters
        start = start.load_into(network, vocabulary, output.path, letters=letters, task=task)
    if resumed:
        for damage in load_newest_checkpoint(state, output.checkpoints):
            if warn:
                warn(f"{damage}; the checkpoint before it was taken")
    say(
        Started(
            device=where,
            parameters=list(describe(network)),
            training=len(train_rows),
            validation=len(validation_rows),
            epochs=config.training.epochs,
            vocabulary=len(vocabulary),
            corpus=corpus,
            task=task,
            start=start,
            resumed_at=state.counters.step,
        ),
        state,
    )
    origin = {"init_from": start.record()} if start else {}
    texts = _training_texts(corpus, start, output.path, warn)
    picture = CurvesPicture(output.curves, task.metric)
    for event in train_epochs(state, task, batches_of, validation, config.training, autocast):
        if isinstance(event, EpochDone):
            write_history(state.counters.history, output.history)
            write_table(state.counters.history, output.table)
            picture.update(state.counters.history)
            # Before the model: one without checkpoints beside it is of a training that has ended.
            save_checkpoint(state, output.checkpoints)
            if event.is_best:
                metrics = _metrics(state, task, where, len(validation_rows)) | origin
                save_network(
                    output.model, network, vocabulary, config, corpus, task, metrics, texts
                )
        elif state.counters.step % config.training.checkpoint_steps == 0:
            save_checkpoint(state, output.checkpoints)
        say(event, state)
    picture.draw(state.counters.history)
    # Calibrate the best weights as they will be stored, and write them as the model.
    network.load_state_dict(state.best)
    network.eval()
    calibration = task.finish(network, validation)
    # The figures are of the model as stored, so the tables are rounded before they are taken.
    network.load_state_dict({k: torch.from_numpy(v) for k, v in stored_weights(network).items()})
    found = task.validate(network, validation)
    metrics = _metrics(state, task, where, len(validation_rows), found) | calibration | origin
    save_network(output.model, network, vocabulary, config, corpus, task, metrics, texts)
    return Trained(output.model, metrics, task)


def _training_texts(
    corpus: Corpus,
    start: PretrainedModel | None,
    output: Path,
    warn: Callable[[str], None] | None,
) -> TrainingTexts | None:
    """All texts of a training's file, validation part included, and of the model it starts from.

    None where those of the model aren't known: a part alone can't say that a text is not in it.
    """
    if start is None:
        return TrainingTexts.from_units(corpus.units())
    earlier = start.training_texts(output)
    if earlier is not None:
        return TrainingTexts.from_units(corpus.units()).union(earlier)
    if warn:
        warn(
            f"{start.path} doesn't tell which texts it was trained on, so the new model won't "
            "tell it either, and `nsmc evaluate` can't say which reviews it has seen"
        )
    return None


def _metrics(
    state: TrainingState,
    task: Task,
    device: torch.device,
    validation: int,
    found: Validated | None = None,
) -> dict[str, Any]:
    """What to record of a training: the validation by ``found``, or as the best epoch had it."""
    counters = state.counters
    metric = task.metric.name
    best = counters.history[counters.best_epoch - 1]
    return {
        "task": task.name,
        "best_epoch": counters.best_epoch,
        "epochs": counters.epoch,
        "seconds": round(counters.seconds, 1),
        "device": str(device),
        "validation": {
            "reviews": validation,
            "loss": found.loss if found else best["validation_loss"],
            metric: found.metric if found else best[f"validation_{metric}"],
        },
        "history": counters.history,
    }
