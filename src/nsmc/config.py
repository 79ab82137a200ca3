"""A recipe: everything that decides what ``nsmc train`` makes."""

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nsmc.data.config import DataConfig
from nsmc.errors import UsageError
from nsmc.model.config import ModelConfig
from nsmc.settings import build, override
from nsmc.text.config import TextConfig
from nsmc.training.config import TrainingConfig


@dataclass(frozen=True)
class Config:
    """The four sections of a recipe; each field's meaning stands below it in its class."""

    text: TextConfig = field(default_factory=TextConfig)
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Plain values, as TOML or JSON would hold them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Build and check a recipe from plain values; what is not given keeps its default.

        Raises:
            UsageError: an unknown section or field, a wrong type or a value out of range.
        """
        return build(cls, values, "")


SECTIONS: dict[str, type] = {
    "text": TextConfig,
    "data": DataConfig,
    "model": ModelConfig,
    "training": TrainingConfig,
}


def load_config(path: Path | None = None, overrides: Iterable[str] = ()) -> Config:
    """Read a TOML recipe and apply ``section.field=value`` overrides to it.

    Args:
        path: the file; None starts from the defaults.
        overrides: assignments as ``--set`` takes them; later ones win.

    Raises:
        UsageError: the file is missing or isn't TOML, or a field or value is wrong.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UsageError(f"there is no configuration file {path}") from error
        except OSError as error:
            raise UsageError(f"cannot read the configuration {path}: {error.strerror}") from error
        except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
            raise UsageError(f"{path} is not a TOML configuration: {error}") from error
    for assignment in overrides:
        override(values, assignment, SECTIONS)
    return Config.from_dict(values)


def changes(
    values: Mapping[str, Mapping[str, Any]], base: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, tuple[Any, Any]]:
    """The fields in which a recipe differs from another.

    Args:
        values: sections of plain values, as `Config.to_dict` gives them; those of another version
            may have other fields.
        base: what they are compared with; None takes the default recipe.

    Returns:
        ``section.field`` to the value in ``base`` and that in ``values``; None for one not there.
    """
    found, expected = _fields(values), _fields(Config().to_dict() if base is None else base)
    return {
        name: (expected.get(name), found.get(name))
        for name in {**expected, **found}
        if expected.get(name) != found.get(name)
    }


def _fields(values: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {
        f"{section}.{name}": value
        for section, fields in values.items()
        for name, value in fields.items()
    }
