"""How far a comment's score depends on the comments beside it, and what it would cost if it didn't.

Reviews of the training file that validate are scored in one batch, in another order, and each
alone. A score that another batch could round otherwise might be computed alone; the seconds are of
processor time, everything on one thread.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.experiment import Experiment, Results, cpu_seconds
from experiments.words import validation_reviews
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import WEIGHTS
from nsmc.storage.files import sha256_of

DECIMALS = (6, 5, 4)
REACH = 2e-7
"""A probability this near to where rounding changes may be rounded otherwise in another batch."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score in three ways."""
    classifier = load()
    texts, _ = validation_reviews(args.data)
    texts = texts[: args.reviews]
    classifier.score(texts)  # vectors of units are made once
    batch, batch_seconds = _scored(classifier, [texts])
    alone, alone_seconds = _scored(classifier, [[text] for text in texts])
    order = np.random.default_rng(0).permutation(len(texts))
    mixed, _ = _scored(classifier, [[texts[place] for place in order]])
    fraction = {n: np.abs((_positive(batch) * 10**n) % 1 - 0.5) / 10**n for n in DECIMALS}
    yield {
        "weights_sha256": sha256_of(classifier.model.path / WEIGHTS),
        "reviews": len(texts),
        "alone": _differences(batch, alone),
        "another order": _differences(batch, mixed[np.argsort(order)]),
        "within reach of a boundary": {n: float((fraction[n] < REACH).mean()) for n in DECIMALS},
        "seconds": {"batch": round(batch_seconds, 2), "alone": round(alone_seconds, 2)},
    }


def _scored(
    classifier: Classifier[Any], chunks: Sequence[list[str]]
) -> tuple[NDArray[np.float32], float]:
    started = cpu_seconds()
    log_odds = np.concatenate([classifier.score(chunk)[0][:, 0] for chunk in chunks])
    return log_odds, cpu_seconds() - started


def _positive(log_odds: NDArray[np.float32]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-log_odds.astype(np.float64)))


def _differences(some: NDArray[np.float32], others: NDArray[np.float32]) -> Results:
    p, q = _positive(some), _positive(others)
    return {
        "differ": float((some != others).mean()),
        "log odds at most": float(np.abs(some - others).max()),
        "probability at most": float(np.abs(p - q).max()),
        "rounded differ": {n: float((p.round(n) != q.round(n)).mean()) for n in DECIMALS},
    }


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reviews", type=int, default=1_500, metavar="N", help="at most")


EXPERIMENT = Experiment(run, add_arguments=_add_arguments)
