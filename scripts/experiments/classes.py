"""Ten classes of stars: a network with labels of one's own beside logistic regression on n-grams.

FILE is a table with the columns ``document`` and ``rating`` (1-10). A fixed seed parts it into
training and test reviews with the same shares of all stars; what is chosen (the epoch, the penalty)
is chosen on a twentieth of the training part, and the test part is read once by each. Parts that
have ended are kept under --output and not done again. Seconds are of processor time, everything on
one thread.
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
from nsmc.tasks.metrics import class_metrics

RECIPE = ROOT / "configs" / "own-labels.toml"
LARGE = ("training.epochs=4", "training.batch_size=128", "data.validation=0.05")
"""The recipe is for tables of thousands of rows; hundreds of thousands need fewer passes."""
PENALTIES = (0.3, 1.0, 3.0, 10.0)
"""C of the logistic regression, from the lowest: the search ends where it gets worse."""


def run(args: argparse.Namespace) -> Iterator[Results]:
    """Measure each method, those measured before excepted."""
    threadpool_limits(1)
    parts = split_once(args.data, args.output, args.rows, args.test)
    methods: dict[str, Results] = {}
    for name, measure in _methods(args, parts).items():
        file = args.output / f"{name.replace(' ', '-')}.json"
        methods[name] = measured_once(file, measure)
        print(name, methods[name]["accuracy"], file=sys.stderr, flush=True)
        yield {
            **parts.about(),
            "recipe": "configs/own-labels.toml",
            "set": [*LARGE, *args.set],
            "methods": methods,
        }


def _methods(args: argparse.Namespace, parts: Parts) -> dict[str, Any]:
    def trained(balance: str) -> dict[str, Any]:
        fields = (*LARGE, f"data.label_column={COLUMN}", f"classes.balance={balance}", *args.set)
        config = nsmc.load_config(RECIPE, fields)
        return _with_distance(network(parts, args.output / f"network-{balance}", config))

    def network_of(balance: str) -> Any:
        return lambda: trained(balance)

    return {
        "logistic regression": lambda: regression(parts),
        **{f"network {balance}": network_of(balance) for balance in args.balance},
    }


def regression(parts: Parts) -> dict[str, Any]:
    """Multinomial logistic regression on character n-grams."""
    from sklearn.linear_model import LogisticRegression

    made = grams(parts)
    names = [f"{stars:g}" for stars in np.unique(made.train_stars)]
    places = {float(name): place for place, name in enumerate(names)}

    def numbers(stars: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.array([places[one] for one in stars.tolist()])

    def fitted(penalty: float) -> tuple[float, Any]:
        model = LogisticRegression(C=penalty, solver="lbfgs", max_iter=300, tol=1e-3)
        model.fit(made.train, numbers(made.train_stars))
        of_validation = class_metrics(
            numbers(made.validation_stars), model.predict_proba(made.validation), names
        )
        print("C", penalty, of_validation["log_loss"], file=sys.stderr, flush=True)
        return of_validation["log_loss"], model

    started = cpu_seconds()
    penalty, model = first_minimum(PENALTIES, fitted)
    search = cpu_seconds() - started
    started = cpu_seconds()
    probabilities = model.predict_proba(made.test)  # [R, C]
    scoring = cpu_seconds() - started
    return _with_distance(
        {
            **class_metrics(numbers(made.test_stars), probabilities, names),
            "features": made.about,
            "feature_count": int(made.train.shape[1]),
            "feature_seconds": round(made.seconds, 1),
            "solver": "lbfgs, multinomial, scikit-learn; C by the validation part's log loss",
            "C": penalty,
            "iterations": int(model.n_iter_.max()),
            "training_seconds": round(made.seconds + search, 1),
            "scoring_seconds": round(scoring, 1),
        }
    )


def _with_distance(metrics: dict[str, Any]) -> dict[str, Any]:
    """The same with the mean distance of the class called from the right one, in stars."""
    names = [float(one["class"]) for one in metrics["classes"]]
    apart = np.abs(np.subtract.outer(names, names))  # [C, C]
    confusion = np.array(metrics["confusion"])  # [C, C]
    return {**metrics, "mean_absolute_error": float((confusion * apart).sum() / confusion.sum())}


def as_table(results: dict[str, Any]) -> str:
    """The Markdown of the figures."""
    heads = ["", "accuracy", "balanced accuracy", "macro F1", "log loss", "stars off", "training"]
    rows = [
        [
            name,
            f"{one['accuracy']:.2%}",
            f"{one['balanced_accuracy']:.2%}",
            f"{one['macro_f1']:.2%}",
            f"{one['log_loss']:.4f}",
            f"{one['mean_absolute_error']:.3f}",
            "–" if one["training_seconds"] is None else f"{one['training_seconds'] / 60:.0f} min",
        ]
        for name, one in results["methods"].items()
    ]
    return f"{about(results)}\n\n{table(heads, rows)}"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_rated_arguments(parser)
    parser.add_argument(
        "--balance",
        nargs="+",
        default=["none", "weights", "sampling"],
        help="how the networks treat classes of unequal size",
    )


EXPERIMENT = Experiment(
    run,
    as_table,
    data="FILE",
    trains=True,
    add_arguments=_add_arguments,
)
