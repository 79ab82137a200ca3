"""The training of a model's narrow network: it learns the whole model's outputs.

Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015.

Shapes: R comments, L of them learn, U distinct units, N units of all comments end to end, T units
of each comment of a batch, B comments of a batch, E embedding size, O outputs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import log_softmax, logsigmoid

from nsmc.config.model import ModelConfig
from nsmc.inference.narrow import narrow_config
from nsmc.inference.vectors import MorphemeVectors
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.task import LabelTask

EPOCHS = 4
BATCH = 64
LEARNING_RATE = 0.004
WARMUP = 200
"""Steps in which the step size rises."""
SQUARED = 0.05
"""What the squared error counts beside the cross-entropy, which hardly tells sure from surer."""
AT_ONCE = 1024
"""Comments of one length that are scored together."""

Floats = NDArray[np.float32]


def fit_narrow(
    vectors: MorphemeVectors,
    units: Sequence[Sequence[str]],
    learns: int,
    deep: Floats,
    added: Floats,
    config: ModelConfig,
    task: LabelTask,
    start: Mapping[str, NDArray[Any]],
) -> tuple[dict[str, NDArray[Any]], Floats]:
    """Train a narrow network of `ModelConfig.exit`'s ``hidden_size``.

    Args:
        vectors: the model's, which stay as they are.
        units: of R comments.
        learns: L, how many of them, the first, to learn from.
        deep: [R, O] the whole model's outputs without its wide layer's.
        added: [R, O] the wide layer's.
        config: the model's.
        task: of its outputs.
        start: the arrays of one to go on from; empty for a new one.

    Returns:
        The parameters under torch's names, and what it gives for all comments [R, O] but those
        without units, which get 0.
    """
    table, tokens = vectors(unit for one in units for unit in one)  # [U, E], [N]
    lengths = np.array([len(one) for one in units])  # [R]
    starts = np.cumsum(lengths) - lengths  # [R]
    data = (torch.from_numpy(table), torch.from_numpy(tokens), torch.from_numpy(starts))
    goal, beside = torch.from_numpy(deep), torch.from_numpy(added)  # [R, O] each
    rng = np.random.default_rng(0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = RecurrentNetwork(1, narrow_config(config, config.exit.hidden_size), task)
        del network.embedding  # of no use: its inputs are vectors
        if start:
            network.load_state_dict(
                {n: torch.from_numpy(start[n].astype(np.float32)) for n in network.state_dict()}
            )

    def outputs(rows: NDArray[np.int64]) -> Tensor:
        along = torch.arange(int(lengths[rows[0]]))[:, None] + data[2][rows]  # [T, B]
        given: Tensor = network.classify(data[0][data[1][along]])  # [B, O]
        return given

    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE)
    steps = EPOCHS * sum(1 for _ in _batches(lengths[:learns], BATCH, rng))

    def step_size(step: int) -> float:
        return min(1.0, (step + 1) / WARMUP) * max(0.02, 1 - step / steps)

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, step_size)
    for _ in range(EPOCHS):
        for rows in _batches(lengths[:learns], BATCH, rng):
            given, wanted = outputs(rows), goal[rows]  # [B, O] each
            cross = _log_shares(wanted + beside[rows]).exp() * _log_shares(given + beside[rows])
            loss = SQUARED * (given - wanted).square().mean() - cross.sum(dim=1).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    network.eval()
    all_outputs = np.zeros_like(deep)
    with torch.inference_mode():
        for rows in _batches(lengths, AT_ONCE, rng):
            all_outputs[rows] = outputs(rows).numpy()
    return {name: p.detach().numpy() for name, p in network.named_parameters()}, all_outputs


def _batches(
    lengths: NDArray[np.int64], size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Numbers of comments of one length each, in random order; empty ones are left out."""
    order = rng.permutation(len(lengths))  # [R]
    order = order[np.argsort(lengths[order], kind="stable")]
    groups = np.split(order, np.flatnonzero(np.diff(lengths[order])) + 1)
    batches = [
        group[start : start + size]
        for group in groups
        if len(group) and lengths[group[0]]
        for start in range(0, len(group), size)
    ]
    for place in rng.permutation(len(batches)):
        yield batches[place]


def _log_shares(outputs: Tensor) -> Tensor:
    """Log probabilities [B, C] of outputs [B, O]; one output is log odds."""
    if outputs.shape[1] == 1:
        return torch.cat([logsigmoid(outputs), logsigmoid(-outputs)], dim=1)  # [B, 2]
    return log_softmax(outputs, dim=1)
