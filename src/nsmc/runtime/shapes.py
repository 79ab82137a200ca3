"""The shape of a network's part that reads characters, from the recipe's ``model`` section."""

from collections.abc import Mapping
from typing import Any

BESIDE: dict[str, Any] = {"hidden_size": 0}
"""The section of a recipe from before a network could read characters."""


def reads_characters(shape: Mapping[str, Any]) -> bool:
    """Whether a network of a ``model`` section has such a part."""
    return bool(shape.get("characters", BESIDE)["hidden_size"])


def shape_of_characters(shape: Mapping[str, Any]) -> dict[str, Any]:
    """The ``model`` section of that part as a network of its own.

    One layer of the same cell, with the pooling and the dropout of what reads the units, and with
    the section ``characters`` for its sizes.
    """
    sizes = shape["characters"]
    shared = ("cell", "bidirectional", "pooling", "embedding_dropout", "dropout")
    return {
        **{name: shape[name] for name in shared},
        **sizes,
        "layers": 1,
        "subword_letters": sizes["subword_buckets"] > 0,
    }
