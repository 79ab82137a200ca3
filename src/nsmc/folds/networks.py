"""A network for each fold, trained on the others.

Shapes: R comments, S of them to learn from.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.corpus import Corpus
from nsmc.messages.translate import tr
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.training.run import Event, Listener
    from nsmc.training.state import TrainingState

Progress = Callable[[str, int, int], None]
"""Called with the name of a stage, the comments done and the comments in all."""
Say = Callable[[str], None]
"""Called with a message for a person."""


def summed(progress: Progress, stage: str) -> Callable[[int, int], None]:
    """Give a function of the comments just done and in all, which adds up for ``progress``."""
    done = 0

    def advance(count: int, total: int) -> None:
        nonlocal done
        done += count
        progress(stage, done, total)

    return advance


def train_fold(
    config: Config,
    corpus: Corpus,
    held_out: NDArray[np.bool_],
    output: OutputDirectory,
    device: str,
    listen: "Listener",
    warn: Say,
) -> None:
    """Train a network on the comments that aren't held out [R], unless that was done before.

    A training that was interrupted goes on from its newest checkpoint.

    Raises:
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the loss is no longer a number, or the directory can't be written.
    """
    if not output.has_ended():
        from nsmc.training.run import run_training

        output.path.mkdir(exist_ok=True)
        run_training(
            config,
            without(corpus, held_out),
            output,
            device=device,
            resume=True,
            listen=listen,
            warn=warn,
        )
    output.finish(extendable=False)


def without(corpus: Corpus, held_out: NDArray[np.bool_]) -> Corpus:
    """The corpus without some of its comments [R], nor their noisy copies."""
    rows = np.flatnonzero(~held_out)  # [S]
    if corpus.copies is None:
        return corpus.take(rows)
    place = np.full(len(held_out), -1, np.int64)  # [R]
    place[rows] = np.arange(len(rows))
    copies = place[corpus.copies]  # [copies]
    taken = np.append(rows, np.flatnonzero(copies >= 0) + len(held_out))
    return dataclasses.replace(corpus.take(taken), copies=copies[copies >= 0])


def fold_listener(
    fold: int, folds: int, comments: int, epochs: int, progress: Progress
) -> "Listener":
    """Report the training of one fold as a part of all of them."""
    size = 1

    def listen(event: "Event", state: "TrainingState") -> None:
        from nsmc.training.run import Started

        nonlocal size
        if isinstance(event, Started):
            size = event.training
        counters = state.counters
        # As if each fold trained on all comments: the sum must not differ from fold to fold.
        passes = fold * epochs + counters.epoch + counters.seen / size
        progress(
            tr(
                "fold {fold}/{folds}, epoch {epoch}/{epochs}",
                fold=fold + 1,
                folds=folds,
                epoch=min(counters.epoch + 1, epochs),
                epochs=epochs,
            ),
            round(passes * comments),
            folds * epochs * comments,
        )

    return listen


def training_words(folds: int, comments: int, place: Path) -> str:
    """What is about to be trained, for a person."""
    return tr(
        "training {folds} networks, each on {share:.0%} of {count:,} comments, to score "
        "the rest; they are kept in {place}",
        folds=folds,
        share=1 - 1 / folds,
        count=comments,
        place=place,
    )
