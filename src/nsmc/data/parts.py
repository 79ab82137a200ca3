"""Which reviews of a corpus are learnt from, and which are held back to validate on.

Shapes: R reviews of a corpus, copies of others among them.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.config.data import DataConfig
from nsmc.data.batches import split_rows
from nsmc.data.corpus import Corpus
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.errors import DataError

if TYPE_CHECKING:
    from nsmc.tasks.task import Task

Rows = NDArray[np.int64]


def wanted_columns(task: "Task", config: DataConfig) -> list[LabelColumnSpec]:
    """The columns of a table that a training reads besides the comments: the task's come first."""
    marked = [LabelColumnSpec(config.validation_column)] if config.validation_column else []
    return [*task.label_columns(), *marked]


def training_parts(
    corpus: Corpus, config: DataConfig, strata: NDArray[np.int64] | None
) -> tuple[Rows, Rows]:
    """Rows to learn from and rows to validate on, each in rising order.

    A noisy copy of a review is learnt from where its original is, and never validated on.

    Args:
        corpus: R reviews.
        config: which are held back: those marked, or a share of all.
        strata: [R] as `nsmc.data.batches.split_rows` takes them, for the share.

    Raises:
        DataError: a mark is neither 0, 1 nor empty, or a part is empty.
    """
    originals = corpus.originals  # the first rows of the corpus
    if config.validation_column:
        column = corpus.labels[config.validation_column]
        source = corpus.source["name"]
        numbers = column.numbers()  # [names]
        wrong = [i for i, number in enumerate(numbers) if number not in (0, 1)]
        column.refuse(wrong, source, "0, 1 (to validate on) or nothing", empty_too=False)
        # The last one is for an empty cell.
        validates = np.append(numbers == 1, False)[column.codes[:originals]]  # [originals]
        training, validation = np.flatnonzero(~validates), np.flatnonzero(validates)
        if not (len(training) and len(validation)):
            raise DataError(
                f"{source}, column {column.name!r}: expected reviews to learn from (0) and reviews "
                f"to validate on (1), found {len(training):,} and {len(validation):,}"
            )
    else:
        if originals < 2:
            raise DataError(
                "expected at least 2 reviews, one to train and one to validate; found 1"
            )
        groups = None if strata is None else strata[:originals]
        training, validation = split_rows(originals, config.validation, config.split_seed, groups)
    if corpus.copies is not None:
        learnt = np.zeros(originals, dtype=bool)
        learnt[training] = True
        training = np.append(training, np.flatnonzero(learnt[corpus.copies]) + originals)
    return training, validation
