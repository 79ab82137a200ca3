"""What a model directory is, read from its files alone: neither torch nor Mecab is needed."""

from pathlib import Path
from typing import Any

from nsmc.bundle import MANIFEST, read_json
from nsmc.config import changes
from nsmc.errors import ModelError
from nsmc.runtime.directory import SHIPPED, open_model
from nsmc.runtime.tables import SCALES


def info(model: Path | str | None = None) -> dict[str, Any]:
    """Describe a model, after its files have been checked against their hashes.

    Args:
        model: a model directory or a training's output directory; None for the shipped model.

    Returns:
        ``model`` (path), ``shipped``, ``network`` (the recipe's section), ``tensors`` (``name``,
        ``shape``, ``dtype``, ``parameters``), ``parameters`` (their sum), ``vocabulary``
        (``morphemes``, ``coverage``: the share of the validation part's running morphemes that are
        in it), ``tokenizer`` (what cut the comments), ``threshold``, ``temperature``, ``data``
        (``name``, ``sha256``, ``reviews``, ``skipped``), ``training`` (``epochs``, ``best_epoch``,
        ``seconds``, ``device``, ``written``), ``validation`` (``accuracy``, ``loss``, ``reviews``),
        ``history`` (a record per epoch), ``recipe``, ``changes`` (fields that differ from the
        default recipe: ``default`` and ``value``), ``versions``, ``files`` (``name``, ``bytes``,
        ``sha256``) and ``bytes`` (their sum). None or nothing stands for what wasn't recorded.

    Raises:
        ModelError: the directory is missing, damaged or of another version.
    """
    directory = open_model(None if model is None else Path(model))
    metrics = directory.metrics
    tensors = _tensors(directory.path / "weights.safetensors")
    files = [
        {"name": name, **about}
        for name, about in read_json(directory.path / MANIFEST)["files"].items()
    ]
    kept = ("epochs", "best_epoch", "seconds", "device", "written")
    return {
        "model": str(directory.path),
        "shipped": directory.path == SHIPPED,
        "network": directory.config["model"],
        "tensors": tensors,
        # The scales of int8 tables stand for what float tables hold themselves.
        "parameters": sum(t["parameters"] for t in tensors if t["name"] not in SCALES.values()),
        "vocabulary": {
            "morphemes": len(directory.vocabulary),
            "coverage": metrics.get("coverage"),
        },
        "tokenizer": directory.identity,
        "threshold": directory.threshold,
        "temperature": metrics.get("temperature"),
        "data": metrics.get("data", {}),
        "training": {name: metrics.get(name) for name in kept},
        "validation": metrics.get("validation", {}),
        "history": metrics.get("history", []),
        "recipe": directory.config,
        "changes": {
            name: {"default": default, "value": value}
            for name, (default, value) in changes(directory.config).items()
        },
        "versions": metrics.get("versions", {}),
        "files": files,
        "bytes": sum(file["bytes"] for file in files),
    }


def _tensors(path: Path) -> list[dict[str, Any]]:
    """Names, shapes and types from the header of a safetensors file; no weight is read.

    Raises:
        ModelError: it isn't such a file.
    """
    import math

    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            return [
                {
                    "name": name,
                    "shape": list(part.get_shape()),
                    "dtype": part.get_dtype(),
                    "parameters": math.prod(part.get_shape()),
                }
                for name, part in slices.items()
            ]
    except (SafetensorError, OSError) as error:
        raise ModelError(
            f"{path} doesn't hold what a model directory should ({error}); train again"
        ) from error


def network_name(network: dict[str, Any]) -> str:
    """A network's recurrent part as people call it, such as ``BiGRU 128`` or ``2 × LSTM 64``."""
    layers = f"{network['layers']} × " if network["layers"] > 1 else ""
    directions = "Bi" if network["bidirectional"] else ""
    return f"{layers}{directions}{network['cell'].upper()} {network['hidden_size']}"
