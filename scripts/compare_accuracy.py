"""How accurate the models are beside what else one would use, on the same reviews, in one run.

    pip install fasttext-wheel
    python scripts/compare_accuracy.py --data DIR --data-name NSMC-R --work runs/accuracy

DIR holds ratings_train.txt and ratings_test.txt. Logistic regression on n-grams of morphemes and
of characters, fastText (left out where it isn't installed) and the classic BiLSTM are trained on
the first, but for the twentieth of it on which each chooses what is to be chosen; the models that
--ours names, or else the shipped one, are taken as they are. Each reads the second once. What a
contender gave is kept under --work, so an interrupted run goes on where it was; only speed is
measured anew each time, in rounds in which all take turns. Everything is on one thread. Figures go
to docs/results/accuracy.json, the table into docs/accuracy.md.
"""

import argparse
import importlib.util
import re
import shlex
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks import rivals
from benchmarks.common import measured_on
from benchmarks.rivals import Rival, Scorer, Split
from experiments.experiment import accuracy_of, measured_once
from machine import machine
from numpy.typing import NDArray
from pages import machine_line, put, table
from threadpoolctl import threadpool_limits

import nsmc
from nsmc.errors import DataError, UsageError
from nsmc.storage.bundle import read_json, write_json

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "accuracy.md"
RESULTS = ROOT / "docs" / "results" / "accuracy.json"
CHUNK = 2000
"""Comments scored at a time where speed isn't measured."""


def main() -> None:
    """Measure what is missing, then how fast all are, and write."""
    args = _arguments()
    # Imported first, so that its threads are among those that are limited.
    import sklearn.linear_model  # noqa: F401

    threadpool_limits(1)
    split = Split(args.data)
    claim(args.work, split)
    contenders, left_out = _contenders(args, split)
    for name, why in left_out.items():
        print(f"{name} is left out: {why}", file=sys.stderr, flush=True)
    unseen, result = split.unseen(), {}
    for name, (file, rival) in contenders.items():
        facts = rival.train()
        metrics = measured_once(file, lambda rival=rival: _measured(rival, split, unseen))  # type: ignore[misc]
        result[name] = {**metrics, **facts, "bytes": rival.bytes()}
        print(name, f"{result[name]['accuracy']:.2%}", file=sys.stderr, flush=True)
    scorers = {name: rival.open() for name, (_, rival) in contenders.items()}
    rates = speeds(scorers, split.test.texts, args.rounds, args.speed_reviews)
    results = {
        "data": args.data_name,
        **{
            part: {"reviews": len(reviews.texts), "sha256": reviews.sha256}
            for part, reviews in (("train", split.train), ("test", split.test))
        },
        "unseen": int(unseen.sum()),
        "contenders": {
            name: {
                **metrics,
                "reviews_a_second": statistics.median(rates[name]),
                "rates": rates[name],
            }
            for name, metrics in result.items()
        },
        "left_out": left_out,
        "speed_reviews": args.speed_reviews,
        "machine": {**measured_on(), **_version("scikit-learn")},
        "command": _command(args),
    }
    args.output.parent.mkdir(parents=True, exist_ok=True)
    write_json(args.output, results)
    if args.output == RESULTS:
        put(PAGE, as_table(results), "accuracy")
    print(as_table(results), end="")


def speeds(
    scorers: dict[str, Scorer], texts: list[str], rounds: int, count: int
) -> dict[str, list[float]]:
    """Reviews a second of each scorer in each round, from comments as typed.

    Every round has comments of its own, the same for all: what was met before is remembered by
    some.
    """
    rates: dict[str, list[float]] = {name: [] for name in scorers}
    for scorer in scorers.values():
        scorer(["첫 댓글은 사전을 엽니다"])
    for turn in range(rounds):
        part = [texts[(turn * count + place) % len(texts)] for place in range(count)]
        for name, scorer in scorers.items():
            started = time.perf_counter()
            scorer(part)
            rates[name].append(count / (time.perf_counter() - started))
    return rates


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    heads = ["", "test accuracy (95% interval)", "of unseen", "training", "on disk", "reviews/s"]
    rows = [
        [
            name,
            _accuracy(one),
            f"{one['unseen']['accuracy']:.2%}" if one["unseen"] else "–",
            _duration(one["training_seconds"]),
            f"{one['bytes'] / 1e6:,.1f} MB",
            f"{one['reviews_a_second']:,.0f}",
        ]
        for name, one in results["contenders"].items()
    ]
    train, test = results["train"]["reviews"], results["test"]["reviews"]
    about = (
        f"{results['data']}: {train:,} reviews to learn from and to choose on, {test:,} to test, "
        f"{results['unseen']:,} of them unseen. "
        f"{machine_line(results['machine'])}\n"
    )
    left_out = "".join(f"\nLeft out: {k}, {why}.\n" for k, why in results["left_out"].items())
    return f"{about}{left_out}\n{table(heads, rows)}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what the reviews in DIR are called")
    parser.add_argument("--work", type=Path, default=ROOT / "runs" / "accuracy", metavar="DIR")
    parser.add_argument(
        "--ours",
        action="append",
        default=[],
        type=_named,
        metavar="NAME=DIR",
        help="a model directory; can be given again; default: the shipped one",
    )
    parser.add_argument(
        "--ours-seconds",
        action="append",
        default=[],
        type=_named,
        metavar="NAME=SECONDS",
        help="how long its training took, where that isn't what its directory says",
    )
    parser.add_argument(
        "--default-recipe", action="store_true", help="train configs/default.toml here as well"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--speed-reviews", type=int, default=5000, help="of a round")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FILE")
    return parser.parse_args()


def _named(value: str) -> tuple[str, str]:
    name, equals, what = value.partition("=")
    if not (name.strip() and equals and what):
        raise argparse.ArgumentTypeError(f"expected NAME=…, found {value!r}")
    return name.strip(), what


def _contenders(
    args: argparse.Namespace, split: Split
) -> tuple[dict[str, tuple[Path, Rival]], dict[str, str]]:
    """Names to where figures are kept and what is measured; names to why one is left out."""
    result: dict[str, tuple[Path, Rival]] = {}
    left_out: dict[str, str] = {}

    def add(name: str, rival: Rival, mark: str = "") -> None:
        slug = re.sub(r"\W+", "-", name)
        file = args.work / f"measured-{slug}{mark}.json"
        if name in result or file in [other for other, _ in result.values()]:
            raise UsageError(
                f"expected names that differ in their letters, found {name!r} besides "
                f"{', '.join(map(repr, result))}; choose another with --ours"
            )
        result[name] = (file, rival)

    add(
        "TF-IDF of morpheme 1-2-grams, logistic regression",
        rivals.linear(split, args.work / "morphemes", characters=False),
    )
    add(
        "TF-IDF of character 1-4-grams, logistic regression",
        rivals.linear(split, args.work / "characters", characters=True),
    )
    fasttext = "fastText, morphemes, bigrams and character n-grams"
    if importlib.util.find_spec("fasttext"):
        add(fasttext, rivals.fasttext(split, args.work / "fasttext"))
    else:
        left_out[fasttext] = "which isn't installed (pip install fasttext-wheel)"
    recipes = {"BiLSTM of the 2020 tutorials": "classic-bilstm"}
    if args.default_recipe:
        recipes["default recipe"] = "default"
    for name, recipe in recipes.items():
        config = nsmc.load_config(ROOT / "configs" / f"{recipe}.toml")
        add(name, rivals.recipe(split, args.work / recipe, config))
    seconds = {name: float(value) for name, value in args.ours_seconds}
    ours = {name: Path(path) for name, path in args.ours} if args.ours else {"shipped model": None}
    if unknown := set(seconds) - set(ours):
        raise UsageError(f"--ours-seconds: no --ours is called {', '.join(sorted(unknown))}")
    for name, path in ours.items():
        rival = rivals.model(path, seconds.get(name))
        add(name, rival, f"-{rivals.identity(rival)}")
    return result, left_out


def claim(work: Path, split: Split) -> None:
    """Refuse a directory in which figures of other reviews are kept."""
    mark = {"train": split.train.sha256, "test": split.test.sha256}
    file = work / "data.json"
    if file.exists() and read_json(file) != mark:
        raise DataError(f"{work} holds figures of other reviews; choose another --work")
    work.mkdir(parents=True, exist_ok=True)
    write_json(file, mark)


def _measured(rival: Rival, split: Split, unseen: NDArray[np.bool_]) -> dict[str, Any]:
    """Read the test file once."""
    from sklearn.metrics import roc_auc_score

    score, texts, labels = rival.open(), split.test.texts, split.test.labels
    parts = [score(texts[start : start + CHUNK]) for start in range(0, len(texts), CHUNK)]
    above = np.concatenate(parts)  # [R]
    right = (above >= 0) == labels  # [R]
    return {
        **accuracy_of(right),
        "roc_auc": float(roc_auc_score(labels, above)) if len(set(labels.tolist())) > 1 else None,
        "unseen": accuracy_of(right[unseen]) if unseen.any() else None,
    }


def _accuracy(one: dict[str, Any]) -> str:
    low, high = one["interval"]
    return f"{one['accuracy']:.2%} ({low:.2%}–{high:.2%})"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _version(name: str) -> dict[str, str]:
    return {name: machine(name)[name]}


def _command(args: argparse.Namespace) -> str:
    parts = ["--data-name", args.data_name]
    for name, _ in args.ours:
        parts += ["--ours", f"{name}=DIR"]
    for name, value in args.ours_seconds:
        parts += ["--ours-seconds", f"{name}={value}"]
    if args.default_recipe:
        parts.append("--default-recipe")
    return f"python scripts/compare_accuracy.py --data DIR {shlex.join(parts)}"


if __name__ == "__main__":
    main()
