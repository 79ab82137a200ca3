"""A head and a wide layer for new labels, fitted alone before the rest is trained with them.

A layer of random numbers on top of a trained network spoils what is below it in its first steps
(Howard and Ruder, "Universal language model fine-tuning for text classification", ACL 2018). With
everything below held still, the head and the wide layer are one linear model, of the pooled states
and of the n-grams: with an L2 penalty it has one best fit, which few labels determine well.

Shapes: R reviews, P pooled size, G n-grams of all reviews, S distinct ones, K rows of the wide
layer, O outputs, T targets' numbers.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import embedding_bag

from nsmc.inference.wide import SCALE
from nsmc.model.network import RecurrentNetwork
from nsmc.model.pooling import pool
from nsmc.tasks.task import LabelTask
from nsmc.text.character_ngrams import character_ngrams

PENALTIES = (0.3, 1.0, 3.0, 10.0)
"""Inverse strengths of the penalty, as scikit-learn's C, weakest last."""
STATES = (0.5, 1.0)
"""Lengths of the pooled states beside those of n-grams, which are 1."""
ENOUGH = 200
"""Reviews of the validation part that choose one of each; with fewer, it is done by folds."""
FOLDS = 5
ACROSS_UNITS = 0.3
"""What an n-gram counts that was within no single unit: most of these are of chance neighbours."""
ITERATIONS = 60


class Features(NamedTuple):
    """What the linear model sees of R reviews, and what it is to say."""

    states: Tensor  # [R, P]
    grams: Tensor  # [G] rows of the wide layer, review after review
    counts: Tensor  # [R] how many each has
    targets: Tensor  # [R, T]


def fit_outputs(
    network: RecurrentNetwork,
    task: LabelTask,
    training: Iterable[Any],
    validation: Iterable[Any],
    units: Sequence[str],
) -> str:
    """Set the head and the wide layer to the best linear fit on what the network gives them.

    N-grams are weighted by their inverse document frequency, as TF-IDF does; the penalty then holds
    back the frequent ones more. All of it ends in the layers' own weights.

    Args:
        network: whose other layers stay as they are.
        task: of its outputs.
        training: batches to fit to, without noise.
        validation: batches by whose loss the strength of the penalty is chosen, if they are enough.
        units: the distinct ones of the reviews.

    Returns:
        What was fitted and how, for a person.
    """
    fit, held = (_features(network, batches) for batches in (training, validation))
    seen, grams = torch.unique(fit.grams, return_inverse=True)  # [S], [G]
    weights = _gram_weights(network, seen, grams, fit, units)  # [S]
    mean, deviation = fit.states.mean(dim=0), fit.states.std(dim=0, correction=0)  # [P]
    spread = (deviation + 1e-3) * fit.states.shape[1] ** 0.5  # [P]: states then have length 1
    # The last row is of n-grams that no training review has.
    place = torch.full((network.config.wide.buckets,), len(seen))
    place[seen] = torch.arange(len(seen))
    known = torch.cat([weights, torch.zeros(1)])[:, None]  # [S + 1, 1]
    fit, held = (
        one._replace(states=(one.states - mean) / spread, grams=ids)
        for one, ids in ((fit, grams), (held, place[held.grams]))
    )
    alone = len(held.counts) >= ENOUGH or len(fit.counts) < 2 * FOLDS
    pairs = [(fit, held)] if alone else list(folds(fit))
    errors = dict.fromkeys(itertools.product(STATES, PENALTIES), 0.0)
    for (some, others), scale in itertools.product(pairs, STATES):
        linear = _Linear(task, scale, len(spread), known)
        for penalty in PENALTIES:
            linear.fit(some, penalty)
            errors[scale, penalty] += linear.error(others).item() * len(others.counts)
    scale, penalty = min(errors, key=lambda one: errors[one])
    linear = _Linear(task, scale, len(spread), known)
    linear.fit(fit, penalty)
    head, table = linear.head.detach() * (scale / spread)[:, None], linear.table.detach() * known
    _write(network, head, linear.bias.detach()[0] - mean @ head, seen, table[:-1])
    return f"fitted: the head and {len(seen):,} n-grams (C {penalty:g}, states by {scale:g})"


class _Linear:
    """Weights of the states, of n-grams and of nothing, for features as they are scaled.

    ``known`` [S + 1, 1] weights the n-grams.
    """

    def __init__(self, task: LabelTask, scale: float, states: int, known: Tensor) -> None:
        self._task, self._scale, self._known = task, scale, known
        self.head, self.table, self.bias = (
            torch.zeros(size, task.outputs, requires_grad=True) for size in (states, len(known), 1)
        )

    def error(self, of: Features) -> Tensor:
        """The loss [] by which epochs are compared: balanced where the recipe balances classes."""
        outputs = self._scale * of.states @ self.head + self.bias  # [R, O]
        return self._task.validation_loss(outputs + _sums(self._known * self.table, of), of.targets)

    def fit(self, to: Features, penalty: float) -> None:
        """Go on to the least error with a penalty of an inverse strength."""
        parts, decay = [self.head, self.table, self.bias], 1 / (penalty * len(to.counts))
        optimizer = torch.optim.LBFGS(
            parts, max_iter=ITERATIONS, tolerance_change=1e-6, line_search_fn="strong_wolfe"
        )

        def closure() -> Tensor:
            optimizer.zero_grad()
            squares = sum(part.square().sum() for part in parts[:-1])
            penalized = self.error(to) + decay / 2 * squares
            penalized.backward()  # type: ignore[no-untyped-call]
            return penalized

        optimizer.step(closure)  # type: ignore[no-untyped-call]


def folds(features: Features) -> Iterator[tuple[Features, Features]]:
    """`FOLDS` times: reviews to fit to, and others."""
    fold = np.random.default_rng(0).permutation(len(features.counts)) % FOLDS  # [R]
    for number in range(FOLDS):
        apart = fold == number
        yield _picked(features, np.flatnonzero(~apart)), _picked(features, np.flatnonzero(apart))


def _picked(features: Features, rows: NDArray[np.int64]) -> Features:
    """The features of some reviews."""
    counts = features.counts.numpy()  # [R]
    starts, chosen = (np.cumsum(counts) - counts)[rows], counts[rows]
    places = np.repeat(starts - np.cumsum(chosen) + chosen, chosen) + np.arange(chosen.sum())
    return Features(
        features.states[rows], features.grams[places], features.counts[rows], features.targets[rows]
    )


@torch.no_grad()
def _write(
    network: RecurrentNetwork, head: Tensor, bias: Tensor, rows: Tensor, table: Tensor
) -> None:
    """Set the head to [P, O] and [O], and rows [S] of the wide layer to [S, O], others to 0."""
    network.get_parameter("head.weight").copy_(head.T)
    network.get_parameter("head.bias").copy_(bias)
    if network.wide is not None:
        whole = torch.zeros(network.wide.weight.shape)  # [K, O]
        whole[rows] = table / SCALE
        network.wide.weight.copy_(whole)


@torch.no_grad()
def _features(network: RecurrentNetwork, batches: Iterable[Any]) -> Features:
    """What the linear model sees of batches, on the CPU."""
    network.eval()
    config, none = network.config, torch.zeros(0, dtype=torch.int64)
    parts = []
    for batch in batches:
        text, label = batch.text, batch.label
        states = pool(network.encode(network.embed(text)), config.pooling, config.directions)
        grams = none if text.grams is None else text.grams
        counts = torch.zeros(len(label), dtype=torch.int64)
        counts = counts if text.gram_counts is None else text.gram_counts
        parts.append([part.cpu() for part in (states.float(), grams, counts, label)])
    return Features(*map(torch.cat, zip(*parts, strict=True)))


def _gram_weights(
    network: RecurrentNetwork, seen: Tensor, grams: Tensor, fit: Features, units: Sequence[str]
) -> Tensor:
    """Weights [S] of n-grams, by which a review's have length 1 or so."""
    wide, reviews = network.config.wide, len(fit.counts)
    if not len(seen):
        return torch.zeros(0)
    having = torch.bincount(grams, minlength=len(seen))  # [S] reviews with each
    weights = torch.log((1 + reviews) / (1 + having)) + 1  # [S]
    within = np.unique(character_ngrams([[u] for u in units], wide.longest, wide.buckets)[0])
    weights[~torch.isin(seen, torch.from_numpy(within))] *= ACROSS_UNITS
    squares = (weights.square()[grams]).sum() / fit.counts.float().mean() / reviews
    return weights / squares.sqrt()


def _sums(table: Tensor, of: Features) -> Tensor:
    """Σ of the rows of each review's n-grams, over the root of their number: [R, O]."""
    offsets = of.counts.cumsum(0) - of.counts  # [R]
    sums = embedding_bag(of.grams, table, offsets, mode="sum")  # [R, O]
    return sums / of.counts.clamp_min(1).sqrt()[:, None]
