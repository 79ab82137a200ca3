"""The softmax of a language model in numpy: `nsmc.model.next_unit.NextUnitHead` has its equations.

Shapes: N predictions, n of them in a group, H hidden size, V rows of the vocabulary, C classes of
a group.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.products import product
from nsmc.inference.recurrence import Floats, Integers
from nsmc.tasks.metrics import log_softmax

AT_ONCE = 1 << 22
"""Logits in memory at once."""


class NextUnit:
    """Log probabilities of units from the states that predict them.

    Args:
        weights: the network's parameters under torch's names, float32.
        ends: of `nsmc.tasks.language_model.group_ends`.
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]], ends: list[int]) -> None:
        self._ends = ends
        self._first: Floats = weights["head.first.weight"].T  # [H, C]
        self._bias: Floats = weights["head.first.bias"]  # [C]
        others = range(len(ends) - 1)
        self._down: list[Floats] = [weights[f"head.down.{i}.weight"].T for i in others]
        self._up: list[Floats] = [weights[f"head.up.{i}.weight"].T for i in others]

    def log_probabilities(self, states: Floats, rows: Integers) -> NDArray[np.float64]:
        """Log probabilities [N] (nats) of the units in ``rows`` [N] after states [N, H]."""
        groups = np.searchsorted(self._ends, rows, side="right")  # [N]
        classes = np.where(groups == 0, rows, self._ends[0] + groups - 1)  # [N]
        logs = _log_softmax_at(states, self._first, self._bias, classes)  # [N]
        for index, (down, up) in enumerate(zip(self._down, self._up, strict=True)):
            of_group = np.flatnonzero(groups == index + 1)  # [n]
            short = product(states[of_group], down)  # [n, fewer than H]
            logs[of_group] += _log_softmax_at(short, up, None, rows[of_group] - self._ends[index])
        return logs

    def all_log_probabilities(self, state: Floats) -> NDArray[np.float64]:
        """Log probabilities [V] of every unit after the state [H]."""
        first = log_softmax(state @ self._first + self._bias)  # [C]
        short = self._ends[0]
        parts = [first[:short]]
        for group, down, up in zip(first[short:], self._down, self._up, strict=True):
            parts.append(group + log_softmax(state @ down @ up))
        return np.concatenate(parts)


def _log_softmax_at(
    states: Floats, weight: Floats, bias: Floats | None, classes: Integers
) -> NDArray[np.float64]:
    """log softmax [N] of states [N, H] at one class each [N], a few at a time."""
    logs = np.empty(len(states))  # [N]
    size = max(1, AT_ONCE // weight.shape[1])
    for start in range(0, len(states), size):
        logits = product(states[start : start + size], weight)  # [some, C]
        if bias is not None:
            logits += bias
        logits -= logits.max(axis=1, keepdims=True)
        chosen = logits[np.arange(len(logits)), classes[start : start + size]]  # [some]
        np.exp(logits, out=logits)
        logs[start : start + size] = chosen - np.log(logits.sum(axis=1, dtype=np.float64))
    return logs
