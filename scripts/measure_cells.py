"""The six classic variants on the same reviews: rnn, gru and lstm, in one and in two directions.

    python scripts/measure_cells.py --data DIR --data-name NSMC-R --output runs/cells

Each is configs/classic-bilstm.toml with another cell, trained on the training file with every seed,
its epoch chosen on the validation part, and read once on the test file. How long a step takes is
measured apart, all six taking turns in one process. A run that has ended is
not run again, so an interrupted measurement goes on where it was. Figures go to
docs/results/cells.json, the table into docs/cells.md.
"""

import argparse
import statistics
from functools import partial
from pathlib import Path
from typing import Any

import torch
from benchmarks.common import in_turn, measured_on, median_ratio
from benchmarks.pages import machine_line, put, table
from benchmarks.training import OurLoop

import nsmc
from nsmc.data.cache import training_corpus
from nsmc.inference.directory import open_model
from nsmc.storage.bundle import read_json, write_json
from nsmc.tasks.registry import make_task

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "results" / "cells.json"
PAGE = ROOT / "docs" / "cells.md"
RECIPE = ROOT / "configs" / "classic-bilstm.toml"
ROUNDS, STEPS = 7, 40
"""Of the measurement of time: how often all take their turn, and steps of a turn."""
VARIANTS = {
    name + suffix: (f"model.cell={name}", f"model.bidirectional={both}")
    for name in ("rnn", "gru", "lstm")
    for suffix, both in (("", "false"), (", both ways", "true"))
}


def main() -> None:
    """Train what is missing and write what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data-name", required=True, help="what the reviews in DIR are called")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for the runs")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    args = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in VARIANTS}
    for seed in args.seeds:
        for name, fields in VARIANTS.items():
            place = args.output / f"{name.replace(', ', '-').replace(' ', '-')}-{seed}"
            found[name].append(_run(args.data, place, (*fields, f"training.seed={seed}")))
            print(seed, name, found[name][-1], flush=True)
    results = _results(found, _rates(args.data), args.data_name)
    write_json(RESULTS, results)
    put(PAGE, as_table(results), "cells")


def _run(data: Path, place: Path, fields: tuple[str, ...]) -> dict[str, Any]:
    """Train and evaluate one variant with one seed, or read what that gave before."""
    kept = place / "measured.json"
    if kept.exists():
        return dict(read_json(kept))
    config = nsmc.load_config(RECIPE, fields)
    ended = (place / "model").exists() and not (place / "checkpoints").exists()
    if not ended:
        begun = (place / "checkpoints").exists()
        nsmc.train(None if begun else config, data=data, output=place, device="cpu", resume=begun)
    model = open_model(place)
    metrics = model.metrics
    test = nsmc.evaluate(data, model.path).metrics
    measured = {
        "seed": config.training.seed,
        "validation_accuracy": metrics["validation"]["accuracy"],
        "test_accuracy": test["accuracy"],
        "test_log_loss": test["log_loss"],
        "roc_auc": test["roc_auc"],
        "best_epoch": metrics["best_epoch"],
        "parameters": metrics["parameters"],
        "recurrent_parameters": sum(
            weight.size for name, weight in model.weights().items() if name.startswith("encoder.")
        ),
        "bytes": sum(file.stat().st_size for file in model.path.iterdir()),
    }
    write_json(kept, measured)
    return measured


def _rates(data: Path) -> dict[str, list[float]]:
    """Reviews a second in training, on one thread: a figure of each round for every variant."""
    torch.set_num_threads(1)
    loops = {}
    for name, fields in VARIANTS.items():
        config = nsmc.load_config(RECIPE, fields)
        task = make_task(config)
        corpus = training_corpus(data, config.text, label_columns=task.label_columns())
        loops[name] = OurLoop(config, corpus)
    return in_turn(ROUNDS, {name: partial(loop.rate, STEPS) for name, loop in loops.items()})


def _results(
    found: dict[str, list[dict[str, Any]]], rates: dict[str, list[float]], data: str
) -> dict[str, Any]:
    def summary(name: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
        tests = [run["test_accuracy"] for run in runs]
        return {
            "test_accuracy": statistics.mean(tests),
            "spread": statistics.stdev(tests) if len(tests) > 1 else None,
            "reviews_a_second": statistics.median(rates[name]),
            "time_of_the_gru": median_ratio(rates[name], rates["gru"]),
            "parameters": runs[0]["parameters"],
            "recurrent_parameters": runs[0]["recurrent_parameters"],
            "bytes": runs[0]["bytes"],
            "runs": runs,
        }

    return {
        "data": data,
        "recipe": "configs/classic-bilstm.toml",
        "variants": {name: summary(name, runs) for name, runs in found.items()},
        "machine": measured_on(),
        "command": f"python scripts/measure_cells.py --data DIR --data-name {data} "
        f"--output runs/cells --seeds {' '.join(str(run['seed']) for run in found['gru'])}",
    }


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    rows = []
    for name, one in results["variants"].items():
        spread = "" if one["spread"] is None else f" ± {100 * one['spread']:.2f}"
        rows.append(
            [
                name,
                f"{100 * one['test_accuracy']:.2f}{spread}",
                f"{one['reviews_a_second']:,.0f}",
                f"{one['time_of_the_gru']:.2f}",
                f"{one['recurrent_parameters']:,}",
                f"{one['bytes'] / 1e6:.1f} MB",
            ]
        )
    seeds = max(len(one["runs"]) for one in results["variants"].values())
    told = f"mean ± standard deviation of {seeds} seeds" if seeds > 1 else "one seed each"
    heads = ["cell", "accuracy (%)", "reviews/s", "time of the gru's", "its weights", "model"]
    return (
        f"{results['data']}, 150,000 reviews to train, accuracy on the 50,000 of the test file: "
        f"{told}. Reviews a second in training, on one thread, "
        f"and the time beside the gru's: medians of {ROUNDS} rounds in which all took turns. "
        f"{machine_line(results['machine'])}\n\n{table(heads, rows)}"
    )


if __name__ == "__main__":
    main()
