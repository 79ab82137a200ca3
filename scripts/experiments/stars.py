"""Stars as a number: two networks beside ridge regression on n-grams and beside always the median.

The table and its parts are those of the experiment `classes`: with the same --output the parts
are the same files.
"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from pages import table
from threadpoolctl import threadpool_limits

import nsmc
from experiments.experiment import ROOT, Experiment, Results, cpu_seconds, measured_once
from experiments.rated import (
    COLUMN,
    Parts,
    about,
    add_rated_arguments,
    first_minimum,
    grams,
    network,
    split_once,
)
from nsmc.tasks.metrics import star_metrics

RECIPES = {"stars": "stars.toml", "sentiment+stars": "sentiment-stars.toml"}
LARGE = ("training.epochs=4",)
"""Hundreds of thousands of reviews need fewer passes than the default recipe makes."""
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
"""Of the ridge regression, from the lowest: the search ends where it gets worse."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure each method, those measured before excepted."""
    threadpool_limits(1)
    parts = split_once(args.data, args.output, args.rows, args.test)
    methods: dict[str, Results] = {}
    for name, measure in _methods(args, parts).items():
        file = args.output / f"stars-{name.replace(' ', '-')}.json"
        methods[name] = measured_once(file, measure)
        print(name, _stars(methods[name])["mean_absolute_error"], file=sys.stderr, flush=True)
        yield {
            **parts.about(),
            "recipes": {task: f"configs/{name}" for task, name in RECIPES.items()},
            "set": [*LARGE, *args.set],
            "methods": methods,
        }


def _methods(args: argparse.Namespace, parts: Parts) -> dict[str, Any]:
    def network_of(task: str, recipe: str) -> Any:
        config = nsmc.load_config(
            ROOT / "configs" / recipe, (*LARGE, f"stars.column={COLUMN}", *args.set)
        )
        return lambda: network(parts, args.output / f"network-{task}", config)

    return {
        "ridge regression": lambda: regression(parts),
        **{f"network {task}": network_of(task, recipe) for task, recipe in RECIPES.items()},
    }


def regression(parts: Parts) -> dict[str, Any]:
    """Ridge regression on character n-grams."""
    from sklearn.linear_model import Ridge

    made = grams(parts)
    low, high = made.train_stars.min(), made.train_stars.max()

    def fitted(penalty: float) -> tuple[float, Any]:
        model = Ridge(alpha=penalty, solver="lsqr", tol=1e-4, max_iter=1000)
        model.fit(made.train, made.train_stars)
        result = model.predict(made.validation).clip(low, high)
        error = float(np.square(result - made.validation_stars).mean())
        print("penalty", penalty, error, file=sys.stderr, flush=True)
        return error, model

    started = cpu_seconds()
    penalty, model = first_minimum(PENALTIES, fitted)
    search = cpu_seconds() - started
    started = cpu_seconds()
    result = model.predict(made.test).clip(low, high).astype(np.float64)  # [R]
    scoring = cpu_seconds() - started
    return {
        **star_metrics(made.test_stars.astype(np.float32), result),
        "features": made.about,
        "feature_count": int(made.train.shape[1]),
        "feature_seconds": round(made.seconds, 1),
        "solver": "lsqr, scikit-learn; the penalty by the validation part's squared error",
        "penalty": penalty,
        "training_seconds": round(made.seconds + search, 1),
        "scoring_seconds": round(scoring, 1),
    }


def _stars(metrics: dict[str, Any]) -> dict[str, Any]:
    """The figures of the stars, where there are others too."""
    return dict(metrics.get("stars", metrics))


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    heads = ["", "stars off", "root mean square", "rank correlation", "within one", "training"]
    rows = []
    result = results["methods"]
    for name, metrics in result.items():
        one, seconds = _stars(metrics), metrics["training_seconds"]
        rows.append(
            [
                name,
                f"{one['mean_absolute_error']:.3f}",
                f"{one['root_mean_square_error']:.3f}",
                f"{one['rank_correlation']:.4f}",
                f"{one['within_one']:.2%}",
                "–" if seconds is None else f"{seconds / 60:.0f} min",
            ]
        )
    first = _stars(next(iter(result.values())))
    off = f"{first['mean_absolute_error_of_median']:.3f}"
    rows.append([f"always {first['median']:g}", off, "–", "–", "–", "–"])
    return f"{about(results)}\n\n{table(heads, rows)}"


EXPERIMENT = Experiment(
    run,
    as_table,
    data="FILE",
    trains=True,
    add_arguments=add_rated_arguments,
)
