"""How far a comment's score depends on the comments beside it.

Reviews of the training file that validate are scored in one list, in another order, in lists of
one, and each as one comment (`nsmc.inference.products.one_comment`), under each kernel of OpenBLAS.
The seconds are of processor time, everything on one thread.
"""

import argparse
import json
import os
import statistics
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
from nsmc.inference.products import one_comment, rounds_alike
from nsmc.storage.files import sha256_of

REPEATS = 15
"""Times that the list is scored in either way; the median counts."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Score in four ways under each kernel, in a process of its own."""
    results: Results = {"reviews": args.reviews, "kernels": {}}
    for kernel in KERNELS["x86_64"]:
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
    """Score in four ways under this process's kernel."""
    classifier = load()
    texts, _ = validation_reviews(data)
    texts = texts[:reviews]
    classifier.score(texts)  # vectors of units are made once
    batch, _ = _scored(classifier, [texts])
    seconds: dict[bool, list[float]] = {False: [], True: []}  # by whether the fast way is taken
    for way in [False, True] * REPEATS:
        with one_comment(way):
            seconds[way].append(_scored(classifier, [texts])[1])
    times = [ours / fast for ours, fast in zip(seconds[False], seconds[True], strict=True)]
    alone, alone_seconds = _scored(classifier, [[text] for text in texts])
    order = np.random.default_rng(0).permutation(len(texts))
    mixed, _ = _scored(classifier, [[texts[place] for place in order]])
    with one_comment():
        fast, fast_seconds = _scored(classifier, [[text] for text in texts])
    return {
        "weights_sha256": sha256_of(classifier.model.path / WEIGHTS),
        "rounds alike": rounds_alike(),
        "in lists of one": _differences(batch, alone),
        "another order": _differences(batch, mixed[np.argsort(order)]),
        "as one comment": _differences(batch, fast),
        "seconds": {
            "one list": round(statistics.median(seconds[False]), 2),
            "one list, the fast way": round(statistics.median(seconds[True]), 2),
            "one list, in times of the fast way": round(statistics.median(times), 2),
            "lists of one": round(alone_seconds, 2),
            "one comment": round(fast_seconds, 2),
        },
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
    }


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reviews", type=int, default=1_500, metavar="N", help="at most")


EXPERIMENT = Experiment(run, add_arguments=_add_arguments)

if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))))
