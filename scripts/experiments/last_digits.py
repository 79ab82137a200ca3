"""How far a comment's score depends on the comments beside it.

Reviews of the training file that validate are scored in one batch, in another order, and each
alone, under OpenBLAS's kernels for AVX-512 and for AVX2. The seconds are of processor time,
everything on one thread.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from check_processors import KERNELS, can_run, environment
from numpy.typing import NDArray

from experiments.experiment import Experiment, Results, cpu_seconds
from experiments.words import validation_reviews
from nsmc.inference.classifier import Classifier, load
from nsmc.inference.directory import WEIGHTS
from nsmc.inference.products import rounds_alike
from nsmc.storage.files import sha256_of

DECIMALS = (6, 5, 4)
REACH = 2e-7
"""A probability this near to where rounding changes may be rounded otherwise in another batch."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score in three ways under each kernel, in a process of its own."""
    results: Results = {"reviews": args.reviews, "kernels": {}}
    for kernel in KERNELS["x86_64"][:2]:
        if not can_run(kernel):
            continue
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(args.data), str(args.reviews)],
            env={**environment(kernel), "PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
            stdout=subprocess.PIPE,
        )
        measured = json.loads(done.stdout)
        results["weights_sha256"] = measured.pop("weights_sha256")
        results["kernels"][kernel] = measured
        yield results


def measure(data: Path, reviews: int) -> Results:
    """Score in three ways under this process's kernel."""
    classifier = load()
    texts, _ = validation_reviews(data)
    texts = texts[:reviews]
    classifier.score(texts)  # vectors of units are made once
    batch, batch_seconds = _scored(classifier, [texts])
    alone, alone_seconds = _scored(classifier, [[text] for text in texts])
    order = np.random.default_rng(0).permutation(len(texts))
    mixed, _ = _scored(classifier, [[texts[place] for place in order]])
    fraction = {n: np.abs((_positive(batch) * 10**n) % 1 - 0.5) / 10**n for n in DECIMALS}
    return {
        "weights_sha256": sha256_of(classifier.model.path / WEIGHTS),
        "rounds alike": rounds_alike(),
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

if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
