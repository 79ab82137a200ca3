"""The config of a training that starts from another model: `nsmc train --from`.

No torch here: a wrong option is refused before it is imported.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nsmc.config.schema import Config, listed, load_config
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.model_names import SHIPPED_NAMES

TRAINING = {
    "epochs": 8,
    "batch_size": 32,
    "learning_rate": 0.001,
    "adversarial_norm": 0.0,
    "patience": 3,
}
"""Smaller steps and batches than from nothing, and no second loss; not chosen by measurement."""
NEW_LABELS = {"linear_start": True, "epochs": 2, "learning_rate": 0.0003}
"""For another task: a linear fit of the new head, and small steps from there."""
NEW_MODEL = {
    "wide": {"buckets": 1 << 18, "longest": 3, "dropout": 0.2},
    "exit": {"buckets": 0},
}
"""For another task: n-grams of its own, and no early exit, which takes many comments to learn."""
KEPT_UNITS = "init_from.units"
"""In a training's output directory, what the start's tokenizer has learnt: a training goes on
without the model that it started from."""
DATA = {"validation": 0.1, "min_freq": 2}


def open_start(name: str) -> ModelDirectory:
    """The model that ``training.init_from`` names.

    Raises:
        ModelError: there is no such model directory, or it is damaged.
    """
    return open_model(None if name in SHIPPED_NAMES else Path(name))


def learned_units(config: Config) -> bytes | None:
    """What the tokenizer of the model to start from has learnt, if the new one is to cut alike."""
    model = open_start(config.training.init_from)
    return model.learned if model.config.text == config.text else None


def fine_tuning_config(
    start: Path | str = "shipped", path: Path | str | None = None, overrides: Iterable[str] = ()
) -> Config:
    """The config of a training that starts from a model, for tables of up to some ten thousands.

    Its sections ``text`` and ``model`` are those of the start, so that all of its weights fit; the
    step size and the epochs are for few comments. The task is the start's unless another is named;
    of another task, the head and the weights of n-grams are new, and fitted before the training.

    Args:
        start: a model directory, or ``shipped`` for the model inside the package.
        path: a config in TOML whose fields go before these.
        overrides: ``section.field=value``, before all others.

    Raises:
        ModelError: there is no such model, or it is damaged.
        UsageError: as `nsmc.load_config`.
    """
    model = open_start(str(start))
    theirs: dict[str, Any] = model.config.to_dict()
    overrides = listed(overrides)
    base: dict[str, Any] = {
        **{name: theirs[name] for name in ("task", "text", "model", "classes", "stars")},
        "language_model": theirs["language_model"],
        "data": DATA,
        "training": {**TRAINING, "init_from": str(start)},
    }
    if load_config(path, overrides, base=base).task != model.config.task:
        base["model"] = {**base["model"], **NEW_MODEL}
        base["training"] = {**base["training"], **NEW_LABELS}
    return load_config(path, overrides, base=base)
