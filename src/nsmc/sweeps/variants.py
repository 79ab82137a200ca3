"""The configs of several trainings that differ in their seed, or over a grid of fields."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nsmc.config.schema import Config


@dataclass(frozen=True)
class Variant:
    """Trainings that differ in their seed alone."""

    name: str
    """Of the directory that holds them: ``model.cell=gru``; empty where nothing else is varied."""
    setting: dict[str, Any]
    """Full names of fields to values."""
    configs: dict[str, Config]
    """Directories below the sweep's to configs: ``model.cell=gru/seed-1``."""


def grid(
    config: Config, fields: Mapping[str, Sequence[Any]], seeds: Sequence[int] = ()
) -> list[Variant]:
    """A config with every combination of some fields' values, by their full names.

    Raises:
        UsageError: a value is wrong.
    """
    settings = [
        dict(zip(fields, chosen, strict=True)) for chosen in itertools.product(*fields.values())
    ]
    return [variant(config, _name(setting), setting, seeds) for setting in settings]


def variant(
    config: Config, name: str, setting: dict[str, Any], seeds: Sequence[int] = ()
) -> Variant:
    """A config with other values of some fields, with each seed; none leaves the config's.

    Raises:
        UsageError: a value is wrong.
    """
    return Variant(name, setting, dict(_configs(config, name, setting, seeds)))


def _configs(
    config: Config, name: str, setting: dict[str, Any], seeds: Sequence[int]
) -> Iterator[tuple[str, Config]]:
    if not seeds:
        yield name, _changed(config, setting)
    for seed in dict.fromkeys(seeds):
        place = f"{name}/seed-{seed}".removeprefix("/")
        yield place, _changed(config, setting | {"training.seed": seed})


def _name(setting: Mapping[str, Any]) -> str:
    name = ",".join(f"{field}={value}" for field, value in setting.items())
    return re.sub(r"[^\w.,=+-]", "-", name)  # a path has to stay one directory


def _changed(config: Config, fields: Mapping[str, Any]) -> Config:
    values = config.to_dict()
    for name, value in fields.items():
        *sections, field = name.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[field] = value
    return Config.from_dict(values)
