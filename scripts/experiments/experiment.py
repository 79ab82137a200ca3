"""What an experiment is, and what many of them do: train once, measure once, count CPU seconds."""

import argparse
import resource
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import nsmc
from nsmc.config.schema import Config
from nsmc.inference.directory import open_model
from nsmc.storage.bundle import read_json, write_json
from nsmc.tasks.metrics import accuracy_interval

ROOT = Path(__file__).resolve().parent.parent.parent
RESULTS = ROOT / "docs" / "results"

Results = dict[str, Any]


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """An experiment without options of its own."""


@dataclass(frozen=True)
class Experiment:
    """An experiment, as its module declares it."""

    run: Callable[[argparse.Namespace], Iterator[Results]]
    """Yields the results so far; each replaces the one before, so an interruption loses little."""
    as_table: Callable[[Results], str] | None = None
    """The results as Markdown; None prints them as JSON."""
    page: str = ""
    """The page of docs/, by its name, whose marked block gets the table; empty only prints it."""
    data: Literal["DIR", "FILE", ""] = "DIR"
    """What ``--data`` takes: NSMC's two files, a table, or nothing."""
    trains: bool = False
    """Whether trainings are kept under ``--output``."""
    add_arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments


def measured_once(file: Path, measure: Callable[[], Results]) -> Results:
    """The results in ``file``; if there is none, measure and keep them there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_json(file, measure())
    return dict(read_json(file))


def train_once(config: Config, data: Path, output: Path) -> tuple[Results, float | None]:
    """Train into a directory, resume a training there, or take one that has ended.

    Returns:
        The training's metrics, and the CPU seconds that it took; None if part of it ran before.
    """
    begun = (output / "checkpoints").exists()
    ended = (output / "model").exists() and not begun
    started = cpu_seconds()
    if not ended:
        nsmc.train(None if begun else config, data=data, output=output, device="cpu", resume=begun)
    seconds = None if ended or begun else round(cpu_seconds() - started, 1)
    return open_model(output).metrics, seconds


def scores_of_run(config: Config, metrics: Results, test: Results) -> Results:
    """What is reported of one training: its metrics, and its evaluation on the test file."""
    return {
        "seed": config.training.seed,
        "validation_accuracy": metrics["validation"]["accuracy"],
        "test_accuracy": test["accuracy"],
        "test_log_loss": test["log_loss"],
        "roc_auc": test["roc_auc"],
        "best_epoch": metrics["best_epoch"],
    }


def accuracy_of(right: NDArray[np.bool_]) -> Results:
    """The share of the right ones [R], with its 95% interval."""
    interval = accuracy_interval(int(right.sum()), len(right))
    return {"accuracy": float(right.mean()), "interval": interval}


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean, and the standard deviation of a sample; None of one value."""
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None


def percent(mean: float, deviation: float | None) -> str:
    """``88.17 ± 0.05``: both in points of a hundred."""
    return f"{100 * mean:.2f}" + ("" if deviation is None else f" ± {100 * deviation:.2f}")


def cpu_seconds() -> float:
    """Seconds of processor time that this process and its ended children have taken."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
