"""The trainings that stand in directories: how each went and what sets it apart from the others."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from nsmc.config.schema import Config, changes, flat
from nsmc.errors import UsageError
from nsmc.tasks.registry import task_class
from nsmc.training.api import RUNS
from nsmc.training.output import OutputDirectory

DEPTH = 2
"""Levels below a directory at which outputs are looked for."""


def runs(
    directories: Iterable[Path | str] = (RUNS,), *, warn: Callable[[str], None] | None = None
) -> list[dict[str, Any]]:
    """List the output directories of `nsmc.train`, those begun first at the front.

    Args:
        directories: output directories, or directories that hold some, two levels deep.
        warn: is told of each directory that is missing, damaged or none that a training wrote;
            the others are listed all the same.

    Returns:
        For each: ``run`` (path), ``state`` (``finished``, ``running`` or ``interrupted``),
        ``started`` (UTC), ``seconds`` (in training so far), ``epochs`` (done), ``epochs_at_most``,
        ``task``, ``best_epoch`` and its validation ``loss`` and ``figure`` (a dict of the task's
        one: ``accuracy``, say; before calibration; None before the first epoch's end), ``device``
        (None likewise), ``data`` (path, sha256), ``config``, ``differs`` (the fields in which the
        listed ones differ, ``data`` among them; of a single one, those in which it differs from
        the default recipe) and ``history``.
    """
    tell = warn or (lambda message: None)
    found = []
    for path in dict.fromkeys(o for place in directories for o in _outputs(Path(place), tell)):
        try:
            found.append(_read(OutputDirectory(path), tell))
        except UsageError as error:
            tell(f"{path} is left out: {error}")
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            tell(f"{path} is left out: its record is damaged ({error!r})")
    _tell_apart(found)
    return sorted(found, key=lambda run: str(run["started"]))


def _outputs(place: Path, tell: Callable[[str], None], depth: int = 0) -> Iterator[Path]:
    """The output directories at or below ``place``."""
    try:
        if OutputDirectory(place).recipe.is_file():
            yield place
            return
        below = sorted(p for p in place.iterdir() if p.is_dir() and not p.name.startswith("."))
        found = False
        for path in below if depth < DEPTH else []:
            # What is wrong two levels down is told as what is wrong with the directory named.
            for output in _outputs(path, tell if depth == 0 else _ignore, depth + 1):
                found = True
                yield output
    except OSError as error:
        tell(f"{place} is left out: {error.strerror}; expected a directory that can be read")
        return
    if not found and (depth > 0 or not below):
        hint = "; `nsmc info` tells of a model" if (place / "manifest.json").is_file() else ""
        tell(f"{place} is left out: no training has written it, it has no recipe.json{hint}")


def _ignore(message: str) -> None:
    pass


def _read(output: OutputDirectory, tell: Callable[[str], None]) -> dict[str, Any]:
    """What a training left.

    Raises:
        OSError, ValueError, KeyError, TypeError or AttributeError: it isn't whole.
    """
    recipe = json.loads(output.recipe.read_text(encoding="utf-8"))
    config = Config.from_dict(recipe["config"])
    task = task_class(config.task)
    metric = task.metric.name
    history = _history(output.history, metric, tell)
    best = min(history, key=lambda record: float(record["validation_loss"]), default={})
    metrics_file = output.model / "metrics.json"
    metrics = {}
    if metrics_file.is_file():
        metrics = json.loads(metrics_file.read_text(encoding="utf-8"))
    return {
        "run": str(output.path),
        "state": _state(output),
        "started": str(recipe["started"]),
        "seconds": history[-1]["seconds"] if history else None,
        "epochs": len(history),
        "epochs_at_most": config.training.epochs,
        "best_epoch": best.get("epoch"),
        "task": task.name,
        "figure": {metric: best.get(f"validation_{metric}")},
        "loss": best.get("validation_loss"),
        "device": metrics.get("device"),
        "data": {"path": str(recipe["data"]), "sha256": str(recipe["sha256"])},
        "config": config.to_dict(),
        "differs": {},
        "history": history,
    }


def _history(path: Path, metric: str, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """The records of the epochs up to the first that can't be read."""
    if not path.is_file():
        return []
    records: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            parts = [
                f"{part}_{name}" for part in ("train", "validation") for name in ("loss", metric)
            ]
            for name in ("epoch", "seconds", *parts):
                float(record[name])
        except (ValueError, KeyError, TypeError) as error:
            tell(f"{path} is damaged in line {number} ({error!r}); the epochs before it are shown")
            break
        records.append(record)
    return records


def _state(output: OutputDirectory) -> str:
    if output.model.exists() and not output.checkpoints.exists():
        return "finished"
    return "running" if output.is_claimed() else "interrupted"


def _tell_apart(found: list[dict[str, Any]]) -> None:
    """Fill in ``differs``."""
    if len(found) == 1:
        (run,) = found
        run["differs"] = {
            name: value for name, (_, value) in changes(Config.from_dict(run["config"])).items()
        }
        return
    flattened = [flat(run["config"]) for run in found]
    names = [
        name
        for name in (flattened[0] if flattened else ())
        if any(fields[name] != flattened[0][name] for fields in flattened)
    ]
    of_data = len({run["data"]["sha256"] for run in found}) > 1
    for run, fields in zip(found, flattened, strict=True):
        if of_data:
            path, digest = Path(run["data"]["path"]), run["data"]["sha256"]
            run["differs"]["data"] = f"{path.name}@{digest[:6]}"
        for name in names:
            run["differs"][name] = fields[name]
