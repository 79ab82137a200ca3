"""The file of a sweep: which values of which fields are tried, how often and for how long."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nsmc.config.fields import build, require, require_at_least, require_below
from nsmc.config.schema import Config, flat, read_toml
from nsmc.errors import UsageError, nearest


@dataclass(frozen=True)
class Range:
    """Numbers from which a search draws, both ends included."""

    low: float
    """The least."""
    high: float
    """The most."""
    step: float = 0.0
    """Only ``low`` and whole steps above it; 0 is any number, or any whole one."""
    log: bool = False
    """Draw the logarithm evenly, as one does for a step size."""

    def __post_init__(self) -> None:
        require_below(self, "low", "high")
        require_at_least(self, 0, "step")
        require(not (self.log and self.step), "log and step don't go together; leave one out")
        require(
            not self.log or self.low > 0, "with log, low must be above 0, found {low}", low=self.low
        )


@dataclass(frozen=True)
class SweepOptions:
    """The section ``[sweep]`` of the file."""

    trials: int = 0
    """Trainings that a search draws, or groups of one for each seed; 0 is as many as the minutes
    allow. Without a number and without ranges the file is a grid."""
    minutes: float = 0.0
    """After so many minutes a command stops, in the middle of a training as well; 0 is never. The
    same command goes on for as long again."""
    prune: bool = False
    """End a training of a search after an epoch up to which its lowest validation loss is above the
    median of the others'."""
    seed: int = 1
    """Of what is drawn."""

    def __post_init__(self) -> None:
        require_at_least(self, 0, "trials", "minutes", "seed")


@dataclass(frozen=True)
class Sweep:
    """What is tried."""

    fields: dict[str, list[Any] | Range] = field(default_factory=dict)
    """Full names, such as ``model.cell``, to the values or the range."""
    options: SweepOptions = field(default_factory=SweepOptions)

    @property
    def choices(self) -> dict[str, list[Any]]:
        """The fields that have a list of values: of a grid, all."""
        return {name: one for name, one in self.fields.items() if isinstance(one, list)}

    @property
    def is_grid(self) -> bool:
        """Whether every combination is trained; else Optuna chooses."""
        return not self.options.trials and len(self.choices) == len(self.fields)


def read_sweep(path: Path) -> Sweep:
    """Read a TOML file like a config's, with a list or a range for each field.

    Raises:
        UsageError: the file can't be read, or a field is neither a list of values nor a range.
    """
    values = read_toml(path)
    try:
        options = build(SweepOptions, values.pop("sweep", {}), "sweep")
        defaults = flat(Config().to_dict())
        fields = {
            name: _choices_or_range(name, value, defaults[name])
            for name, value in _named(values, defaults).items()
        }
    except UsageError as error:
        raise UsageError("{where}: {what}", where=path, what=error) from error
    sweep = Sweep(fields, options)
    if not fields:
        raise UsageError(
            "{path}: expected fields to try, found none; such as [model] cell = [...]", path=path
        )
    if not sweep.is_grid and not (options.trials or options.minutes):
        raise UsageError(
            "{path}: a range has no end of values; say how many to draw or for how long: [sweep] "
            "trials = 20, or minutes = 60",
            path=path,
        )
    return sweep


def _named(values: dict[str, Any], defaults: dict[str, Any], within: str = "") -> dict[str, Any]:
    """Values by their full names; unlike `flat` it leaves ranges, which are tables too, whole."""
    named: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{within}{key}"
        if name in defaults:
            named[name] = value
        elif isinstance(value, dict) and any(n.startswith(f"{name}.") for n in defaults):
            named |= _named(value, defaults, f"{name}.")
        else:
            hint = nearest(name, defaults)
            raise UsageError(
                "there is no field {name!r}.{hint} `nsmc train --fields` lists them",
                name=name,
                hint=hint,
            )
    return named


def _choices_or_range(name: str, value: Any, default: Any) -> list[Any] | Range:
    if isinstance(value, list) and value:
        return value
    if not isinstance(value, dict):
        raise UsageError(
            "{name}: expected a list of values, or a range such as {{low = 1, high = 8}}, found "
            "{value!r}",
            name=name,
            value=value,
        )
    if isinstance(default, bool) or not isinstance(default, int | float):
        raise UsageError("{name} is no number: expected a list of values, found a range", name=name)
    if missing := [end for end in ("low", "high") if end not in value]:
        raise UsageError(
            "{name}: expected a range with low and high, found no {missing}",
            name=name,
            missing=missing[0],
        )
    chosen = build(Range, value, name)
    whole = isinstance(default, int)
    if whole and not all(float(n).is_integer() for n in (chosen.low, chosen.high, chosen.step)):
        raise UsageError(
            "{name} is a whole number: expected a range of such, found {value!r}",
            name=name,
            value=value,
        )
    return (
        Range(int(chosen.low), int(chosen.high), int(chosen.step), chosen.log) if whole else chosen
    )
