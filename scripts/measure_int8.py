"""What int8 tables cost and save: a model beside its own `nsmc export --int8`.

    python scripts/measure_int8.py --data DIR --data-name NSMC-R --model runs/…/model

Accuracy and agreement are taken on the reviews that the model's own training held back for
validation, which is what the choice between the two rests on. Figures go to
docs/results/int8.json.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.common import in_turn, measured_on, median_ratio

from nsmc.config.schema import Config
from nsmc.data.cache import training_corpus
from nsmc.data.splits import split_rows
from nsmc.exporting.quantization import export
from nsmc.inference.classifier import load
from nsmc.inference.directory import open_model
from nsmc.storage.bundle import write_json

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "results" / "int8.json"


def main() -> None:
    """Export, score with both, compare and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what the reviews in DIR are called")
    parser.add_argument("--model", type=Path, metavar="DIR", help="one with tables in float16")
    parser.add_argument("--rounds", type=int, default=7)
    args = parser.parse_args()
    full = open_model(args.model)
    task = full.task
    corpus = training_corpus(args.data, Config().text, label_columns=task.label_columns())
    share, seed = full.config.data.validation, full.config.data.split_seed
    _, rows = split_rows(len(corpus), share, seed)
    held_back = corpus.take(rows)
    reviews = [
        [corpus.morphemes[token] for token in held_back.tokens[start:end]]
        for start, end in zip(held_back.offsets, held_back.offsets[1:], strict=False)
    ]
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
    labels = task.targets(held_back.labels, held_back.source["name"])[:, 0] > 0
    moved = np.abs(scores["float16"] - scores["int8"])
    called = {name: found >= full.threshold for name, found in scores.items()}
    results: dict[str, Any] = {
        "data": f"{args.data_name}, the {len(rows):,} reviews held back for validation",
        "reviews": len(rows),
        "accuracy": {name: float((found == labels).mean()) for name, found in called.items()},
        "agreement": float((called["float16"] == called["int8"]).mean()),
        "probability moved": {"mean": float(moved.mean()), "most": float(moved.max())},
        "bytes": sizes,
        "loading, float16 / int8": median_ratio(loading["int8"], loading["float16"]),
        "scoring, float16 / int8": median_ratio(scoring["int8"], scoring["float16"]),
        "seconds": {"loading": loading, "scoring": scoring},
        "machine": measured_on(),
        "command": "python scripts/measure_int8.py --data DIR --data-name "
        f"{args.data_name} --model DIR",
    }
    write_json(RESULTS, results)
    print({k: v for k, v in results.items() if k not in ("seconds", "machine")})


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


if __name__ == "__main__":
    main()
