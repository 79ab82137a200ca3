"""What int8 tables cost and save: a model beside its own `nsmc export --int8`.

Accuracy and agreement are taken on the reviews that the model's own training held back for
validation, which is what the choice between the two rests on.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from benchmarks.common import in_turn, median_ratio

from experiments.experiment import Experiment, Results
from nsmc.config.schema import Config
from nsmc.data.cache import training_corpus
from nsmc.data.corpus import Encoding
from nsmc.data.splits import split_rows
from nsmc.exporting.quantization import export
from nsmc.inference.classifier import load
from nsmc.inference.directory import open_model


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Export, score with both and compare."""
    full = open_model(args.model)
    task = full.task
    corpus = training_corpus(args.data, Encoding(Config().text, label_columns=task.label_columns()))
    share, seed = full.config.data.validation, full.config.data.split_seed
    _, rows = split_rows(len(corpus), share, seed)
    held_back = corpus.take(rows)
    reviews = list(held_back.units())
    with tempfile.TemporaryDirectory() as place:
        small = export(full.path, Path(place) / "int8", int8=True)
        paths = {"float16": full.path, "int8": small}
        sizes = {k: sum(f.stat().st_size for f in p.iterdir()) for k, p in paths.items()}
        scores = {k: load(p).score_morphemes(reviews) for k, p in paths.items()}
        loading = in_turn(args.rounds, {k: lambda p=p: _loading(p) for k, p in paths.items()})  # type: ignore[misc]
        scoring = in_turn(
            args.rounds,
            {k: lambda p=p: _scoring(p, reviews) for k, p in paths.items()},  # type: ignore[misc]
        )
    labels = task.corpus_targets(held_back)[:, 0] > 0
    moved = np.abs(scores["float16"] - scores["int8"])
    positive = {name: score >= full.threshold for name, score in scores.items()}
    yield {
        "data": f"{args.data_name}, the {len(rows):,} reviews held back for validation",
        "reviews": len(rows),
        "accuracy": {name: float((side == labels).mean()) for name, side in positive.items()},
        "agreement": float((positive["float16"] == positive["int8"]).mean()),
        "probability moved": {"mean": float(moved.mean()), "most": float(moved.max())},
        "bytes": sizes,
        "loading, float16 / int8": median_ratio(loading["int8"], loading["float16"]),
        "scoring, float16 / int8": median_ratio(scoring["int8"], scoring["float16"]),
        "seconds": {"loading": loading, "scoring": scoring},
    }


def _loading(path: Path) -> float:
    started = time.perf_counter()
    load(path)
    return time.perf_counter() - started


def _scoring(path: Path, reviews: list[list[str]]) -> float:
    # From a fresh start, because int8 costs where rows are looked up for the first time.
    classifier = load(path)
    started = time.perf_counter()
    classifier.score_morphemes(reviews)
    return time.perf_counter() - started


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, metavar="DIR", help="one with tables in float16")
    parser.add_argument("--rounds", type=int, default=7)


EXPERIMENT = Experiment(run, add_arguments=_add_arguments)
