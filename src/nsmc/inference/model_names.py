"""Models by name: one that pip installed, or one on the Hugging Face hub."""

import re
from pathlib import Path

from nsmc.errors import ModelError

ENTRY_POINTS = "nsmc.models"
"""The group of entry points in which an installed model gives its name."""
SHIPPED_NAMES = ("shipped", "default")
"""What the model inside the package is called."""
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def find_model(name: str) -> Path | None:
    """The directory of a model that isn't at a path: an installed one, or one of the hub.

    A name in the form ``owner/name`` is looked for on the hub, unless ``owner`` is a directory
    here: a mistyped path asks nobody. The hub's files are kept in its own cache.

    Args:
        name: what was given in place of a path.

    Returns:
        None if it is no such name.

    Raises:
        ModelError: the hub can't be reached, doesn't have it, or ``huggingface_hub`` is missing.
    """
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    for entry in entry_points(group=ENTRY_POINTS, name=name):
        spec = find_spec(entry.module)
        if spec and spec.origin:
            return Path(spec.origin).parent / "model"
    if not HUB_NAME.fullmatch(name) or Path(name.partition("/")[0]).is_dir():
        return None
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise ModelError(
            "expected a model directory at {name}, found nothing there; a model of that "
            'name on the Hugging Face hub needs: pip install "nsmc[hub]"',
            name=name,
        ) from error
    try:
        return Path(snapshot_download(name))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(
            "expected a model directory at {name}, found nothing there, and the Hugging "
            "Face hub gave none of that name ({kind}); check the name and the network",
            name=name,
            kind=type(error).__name__,
        ) from error
