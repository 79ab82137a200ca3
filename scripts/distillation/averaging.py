"""Between a model and what further training made of it: the average of their weights.

Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022: of a model that was trained
further for robustness, weights in between keep most of what it won and lose little of what it had.

Shapes: V rows of the later model's vocabulary, E embedding size.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.directory import ModelDirectory, open_model, write_again
from nsmc.inference.quantized import SCALES, WORDS


def average(before: Path, after: Path, share: float, output: Path) -> None:
    """Write a model whose weights are ``share`` of the later model's and the rest of the earlier's.

    The validation metrics in the directory are the later model's.

    Args:
        before: the model directory that the training of ``after`` started from.
        after: its model directory; no table of either is in int8.
        share: from 0 to 1.
        output: the model directory to write.

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
    step = f"its weights averaged with those that it started from, {share:g} of its own"
    metrics = {**second.metrics, "after_training": [step]}
    write_again(second, output, weights=mixed, metrics=metrics)


def reorder(model: Path, like: Path, output: Path) -> None:
    """Write a model whose vocabulary is in the order of another's; units of its own come last.

    A training puts its own frequent units first. By their order is told how unfamiliar a comment
    is, and of all texts the first training knows more than a short one of composed comments. No
    score changes.
    """
    source, before = open_model(model), open_model(like)
    place = {unit: row for row, unit in enumerate(source.vocabulary)}
    units = dict.fromkeys(unit for unit in before.vocabulary if unit in place)
    units |= dict.fromkeys(source.vocabulary)
    rows = np.array([place[unit] for unit in units])  # [V]
    moved = (WORDS, SCALES[WORDS])
    weights = {n: v[rows] if n in moved else v for n, v in source.stored.items()}
    write_again(source, output, vocabulary=list(units), weights=weights, exit=source.exit)


def _in_order(
    table: NDArray[Any], first: ModelDirectory, second: ModelDirectory, other: NDArray[Any]
) -> NDArray[Any]:
    """The earlier model's rows [V, E] by the later vocabulary; the later's where it has none."""
    place = {unit: row for row, unit in enumerate(first.vocabulary)}
    result = other.copy()
    for row, unit in enumerate(second.vocabulary):
        if unit in place:
            result[row] = table[place[unit]]
    return result
