"""Who judges the labels: networks trained on the table itself, or a model.

Shapes: R comments, C classes.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc._version import __version__
from nsmc.auditing.comments import Progress
from nsmc.auditing.folds import assign_folds
from nsmc.auditing.out_of_fold import (
    fold_directory,
    is_finished,
    out_of_fold_probabilities,
    score_corpus,
)
from nsmc.auditing.workdir import claimed_work
from nsmc.config.schema import Config
from nsmc.inference.classifier import Classifier, load
from nsmc.tasks.predictions import ClassPredictions

if TYPE_CHECKING:
    from nsmc.data.corpus import Corpus


@dataclass(frozen=True, eq=False)
class Judged:
    """R comments, scored."""

    probabilities: NDArray[np.float64]
    """[R, C] of each label."""
    dealt: NDArray[np.int64]
    """[R] which of the judges scored each."""
    judges: list[Classifier]
    """The networks that did."""


@contextlib.contextmanager
def judged_by_folds(
    corpus: "Corpus",
    choices: ClassPredictions,
    groups: NDArray[np.int64],
    folds: int,
    config: Config,
    work: Path | None,
    *,
    columns: list[str | None],
    device: str,
    report: Progress,
    tell: Callable[[str], None],
) -> Iterator[Judged]:
    """Score each comment by a network that hasn't learnt from it; the networks live in the block.

    Args:
        corpus: R comments.
        choices: their labels.
        groups: [R] as `nsmc.auditing.folds.same_comments` gives them.
        folds: networks to train.
        config: their recipe.
        work: where they are kept; None takes a place in the user's cache.
        columns: the text and the label columns, which tell one audit of a file from another.
        device: as `nsmc.model.device.choose_device` takes it.
        report: hears of comments trained on.
        tell: is told what a person should know.

    Raises:
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the work directory is in use, of another audit, or can't be written.
    """
    record = {
        "sha256": corpus.source["sha256"],
        "columns": columns,
        "folds": folds,
        "config": config.to_dict(),
        "identity": corpus.identity,
        "nsmc": __version__,
    }
    with claimed_work(work, record) as place:
        before = sum(is_finished(place, fold) for fold in range(folds))
        tell(
            f"training {folds} networks, each on {1 - 1 / folds:.0%} of {len(groups):,} comments, "
            f"to score the rest; they are kept in {place}"
            + (f", {before} of them since an earlier audit" if before else "")
        )
        dealt = assign_folds(groups, choices.labels, folds, config.data.split_seed)  # [R]
        probabilities = out_of_fold_probabilities(
            corpus, choices.values, dealt, config, place, device=device, progress=report, warn=tell
        )
        judges = [load(fold_directory(place, fold).path) for fold in range(folds)]
        yield Judged(probabilities, dealt, judges)


def judged_by_model(
    classifier: Classifier, corpus: "Corpus", choices: ClassPredictions, report: Progress
) -> Judged:
    """Score each comment by a model.

    Args:
        classifier: the model.
        corpus: R comments, cut by its tokenizer.
        choices: their labels.
        report: hears of comments scored.
    """
    found: list[NDArray[np.float64]] = []
    total, done = len(corpus), 0
    for part in score_corpus(classifier, corpus, np.arange(total), choices.values):
        found.append(part)
        done += len(part)
        report("scoring", done, total)
    return Judged(np.concatenate(found), np.zeros(total, dtype=np.int64), [classifier])
