"""The model directory: the contract between training and everything after it.

manifest.json       kind, schema version, and size and SHA-256 of every other file
model.json          config, what the task learnt from its labels, tokenizer identity, threshold
vocabulary.txt      one unit a line, UTF-8; the first is the unknown one
units.model         what the tokenizer learnt (``unit = "bpe"``, ``spelling``)
weights.safetensors every parameter under torch's name: see `nsmc.inference.quantized`
metrics.json        how it was trained, on what, and how well it did on its validation part
seen.bin            its training texts as a Bloom filter: see `nsmc.inference.train_overlap`
exit.safetensors    its early exit, if it has one: see `nsmc.inference.early_exit`
"""

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.config.text import UNIT_NAMES
from nsmc.errors import DivergedError, ModelError, UsageError
from nsmc.inference.network import NumpyNetwork
from nsmc.inference.parameters import LARGEST, check_weights, in_range
from nsmc.inference.quantized import NGRAMS, WORDS, EmbeddingTable, dequantized, read_table
from nsmc.inference.training_record import checked_record
from nsmc.storage.bundle import open_bundle, strict_json, write_json, writing_bundle
from nsmc.storage.tensors import write_tensors
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import LabelTask, Task

if TYPE_CHECKING:
    from nsmc.inference.train_overlap import TrainingTexts

KIND = "model"
SCHEMA = 4
LEARNED = "units.model"
METRICS = "metrics.json"
SEEN = "seen.bin"
EXIT = "exit.safetensors"
WEIGHTS = "weights.safetensors"
SHIPPED = Path(__file__).parent.parent / "pretrained" / "default"


@dataclass(frozen=True, repr=False)
class ModelDirectory:
    """What a model directory holds, verified."""

    path: Path
    config: Config
    task_state: dict[str, Any]
    """Of `nsmc.tasks.task.Task.state`."""
    identity: dict[str, str]
    """Of `nsmc.text.tokenizer.Tokenizer.identity` in training."""
    threshold: float
    """A comment is positive at or above it, if the task has one."""
    vocabulary: list[str]
    """[V] units by row; row 0 is the unknown one."""
    metrics: dict[str, Any]
    stored: Mapping[str, NDArray[Any]] = field(repr=False, compare=False)
    """Every parameter under its torch name, as stored."""
    learned: bytes | None = None
    """What the tokenizer learnt, for `nsmc.text.tokenizer.make_tokenizer`; None for most."""
    exit: bytes | None = None
    """Of `nsmc.inference.early_exit.EarlyExit.to_bytes`; None without one."""
    seen: bytes | None = None
    """`training_texts` as stored."""
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict, repr=False, compare=False)
    """The bytes and the SHA-256 of every file."""

    def __post_init__(self) -> None:
        """Check that the parts fit together.

        Raises:
            ModelError: the weights aren't those of the config, the task and the vocabulary.
        """
        try:
            check_weights(self.stored, self.config.model, self.task, len(self.vocabulary))
        except ValueError as error:
            raise ModelError(
                "{path} doesn't fit together: its weights aren't those of its config "
                "({error}); train again",
                path=self.path,
                error=error,
            ) from error

    def __repr__(self) -> str:
        """A line: the vocabulary alone would be a million characters."""
        units = f"{len(self.vocabulary):,} {UNIT_NAMES[self.config.text.unit]}"
        return f"<model {self.path}: {self.config.task}, {units}>"

    @cached_property
    def task(self) -> Task:
        """What the network was asked."""
        return make_task(self.config, self.task_state)

    @cached_property
    def training_texts(self) -> "TrainingTexts | None":
        """The texts of its training and validation; None where they weren't recorded.

        Raises:
            ModelError: they can't be read.
        """
        # Here: a comment that is typed and scored needs none of it.
        from nsmc.inference.train_overlap import TrainingTexts

        return None if self.seen is None else TrainingTexts.from_bytes(self.seen)

    def weights(self) -> dict[str, NDArray[Any]]:
        """Every parameter under its torch name: tables as stored, all else in float32."""
        return dequantized(self.stored)

    def tables(
        self, weights: Mapping[str, NDArray[Any]]
    ) -> tuple[EmbeddingTable, EmbeddingTable | None]:
        """The embedding tables of `weights`: words [V, E] and n-grams [K, E] or None."""
        words = read_table(weights, WORDS)
        assert words is not None
        return words, read_table(weights, NGRAMS)

    def network(self, weights: Mapping[str, NDArray[Any]]) -> NumpyNetwork:
        """The layers after the embedding, from `weights` of a model that labels comments.

        Raises:
            ModelError: the model labels nothing.
        """
        _ = self.label_task
        return NumpyNetwork(weights, self.config.model)

    @property
    def label_task(self) -> LabelTask:
        """The task of a model that labels comments.

        Raises:
            ModelError: this one doesn't.
        """
        if isinstance(self.task, LabelTask):
            return self.task
        raise ModelError(
            "{path} is a language model; use nsmc score-text or nsmc complete", path=self.path
        )


def write_model(
    path: Path,
    *,
    config: Config,
    identity: Mapping[str, str],
    threshold: float,
    vocabulary: list[str],
    weights: Mapping[str, NDArray[Any]],
    metrics: Mapping[str, Any],
    task_state: Mapping[str, Any],
    learned: bytes | None = None,
    seen: bytes | None = None,
    exit: bytes | None = None,
) -> None:
    """Write a model directory; `ModelDirectory` says what each part is.

    Raises:
        NsmcError: the place is not writable or the disk is full; ``path`` is then as it was.
        DivergedError: a weight isn't a finite number.
    """
    for name, values in weights.items():
        if not in_range(values):
            raise DivergedError(
                "the weight {name} holds values that aren't numbers, or above {most:,.0f}, so "
                "no model was written; train again with a lower training.learning_rate",
                name=name,
                most=LARGEST,
            )
    with writing_bundle(path, KIND, SCHEMA) as directory:
        about = {"config": config.to_dict(), "task_state": task_state, "identity": identity}
        write_json(directory / "model.json", {**about, "threshold": threshold})
        if learned is not None:
            (directory / LEARNED).write_bytes(learned)
        (directory / "vocabulary.txt").write_bytes("\n".join(vocabulary).encode())
        with (directory / WEIGHTS).open("wb") as file:
            write_tensors(file, weights)
        write_json(directory / METRICS, metrics)
        for name, content in ((SEEN, seen), (EXIT, exit)):
            if content is not None:
                (directory / name).write_bytes(content)


def write_again(source: ModelDirectory, path: Path, **changes: Any) -> None:
    """Copy a model directory with other arguments of `write_model`, which has the errors.

    With other weights it has no early exit any more, unless ``exit`` is given: that is the exit of
    the network as it was.
    """
    names = ("config", "task_state", "identity", "threshold", "vocabulary", "metrics")
    parts = {name: getattr(source, name) for name in (*names, "learned", "seen")}
    parts |= {"weights": source.stored, "exit": None if "weights" in changes else source.exit}
    write_model(path, **parts | changes)


def open_model(path: Path | None = None) -> ModelDirectory:
    """Open and verify a model directory, or the output directory of a training that holds one.

    Args:
        path: None for the model that ships inside the package. What isn't there may be that one's
            name, ``shipped``, or the name of an installed model or of one on a hub: see
            `nsmc.inference.model_names.find_model`.

    Raises:
        ModelError: one message per defect; see `nsmc.storage.bundle.open_bundle`,
            `nsmc.storage.bundle.Bundle.read` and `nsmc.inference.parameters.check_weights`.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = SHIPPED if path is None else path
    with contextlib.suppress(OSError):  # what can't be looked at, `open_bundle` refuses by name
        if not path.exists():
            from nsmc.inference.model_names import SHIPPED_NAMES, find_model

            name = path.as_posix()
            path = SHIPPED if name in SHIPPED_NAMES else find_model(name) or path
        if not (path / "manifest.json").exists() and (path / "model").is_dir():
            path = path / "model"
    bundle = open_bundle(path, KIND, SCHEMA, ("model.json", "vocabulary.txt", WEIGHTS, METRICS))
    # Each is read once: what was compared with the manifest is what is used, even if a training
    # replaces the directory meanwhile.
    content = {name: bundle.read(name) for name in bundle.files}
    try:
        model = strict_json(content["model.json"])
        threshold, identity = model["threshold"], model["identity"]
        if type(threshold) not in (int, float) or not 0 <= threshold <= 1:
            raise ValueError(f"threshold: expected a number from 0 to 1, found {threshold!r}")
        if not all(isinstance(value, str) for value in identity.values()):
            raise ValueError("identity: expected texts")
        config = Config.from_dict(model["config"])
        vocabulary = content["vocabulary.txt"].decode().split("\n")
        # Some units would be unknown without a word, after a change of line ends for example.
        if len(set(vocabulary)) < len(vocabulary) or b"\r" in content["vocabulary.txt"]:
            raise ValueError("a vocabulary with a unit twice or a carriage return")
        metric = make_task(config, model["task_state"]).metric.name
        return ModelDirectory(
            path=path,
            config=config,
            task_state=model["task_state"],
            identity=identity,
            threshold=float(threshold),
            vocabulary=vocabulary,
            metrics=checked_record(json.loads(content[METRICS]), metric),
            stored=load(content[WEIGHTS]),
            learned=content.get(LEARNED),
            seen=content.get(SEEN),
            exit=content.get(EXIT),
            files=bundle.files,
        )
    except (
        *(ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError),
        *(RecursionError, UsageError, SafetensorError),
    ) as error:
        raise ModelError(
            "{path} doesn't hold what a model directory should ({kind}: {error}); train again",
            path=path,
            kind=type(error).__name__,
            error=error,
        ) from error
