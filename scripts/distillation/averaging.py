"""Between a model and what further training made of it: the average of their weights.

Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022: of a model that was trained
further for robustness, weights in between keep most of what it won and lose little of what it had.

Letters: V rows of the later model's vocabulary, E embedding size, R reviews.
"""

from pathlib import Path
from typing import Any

import numpy as np
from distillation.joining import Floats, figures
from numpy.typing import NDArray

from nsmc.runtime.classifier import load
from nsmc.runtime.directory import ModelDirectory, open_model, write_model
from nsmc.runtime.tables import WORDS


def average(
    before: Path, after: Path, share: float, output: Path, texts: list[str], truth: Floats
) -> None:
    """Write a model whose weights are ``share`` of the later model's and the rest of the earlier's.

    Args:
        before: the model directory that the training of ``after`` started from.
        after: its model directory; no table of either is in int8.
        share: from 0 to 1.
        output: the model directory to write.
        texts: [R] validation reviews, for the figures that the directory tells.
        truth: [R] their labels.

    Raises:
        KeyError: the models don't have the same parameters.
    """
    first, second = open_model(before), open_model(after)
    earlier, later = first.weights(), second.weights()
    earlier[WORDS] = _in_order(earlier[WORDS], first, second, later[WORDS])
    mixed = {
        name: (
            (1 - share) * earlier[name].astype(np.float32) + share * values.astype(np.float32)
        ).astype(values.dtype)
        for name, values in later.items()
    }

    def write(metrics: dict[str, Any]) -> None:
        write_model(
            output,
            config=second.config,
            task_state=second.task_state,
            identity=second.identity,
            threshold=second.threshold,
            vocabulary=second.vocabulary,
            weights=mixed,
            metrics=metrics,
            learned=second.learned,
            seen=second.seen,
        )

    metrics = {**second.metrics, "share_of_the_later": share}
    write(metrics)
    classifier = load(output)
    said = classifier.outputs_of([classifier.tokenizer(text) for text in texts])[:, 0]
    found = figures(np.nan_to_num(said.astype(np.float64)), truth)
    validation = {
        "reviews": len(truth),
        "loss": found["log_loss"],
        "accuracy": found["accuracy"],
    }
    write({**metrics, "validation": validation})


def _in_order(
    table: NDArray[Any], first: ModelDirectory, second: ModelDirectory, other: NDArray[Any]
) -> NDArray[Any]:
    """The earlier model's rows [V, E] by the later vocabulary; the later's where it has none."""
    place = {unit: row for row, unit in enumerate(first.vocabulary)}
    found = other.copy()
    for row, unit in enumerate(second.vocabulary):
        if unit in place:
            found[row] = table[place[unit]]
    return found
