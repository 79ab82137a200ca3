"""What starting from a language model gives a classifier with few labels and with many.

A language model (configs/pretraining.toml) learns the texts of the training file and of a table of
further ones. Then the default recipe is trained on the first 1,000, 10,000 and 150,000 rows of a
permutation of the training file, with ``training.init_from`` and without. With fewer labels it gets
more epochs and smaller batches, and both ways try the step sizes named below; each takes the one
with the lower mean loss on its own validation parts, and is read on the test file after that.
"""

import argparse
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from pages import machine_line, table

import nsmc
from experiments.experiment import (
    Experiment,
    Results,
    mean_and_deviation,
    measured_once,
    percent,
    train_once,
)
from experiments.language_models import add_text_arguments, language_model, unlabelled_texts
from nsmc.inference.directory import open_model
from nsmc.storage.files import atomic_write

PRETRAINING = "pretraining"
SEEDS = {1_000: [1, 2, 3], 10_000: [1, 2], 150_000: [1]}
"""Labels to the seeds, of the choice of rows as well as of the network."""
FIELDS = {
    1_000: ["data.validation=0.2", "training.epochs=20", "training.batch_size=16"],
    10_000: ["data.validation=0.1", "training.epochs=10", "training.batch_size=32"],
    150_000: [],
}
"""What of the default recipe doesn't suit so few labels, of which the validation part is one."""
RATES = {1_000: [0.003, 0.001], 10_000: [0.003, 0.001], 150_000: [0.003]}


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Train what is missing, with the language model and without."""
    texts = unlabelled_texts(args.data, args.extra, args.output, args.texts)
    source = language_model(PRETRAINING, texts, args.output)
    starts = {"from nothing": None, "from the language model": source}
    labels: dict[str, Results] = {}
    for size in args.sizes:
        labels[str(size)] = {
            way: _measure(args.data, args.output, size, start) for way, start in starts.items()
        }
        yield {**_about(source), "labels": labels}


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures, in Korean as its page."""
    ways = ("from nothing", "from the language model")
    rows = [
        [
            f"{int(size):,}",
            *(percent(of[way]["test_accuracy"], of[way]["spread"]) for way in ways),
            " / ".join(f"{of[way]['seconds']:.0f}초" for way in ways),
        ]
        for size, of in results["labels"].items()
    ]
    heads = ["라벨", "처음부터 (%)", "언어 모델에서 (%)", "학습 시간"]
    return (
        f"{results['data']}; 언어 모델은 글 {results['language_model']['texts']:,}개를 읽었습니다. "
        f"{machine_line(results['machine'])}\n\n{table(heads, rows)}"
    )


def _measure(data: Path, output: Path, size: int, start: Path | None) -> dict[str, Any]:
    """Train with every step size and seed, choose the step size, read the test file."""
    runs: dict[float, list[tuple[Path, dict[str, Any]]]] = {}
    for rate in RATES[size]:
        for seed in SEEDS[size]:
            name = f"{size}-{'started' if start else 'plain'}-{rate:g}-{seed}"
            fields = [*FIELDS[size], f"training.learning_rate={rate}", f"training.seed={seed}"]
            if start:
                fields.append(f"training.init_from={start.resolve()}")
            labelled = _labelled(data, output, size, seed)
            place = output / name
            metrics, _ = train_once(nsmc.load_config(overrides=fields), labelled, place)
            runs.setdefault(rate, []).append((place, metrics))
            print(name, metrics["validation"], flush=True)
    loss = {rate: _mean(m["validation"]["loss"] for _, m in of) for rate, of in runs.items()}
    best = min(loss, key=lambda rate: loss[rate])
    tests = [_test(data, place) for place, _ in runs[best]]
    mean, deviation = mean_and_deviation([test["accuracy"] for test in tests])
    return {
        "labels": size,
        "learning_rate": best,
        "validation_loss": loss[best],
        "validation_accuracy": _mean(m["validation"]["accuracy"] for _, m in runs[best]),
        "validation_loss_by_rate": {f"{rate:g}": value for rate, value in loss.items()},
        "test_accuracy": mean,
        "spread": deviation,
        "test_log_loss": _mean(test["log_loss"] for test in tests),
        "roc_auc": _mean(test["roc_auc"] for test in tests),
        "seconds": _mean(m["seconds"] for _, m in runs[best]),
        "runs": [
            {"seed": seed, "test_accuracy": test["accuracy"], "best_epoch": m["best_epoch"]}
            for seed, test, (_, m) in zip(SEEDS[size], tests, runs[best], strict=True)
        ],
    }


def _labelled(data: Path, output: Path, size: int, seed: int) -> Path:
    """The first rows of a permutation of the training file, as a file of their own."""
    file = output / f"labelled-{size}-{seed}.txt"
    if not file.exists():
        text = (data / "ratings_train.txt").read_text(encoding="utf-8")
        header, *lines = text.removesuffix("\n").split("\n")
        order = np.random.default_rng(seed).permutation(len(lines))[:size]
        with atomic_write(file) as temporary:
            rows = [header, *(lines[place] for place in np.sort(order).tolist())]
            temporary.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def _test(data: Path, place: Path) -> Results:
    return measured_once(
        place / "tested.json", lambda: nsmc.evaluate(data, place / "model").to_dict()
    )


def _mean(values: Iterable[float]) -> float:
    return statistics.mean(values)


def _about(source: Path) -> Results:
    model = open_model(source)
    return {
        "recipe": "configs/default.toml, for few labels with " + str(FIELDS),
        "language_model": {
            "recipe": f"configs/{PRETRAINING}.toml",
            "texts": model.metrics["data"]["reviews"],
            "validation": model.metrics["validation"],
            "seconds": model.metrics["seconds"],
        },
    }


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_text_arguments(parser)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SEEDS), metavar="N")


EXPERIMENT = Experiment(
    run, as_table, page="language-model", trains=True, add_arguments=_add_arguments
)
