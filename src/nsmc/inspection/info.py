"""What a model directory is, read from its files alone: neither torch nor Mecab is needed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from nsmc.config.schema import changes
from nsmc.inference.directory import SHIPPED, open_model
from nsmc.inference.quantized import SCALES
from nsmc.inspection.purpose import purpose
from nsmc.messages.translate import in_language, tr
from nsmc.tasks.metrics import Metric
from nsmc.tasks.registry import task_class

_DTYPES = {"float32": "F32", "float16": "F16", "int8": "I8"}
"""As safetensors calls them."""


class Tensor(TypedDict):
    """A parameter of the network."""

    name: str
    shape: list[int]
    dtype: str
    parameters: int


@dataclass(frozen=True, repr=False)
class ModelInfo:
    """What a model is; None or nothing where that isn't recorded."""

    model: str
    """Its path."""
    shipped: bool
    """Whether it is the model inside the package."""
    task: str
    purpose: str
    """What it does with a comment, in a sentence."""
    task_state: dict[str, Any]
    """What it learnt from the labels: ``classes``, and the training ``reviews`` of each."""
    head: str
    """``pooled``, or ``next-unit`` of a language model."""
    has_threshold: bool
    network: dict[str, Any]
    """The config's section."""
    tensors: list[Tensor]
    parameters: int
    """Of all tensors."""
    vocabulary: dict[str, Any]
    """``unit`` and ``morphemes``: how many, of whatever unit; ``coverage``: the share of the
    validation part's running units that are in it."""
    tokenizer: dict[str, str]
    """What cuts the comments."""
    threshold: float
    temperature: float | None
    data: dict[str, Any]
    """``name``, ``sha256``, ``reviews`` and ``skipped`` of the training file."""
    training: dict[str, Any]
    """``epochs``, ``best_epoch``, ``seconds``, ``device`` and ``written``."""
    validation: dict[str, Any]
    """``reviews``, ``loss`` and the task's metric, such as ``accuracy``, of the finished model."""
    exit: dict[str, Any] | None
    """The early exit: ``share`` of the validation part that it answers, the ``threshold`` of its
    log odds, and what that costs: see `nsmc.training.early_exit.choose_threshold`."""
    after_training: list[str]
    """In words, what changed the model after its last epoch beyond the temperature."""
    seen: dict[str, Any] | None
    """``texts``: how many distinct ones it has seen in training; ``false_positive_rate`` with which
    another is taken for one of them."""
    history: list[dict[str, Any]]
    """A record per epoch."""
    recipe: dict[str, Any]
    """The whole config."""
    changes: dict[str, dict[str, Any]]
    """Fields that differ from the default config: ``default`` and ``value``."""
    versions: dict[str, str]
    files: list[dict[str, Any]]
    """``name``, ``bytes`` and ``sha256`` of each."""
    bytes: int
    """Of all files."""

    def __repr__(self) -> str:
        """A line."""
        return f"<nsmc.ModelInfo of {self.model}: {self.task}, {self.parameters:,} parameters>"

    def to_dict(self) -> dict[str, Any]:
        """The object that ``nsmc info --json`` prints."""
        return dict(vars(self))


def info(model: Path | str | None = None) -> ModelInfo:
    """Describe a model, after a check of its files against their hashes.

    Args:
        model: a model directory or a training's output directory; None for the shipped model.

    Raises:
        ModelError: the directory is missing, damaged or of another version.
    """
    directory = open_model(None if model is None else Path(model))
    metrics, config = directory.metrics, directory.config.to_dict()
    tensors: list[Tensor] = [
        {
            "name": name,
            "shape": list(values.shape),
            "dtype": _DTYPES[values.dtype.name],
            "parameters": values.size,
        }
        for name, values in sorted(directory.stored.items())
    ]
    files: list[dict[str, Any]] = [
        {"name": name, "bytes": size, "sha256": digest}
        for name, (size, digest) in directory.files.items()
    ]
    training, seen = ("epochs", "best_epoch", "seconds", "device", "written"), None
    if (texts := directory.training_texts) is not None:
        seen = {"texts": texts.texts, "false_positive_rate": texts.false_positive_rate}
    with in_language("en"):  # for programs
        what_for = purpose(directory.task, directory.threshold)
    return ModelInfo(
        model=str(directory.path),
        shipped=directory.path == SHIPPED,
        task=directory.task.name,
        purpose=what_for,
        task_state=directory.task_state,
        head=directory.task.head,
        has_threshold=directory.task.has_threshold,
        network=config["model"],
        tensors=tensors,
        # The scales of int8 tables are no parameters: float tables have none.
        parameters=sum(t["parameters"] for t in tensors if t["name"] not in SCALES.values()),
        vocabulary={
            "unit": directory.config.text.unit,
            "morphemes": len(directory.vocabulary),
            "coverage": metrics.get("coverage"),
        },
        tokenizer=directory.identity,
        threshold=directory.threshold,
        temperature=metrics.get("temperature"),
        data=metrics.get("data", {}),
        training={name: metrics.get(name) for name in training},
        validation=metrics.get("validation", {}),
        exit=metrics.get("exit") if directory.exit is not None else None,
        seen=seen,
        history=metrics.get("history", []),
        recipe=config,
        changes={
            name: {"default": default, "value": value}
            for name, (default, value) in changes(directory.config).items()
        },
        after_training=metrics.get("after_training", []),
        versions=metrics.get("versions", {}),
        files=files,
        bytes=sum(file["bytes"] for file in files),
    )


def metric_of(about: ModelInfo) -> Metric:
    """What, besides the loss, the training of a model was followed by."""
    return task_class(about.task).metric


def head_name(about: ModelInfo) -> str:
    """What follows the recurrent layers: ``max+mean pooling``, or ``next unit``."""
    if about.head != "pooled":
        return tr("next unit")
    return tr("{pooling} pooling", pooling=about.network["pooling"])


def wide_name(network: dict[str, Any]) -> str:
    """The wide layer of a config's ``model`` section for a person; empty without one."""
    wide = network["wide"]
    if not wide["buckets"]:
        return ""
    return tr("{buckets:,} weights of n-grams of up to {longest} characters", **wide)


def network_name(network: dict[str, Any]) -> str:
    """A network's layers as people call them, such as ``BiGRU 128`` or ``2 × LSTM 64``.

    A convolution before them is ``Conv 128×3 → max 2 → BiGRU 128``: filters, units in sight and
    steps of which one is kept.
    """
    conv = network["conv"]
    convolution = f"Conv {conv['filters']}×{conv['kernel']} → " if conv["filters"] else ""
    if convolution and conv["pooling"] > 1:
        convolution += f"max {conv['pooling']} → "
    layers = f"{network['layers']} × " if network["layers"] > 1 else ""
    directions = "Bi" if network["bidirectional"] else ""
    return f"{convolution}{layers}{directions}{network['cell'].upper()} {network['hidden_size']}"
