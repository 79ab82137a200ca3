"""The trainings in directories: how each went and what sets it apart from the others."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from nsmc.config.schema import Config, changes, flat
from nsmc.errors import UsageError
from nsmc.messages.translate import tr
from nsmc.tasks.metrics import Metric
from nsmc.tasks.registry import task_class
from nsmc.training.api import RUNS
from nsmc.training.output import OutputDirectory

OPTIONS_OF = {
    "sentiment": ("sentiment", "sentiment+stars"),
    "classes": ("classes",),
    "stars": ("stars", "sentiment+stars"),
    "language_model": ("language-model",),
}
"""Sections of the config to the tasks that read them; all read the others."""
DEPTH = 2
"""Levels below a directory at which outputs are looked for."""


@dataclass
class TrainingRun:
    """A training: its config and how it went so far."""

    path: Path
    """Its output directory."""
    state: Literal["finished", "running", "interrupted", "pruned", "failed"]
    """The last two are of a sweep, which won't go on with them."""
    started: str
    """When it was started, in UTC: ``2026-11-21T12:17:19Z``."""
    config: Config = field(repr=False)
    data: str
    """The path of its reviews."""
    sha256: str
    """Of their file."""
    device: str | None
    """None before the first epoch's end."""
    history: list[dict[str, Any]] = field(repr=False)
    """A record per epoch."""
    differs: dict[str, Any] = field(default_factory=dict)
    """The fields in which the listed trainings of its task differ, ``data`` among them; of a single
    one, those in which it differs from the default config. Those that its task doesn't read are
    left out."""

    @property
    def metric(self) -> Metric:
        """What, besides the loss, the training is followed by."""
        return task_class(self.config.task).metric

    @property
    def best(self) -> dict[str, Any]:
        """The record of the epoch with the lowest validation loss; empty before the first."""
        return min(self.history, key=lambda record: record["validation_loss"], default={})

    @property
    def best_metric(self) -> float | None:
        """The metric of the validation part at the best epoch, before calibration."""
        return self.best.get(f"validation_{self.metric.name}")

    @property
    def best_loss(self) -> float | None:
        """The validation loss of the best epoch, before calibration."""
        return self.best.get("validation_loss")

    @property
    def seconds(self) -> float | None:
        """Time in training so far; None before the first epoch's end."""
        return self.history[-1]["seconds"] if self.history else None

    def to_dict(self) -> dict[str, Any]:
        """The training as ``nsmc runs --json`` prints it."""
        return {
            "run": str(self.path),
            "state": self.state,
            "started": self.started,
            "seconds": self.seconds,
            "epochs": len(self.history),
            "epochs_at_most": self.config.training.epochs,
            "best_epoch": self.best.get("epoch"),
            "task": self.config.task,
            "figure": {self.metric.name: self.best_metric},
            "loss": self.best_loss,
            "device": self.device,
            "data": {"path": self.data, "sha256": self.sha256},
            "config": self.config.to_dict(),
            "differs": self.differs,
            "history": self.history,
        }


def runs(
    directories: Path | str | Iterable[Path | str] = RUNS,
    *,
    warn: Callable[[str], None] | None = None,
) -> list[TrainingRun]:
    """List the output directories of `nsmc.train`, the first started first.

    Args:
        directories: an output directory, a directory that holds some, two levels deep, or several
            of either.
        warn: called with a message for each directory that is missing, damaged or not written by a
            training; the others are listed all the same.
    """
    warn = warn or logging.getLogger(__name__).warning
    places = [directories] if isinstance(directories, str | Path) else directories
    listed = []
    for path in dict.fromkeys(o for place in places for o in _outputs(Path(place), warn)):
        try:
            listed.append(_read(OutputDirectory(path), warn))
        except UsageError as error:
            warn(tr("{path} is left out: {error}", path=path, error=error))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            warn(
                tr("{path} is left out: its record is damaged ({error!r})", path=path, error=error)
            )
    _compare(listed)
    return sorted(listed, key=lambda run: run.started)


def _outputs(place: Path, warn: Callable[[str], None], depth: int = 0) -> Iterator[Path]:
    """The output directories at or below ``place``."""
    try:
        if OutputDirectory(place).recipe.is_file():
            yield place
            return
        below = sorted(p for p in place.iterdir() if p.is_dir() and not p.name.startswith("."))
        empty = True
        for path in below if depth < DEPTH else []:
            # What is wrong two levels down is reported as wrong with the directory named.
            for output in _outputs(path, warn if depth == 0 else _ignore, depth + 1):
                empty = False
                yield output
    except OSError as error:
        warn(
            tr(
                "{place} is left out: {reason}; expected a directory that can be read",
                place=place,
                reason=error.strerror,
            )
        )
        return
    if empty and (depth > 0 or not below):
        is_model = (place / "manifest.json").is_file()
        hint = tr("; `nsmc info` describes a model") if is_model else ""
        warn(
            tr(
                "{place} is left out: no training has written it, it has no recipe.json{hint}",
                place=place,
                hint=hint,
            )
        )


def _ignore(message: str) -> None:
    pass


def _read(output: OutputDirectory, warn: Callable[[str], None]) -> TrainingRun:
    """Read what a training left; any of the errors that `runs` expects if it isn't whole."""
    recipe = json.loads(output.recipe.read_text(encoding="utf-8"))
    config = Config.from_dict(recipe["config"])
    file, metrics = output.model / "metrics.json", {}
    if file.is_file():
        metrics = json.loads(file.read_text(encoding="utf-8"))
    return TrainingRun(
        path=output.path,
        state=_state(output),
        started=str(recipe["started"]),
        config=config,
        data=str(recipe["data"]),
        sha256=str(recipe["sha256"]),
        device=metrics.get("device"),
        history=_history(output.history, task_class(config.task).metric.name, warn),
    )


def _history(path: Path, metric: str, warn: Callable[[str], None]) -> list[dict[str, Any]]:
    """The records of the epochs up to the first that can't be read."""
    if not path.is_file():
        return []
    parts = [f"{part}_{name}" for part in ("train", "validation") for name in ("loss", metric)]
    records: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            record = json.loads(line)
            for name in ("epoch", "seconds", *parts):
                float(record[name])
        except (ValueError, KeyError, TypeError) as error:
            warn(
                tr(
                    "{path} is damaged in line {number} ({error!r}); the epochs before it are "
                    "shown",
                    path=path,
                    number=number,
                    error=error,
                )
            )
            break
        records.append(record)
    return records


def _state(
    output: OutputDirectory,
) -> Literal["finished", "running", "interrupted", "pruned", "failed"]:
    if output.has_ended():
        return "finished"
    return "running" if output.is_claimed() else output.stopped() or "interrupted"


def by_task(listed: Iterable[TrainingRun]) -> list[list[TrainingRun]]:
    """The trainings of each task together, in the order given."""
    groups: dict[str, list[TrainingRun]] = {}
    for run in listed:
        groups.setdefault(run.config.task, []).append(run)
    return list(groups.values())


def best_of(listed: Iterable[TrainingRun]) -> set[Path]:
    """Paths of those with the lowest validation loss among the ones validated on the same reviews.

    One that stands alone isn't among them.
    """
    groups: dict[Any, list[TrainingRun]] = {}
    for run in listed:
        data = run.config.data
        key = (run.config.task, run.sha256, data.validation, data.split_seed)
        if run.best_loss is not None:
            groups.setdefault(key, []).append(run)
    several = (group for group in groups.values() if len(group) > 1)
    return {min(group, key=lambda run: run.best_loss or 0.0).path for group in several}


def alike(listed: Iterable[TrainingRun]) -> list[list[TrainingRun]]:
    """Finished trainings that differ in their seed alone, where there are several."""
    groups: dict[str, list[TrainingRun]] = {}
    for run in listed:
        if run.state == "finished" and run.history:
            fields = flat(run.config.to_dict()) | {"training.seed": None, "data": run.sha256}
            groups.setdefault(json.dumps(fields, sort_keys=True), []).append(run)
    return [group for group in groups.values() if len(group) > 1]


def _compare(listed: list[TrainingRun]) -> None:
    """Fill in ``differs``."""
    for group in by_task(listed):
        fields = [flat(run.config.to_dict()) for run in group]
        names = [n for n in fields[0] if any(f[n] != fields[0][n] for f in fields)]
        if len(listed) == 1:
            names = list(changes(group[0].config))
        read = [name for name in names if any(_is_read(name, values) for values in fields)]
        other_data = len({run.sha256 for run in group}) > 1
        for run, values in zip(group, fields, strict=True):
            data = {"data": f"{Path(run.data).name}@{run.sha256[:6]}"} if other_data else {}
            run.differs = data | {name: values[name] for name in read}


def _is_read(name: str, values: dict[str, Any]) -> bool:
    """Whether a training with these values of the config reads the field."""
    section = name.partition(".")[0]
    if section in OPTIONS_OF:
        return values["task"] in OPTIONS_OF[section]
    for layer, switch in (("model.conv.", "filters"), ("model.wide.", "buckets")):
        if name.startswith(layer):
            return name.endswith(switch) or bool(values[layer + switch])
    return True
