"""The configs of several trainings that differ in their seed, or over a grid of fields."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nsmc.config.schema import Config, flat, read_toml
from nsmc.errors import UsageError


def variants(
    config: Config, seeds: Sequence[int] = (), grid: Path | None = None
) -> dict[str, Config]:
    """Every combination of a grid's values, each with every seed.

    Args:
        config: what all have in common.
        seeds: of ``training.seed``; none leaves the config's.
        grid: a TOML file like a config's, with a list of values for each field.

    Returns:
        Configs by names for their directories: ``model.cell=gru/seed-1``.

    Raises:
        UsageError: the file can't be read, a field isn't a list or a value is wrong.
    """
    fields = {} if grid is None else flat(read_toml(grid))
    for name, values in fields.items():
        if not isinstance(values, list) or not values:
            raise UsageError(f"{grid}, {name}: expected a list of values, found {values!r}")
    found: dict[str, Config] = {}
    for chosen in itertools.product(*fields.values()):
        setting = dict(zip(fields, chosen, strict=True))
        name = ",".join(f"{field}={value}" for field, value in setting.items())
        name = re.sub(r"[^\w.,=+-]", "-", name)  # a path has to stay one directory
        for seed in dict.fromkeys(seeds) or [None]:
            seeded = {} if seed is None else {"training.seed": seed}
            parts = [name] if name else []
            parts += [] if seed is None else [f"seed-{seed}"]
            found["/".join(parts)] = _changed(config, setting | seeded)
    return found


def _changed(config: Config, fields: dict[str, Any]) -> Config:
    values = config.to_dict()
    for name, value in fields.items():
        *sections, field = name.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[field] = value
    return Config.from_dict(values)
