"""What a model directory says of its training: anything may be missing, nothing may be of another
type, since what shows it formats numbers as numbers."""

from collections.abc import Mapping
from typing import Any

_Types = type | tuple[type, ...]
_NUMBER: _Types = (int, float)
_TYPES: dict[str, _Types] = {
    "best_epoch": int,
    "epochs": int,
    "seconds": _NUMBER,
    "device": str,
    "written": str,
    "coverage": _NUMBER,
    "temperature": _NUMBER,
    "data": dict,
    "validation": dict,
    "exit": dict,
    "versions": dict,
    "history": list,
    "after_training": list,
}
_WITHIN: dict[str, dict[str, _Types]] = {
    "data": {"name": str, "sha256": str, "reviews": int, "skipped": int},
    "validation": {"loss": _NUMBER},
    "exit": dict.fromkeys(
        ("share", "threshold", "accuracy_on_labels", "log_loss_on_labels"), _NUMBER
    ),
    "history": {"epoch": int, "train_loss": _NUMBER, "validation_loss": _NUMBER},
}
_NARROW = dict.fromkeys(("narrow_share", "narrow_threshold"), _NUMBER)
"""Of ``exit``, if there is a narrow network."""
_TOGETHER = ("epochs", "best_epoch", "seconds", "device", "written")
LARGEST = 1 << 53


def checked_record(record: Any, metric: str) -> dict[str, Any]:
    """The record as it is, if it can be shown.

    Args:
        record: the content of ``metrics.json``.
        metric: `nsmc.tasks.metrics.Metric.name` of the model's task.

    Raises:
        ValueError: a part is missing from those that belong together, or has another type.
    """
    if not isinstance(record, dict):
        raise ValueError("the record of the training is no object")
    needed = _TOGETHER if "epochs" in record else ()
    _check("", record, {name: _TYPES[name] for name in _TYPES if name in record or name in needed})
    for name, types in _WITHIN.items():
        parts = record.get(name) or []
        places = {"validation": [metric], "history": [f"train_{metric}", f"validation_{metric}"]}
        for part in parts if isinstance(parts, list) else [parts]:
            _check(f"{name}.", part, types | dict.fromkeys(places.get(name, []), _NUMBER))
    if "narrow_share" in record.get("exit", {}):
        _check("exit.", record["exit"], _NARROW)
    if not all(isinstance(text, str) for text in record.get("after_training", [])):
        raise ValueError("after_training: expected texts")
    return record


def _check(within: str, record: Any, types: Mapping[str, _Types]) -> None:
    for name, expected in types.items():
        value = record[name]
        if not isinstance(value, expected) or isinstance(value, bool):
            raise ValueError(f"{within}{name}: found {value!r}")
        if isinstance(value, int) and abs(value) > LARGEST:
            raise ValueError(f"{within}{name}: found a number of {len(str(value))} digits")
