"""The config: everything that decides what ``nsmc train`` makes."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from nsmc.config.data import DataConfig
from nsmc.config.fields import build, override
from nsmc.config.model import ModelConfig
from nsmc.config.tasks import (
    ClassesConfig,
    LanguageModelConfig,
    SentimentConfig,
    StarsConfig,
    TaskName,
)
from nsmc.config.text import TextConfig
from nsmc.config.training import TrainingConfig
from nsmc.errors import UsageError


@dataclass(frozen=True)
class Config:
    """The task and the sections; the docstring below a field is its help text."""

    task: TaskName = "sentiment"
    """What the network predicts: ``sentiment``, 긍정 or 부정; ``classes``, labels of your own;
    ``stars``, a number; ``sentiment+stars``, both at once; ``language-model``, the next unit."""
    text: TextConfig = field(default_factory=TextConfig)
    data: DataConfig = field(default_factory=DataConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    sentiment: SentimentConfig = field(default_factory=SentimentConfig)
    classes: ClassesConfig = field(default_factory=ClassesConfig)
    stars: StarsConfig = field(default_factory=StarsConfig)
    language_model: LanguageModelConfig = field(default_factory=LanguageModelConfig)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as TOML or JSON would hold them."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Config":
        """Build and check a config from plain values; what is not given keeps its default.

        Raises:
            UsageError: an unknown section or field, a wrong type or a value out of range.
        """
        return build(cls, values, "")


FIELDS: dict[str, Any] = get_type_hints(Config)
"""Names to types: a section's is its class."""


def load_config(
    path: Path | str | None = None,
    overrides: Iterable[str] = (),
    *,
    base: Mapping[str, Any] | None = None,
) -> Config:
    """Read a TOML config and apply ``section.field=value`` overrides to it; later ones win.

    Args:
        path: None starts from the defaults.
        overrides: assignments as ``--set`` takes them.
        base: plain values in place of the defaults, for what neither of the others gives.

    Raises:
        UsageError: the file is missing or isn't TOML, or a field or value is wrong.
    """
    values: dict[str, Any] = {} if path is None else read_toml(Path(path))
    values = _over(base or {}, values)
    for assignment in listed(overrides):
        override(values, assignment, FIELDS)
    return Config.from_dict(values)


def listed(overrides: Iterable[str]) -> list[str]:
    """The assignments of ``overrides``; a text is one of them, and not its letters."""
    return [overrides] if isinstance(overrides, str) else list(overrides)


def read_toml(path: Path) -> dict[str, Any]:
    """The values of a TOML file.

    Raises:
        UsageError: it is missing or isn't TOML.
    """
    import tomllib  # here, as a model that is opened needs none of it

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError("there is no configuration file {path}", path=path) from error
    except OSError as error:
        raise UsageError(
            "cannot read the configuration {path}: {reason}", path=path, reason=error.strerror
        ) from error
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise UsageError(
            "{path} is not a TOML configuration: {error}", path=path, error=error
        ) from error


def _over(base: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``values`` in its place, field by field."""
    merged = dict(base)
    for name, value in values.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _over(before, value) if both else value  # type: ignore[arg-type]
    return merged


def changes(config: Config, base: Config | None = None) -> dict[str, tuple[Any, Any]]:
    """The fields in which a config differs from ``base``, None for the default one.

    Returns:
        Full names, such as ``model.cell``, to the values in ``base`` and in ``config``.
    """
    before, after = flat((base or Config()).to_dict()), flat(config.to_dict())
    return {name: (before[name], value) for name, value in after.items() if value != before[name]}


def flat(values: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    """Plain values by their full names: ``{"a": {"b": 1}}`` as ``{"a.b": 1}``."""
    fields: dict[str, Any] = {}
    for name, value in values.items():
        name = within + name
        fields |= flat(value, f"{name}.") if isinstance(value, Mapping) else {name: value}
    return fields
