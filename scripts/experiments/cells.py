"""The six classic variants on the same reviews: rnn, gru and lstm, in one and in two directions.

Each is configs/classic-bilstm.toml with another cell, trained on the training file with every seed,
its epoch chosen on the validation part, and read once on the test file. How long a step takes is
measured apart, all six taking turns in one process.
"""

import argparse
import statistics
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from benchmarks.common import in_turn, median_ratio
from benchmarks.training import OurLoop
from pages import machine_line, table

import nsmc
from experiments.experiment import (
    ROOT,
    Experiment,
    Results,
    mean_and_deviation,
    measured_once,
    percent,
    scores_of_run,
    train_once,
)
from nsmc.config.schema import Config
from nsmc.data.cache import training_corpus
from nsmc.data.corpus import Encoding
from nsmc.inference.directory import open_model
from nsmc.tasks.registry import make_task

RECIPE = ROOT / "configs" / "classic-bilstm.toml"
ROUNDS, STEPS = 7, 40
"""Of the measurement of time: how often all take their turn, and steps of a turn."""
VARIANTS = {
    name + suffix: (f"model.cell={name}", f"model.bidirectional={both}")
    for name in ("rnn", "gru", "lstm")
    for suffix, both in (("", "false"), (", both ways", "true"))
}


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Train what is missing and measure how long a step takes."""
    runs: dict[str, list[Results]] = {name: [] for name in VARIANTS}
    for seed in args.seeds:
        for name, fields in VARIANTS.items():
            output = args.output / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}"
            config = nsmc.load_config(RECIPE, (*fields, f"training.seed={seed}"))
            measure = partial(_measure, args.data, output, config)
            runs[name].append(measured_once(output / "measured.json", measure))
            print(seed, name, runs[name][-1], file=sys.stderr, flush=True)
    rates = _rates(args.data)
    yield {
        "recipe": "configs/classic-bilstm.toml",
        "variants": {name: _summary(runs[name], rates[name], rates["gru"]) for name in VARIANTS},
    }


def _measure(data: Path, output: Path, config: Config) -> Results:
    """Train and evaluate one variant with one seed."""
    metrics, _ = train_once(config, data, output)
    model = open_model(output)
    test = nsmc.evaluate(data, model.path).to_dict()
    return {
        **scores_of_run(config, metrics, test),
        "parameters": metrics["parameters"],
        "recurrent_parameters": sum(
            weight.size for name, weight in model.weights().items() if name.startswith("encoder.")
        ),
        "bytes": sum(file.stat().st_size for file in model.path.iterdir()),
    }


def _rates(data: Path) -> dict[str, list[float]]:
    """Reviews a second in training, on one thread: a figure of each round for every variant."""
    torch.set_num_threads(1)
    loops = {}
    for name, fields in VARIANTS.items():
        config = nsmc.load_config(RECIPE, fields)
        task = make_task(config)
        corpus = training_corpus(data, Encoding(config.text, label_columns=task.label_columns()))
        loops[name] = OurLoop(config, corpus)
    return in_turn(ROUNDS, {name: partial(loop.rate, STEPS) for name, loop in loops.items()})


def _summary(runs: list[Results], rates: list[float], rates_of_gru: list[float]) -> Results:
    mean, deviation = mean_and_deviation([run["test_accuracy"] for run in runs])
    return {
        "test_accuracy": mean,
        "spread": deviation,
        "reviews_a_second": statistics.median(rates),
        "time_of_the_gru": median_ratio(rates, rates_of_gru),
        "parameters": runs[0]["parameters"],
        "recurrent_parameters": runs[0]["recurrent_parameters"],
        "bytes": runs[0]["bytes"],
        "runs": runs,
    }


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    rows = []
    for name, one in results["variants"].items():
        rows.append(
            [
                name,
                percent(one["test_accuracy"], one["spread"]),
                f"{one['reviews_a_second']:,.0f}",
                f"{one['time_of_the_gru']:.2f}",
            ]
        )
    seeds = max(len(one["runs"]) for one in results["variants"].values())
    seeds_line = f"mean ± standard deviation of {seeds} seeds" if seeds > 1 else "one seed each"
    heads = ["cell", "accuracy (%)", "reviews/s", "time of the gru's"]
    return (
        f"{results['data']}, 150,000 reviews to train; accuracy on the test file, {seeds_line}; "
        f"reviews a second in training on one thread, medians of {ROUNDS} rounds in turns. "
        f"{machine_line(results['machine'])}\n\n{table(heads, rows)}"
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])


EXPERIMENT = Experiment(run, as_table, page="accuracy", trains=True, add_arguments=_add_arguments)
