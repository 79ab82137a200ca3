"""The model directory: the contract between training and everything after it.

manifest.json       kind, schema version, and size and SHA-256 of every other file
model.json          config, what the task learnt from its labels, tokenizer identity, threshold
vocabulary.txt      one unit a line, UTF-8; the first is the unknown one
units.model         what the tokenizer learnt (``unit = "bpe"``, ``spelling``)
weights.safetensors every parameter under torch's name: see `nsmc.inference.quantized`
metrics.json        how it was trained, on what, and how well it did on its validation part
seen.bin            its training texts as a Bloom filter: see `nsmc.inference.train_overlap`
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.config.text import UNIT_NAMES
from nsmc.errors import ModelError, UsageError
from nsmc.inference.network import NumpyNetwork
from nsmc.inference.quantized import NGRAMS, WORDS, EmbeddingTable, dequantized, read_table
from nsmc.storage.bundle import MANIFEST, read_json, verify_bundle, write_json, writing_bundle
from nsmc.tasks.registry import make_task
from nsmc.tasks.task import LabelTask, Task

if TYPE_CHECKING:
    from nsmc.inference.train_overlap import TrainingTexts

KIND = "model"
SCHEMA = 4
LEARNED = "units.model"
SEEN = "seen.bin"
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
    learned: bytes | None = None
    """What the tokenizer learnt, for `nsmc.text.tokenizer.make_tokenizer`; None for most."""

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

        file = self.path / SEEN
        return TrainingTexts.from_bytes(file.read_bytes()) if file.exists() else None

    def weights(self) -> dict[str, NDArray[Any]]:
        """Every parameter under its torch name: tables as stored, all else in float32."""
        return dequantized(self.stored())

    def stored(self) -> dict[str, NDArray[Any]]:
        """Every parameter under its torch name, as stored."""
        from safetensors.numpy import load_file

        loaded: dict[str, NDArray[Any]] = load_file(self.path / WEIGHTS)
        return loaded

    def tables(
        self, weights: Mapping[str, NDArray[Any]]
    ) -> tuple[EmbeddingTable, EmbeddingTable | None]:
        """The embedding tables of `weights`: words [V, E] and n-grams [K, E] or None.

        Raises:
            ModelError: the table of words doesn't fit the vocabulary.
        """
        words, ngrams = read_table(weights, WORDS), read_table(weights, NGRAMS)
        if words is None or len(words) != len(self.vocabulary):
            raise ModelError(
                f"{self.path} doesn't fit together: {len(self.vocabulary):,} units in its "
                f"vocabulary, {0 if words is None else len(words):,} rows in its table; train again"
            )
        return words, ngrams

    def network(self, weights: Mapping[str, NDArray[Any]]) -> NumpyNetwork:
        """The layers after the embedding, from `weights` of a model that labels comments.

        Raises:
            ModelError: the weights don't fit the config, or the model labels nothing.
        """
        outputs = self.label_task.outputs
        with self.fitting_weights():
            return NumpyNetwork(weights, self.config.model, outputs)

    @contextlib.contextmanager
    def fitting_weights(self) -> Iterator[None]:
        """Turn a KeyError or ValueError inside the block into a ModelError about the weights."""
        try:
            yield
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{self.path} doesn't fit together: its weights aren't those of its config "
                f"({error}); train again"
            ) from error

    @property
    def label_task(self) -> LabelTask:
        """The task of a model that labels comments.

        Raises:
            ModelError: this one doesn't.
        """
        if isinstance(self.task, LabelTask):
            return self.task
        raise ModelError(f"{self.path} is a language model; use nsmc score-text or nsmc complete")


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
    training_texts: "TrainingTexts | None" = None,
) -> None:
    """Write a model directory; `ModelDirectory` says what each part is.

    Raises:
        NsmcError: the place is not writable or the disk is full; ``path`` is then as it was.
        ModelError: a weight isn't a finite number.
    """
    from safetensors.numpy import save

    for name, values in weights.items():
        if not np.isfinite(values).all():
            raise ModelError(
                f"the weight {name} holds values that aren't numbers, so no model was written; "
                "train again with a lower training.learning_rate"
            )
    with writing_bundle(path, KIND, SCHEMA) as directory:
        about = {"config": config.to_dict(), "task_state": task_state, "identity": identity}
        write_json(directory / "model.json", {**about, "threshold": threshold})
        if learned is not None:
            (directory / LEARNED).write_bytes(learned)
        (directory / "vocabulary.txt").write_bytes("\n".join(vocabulary).encode())
        # Not save_file, whose error for a full disk is no OSError.
        tensors = {k: np.ascontiguousarray(v) for k, v in weights.items()}
        (directory / WEIGHTS).write_bytes(save(tensors))
        write_json(directory / "metrics.json", metrics)
        if training_texts is not None:
            (directory / SEEN).write_bytes(training_texts.to_bytes())


def write_again(source: ModelDirectory, path: Path, **changes: Any) -> None:
    """Copy a model directory with other arguments of `write_model`, which has the errors."""
    parts = {field.name: getattr(source, field.name) for field in fields(source)}
    del parts["path"]
    if "training_texts" not in changes:
        parts["training_texts"] = source.training_texts
    if "weights" not in changes:
        parts["weights"] = source.stored()
    write_model(path, **parts | changes)


def write_training_texts(path: Path, texts: "TrainingTexts | None") -> None:
    """Replace the set of training texts in a model directory; None takes it out.

    For a model that has seen more than the file it was trained on, such as its teachers' texts.

    Raises:
        ModelError: there is no such model directory, or it is damaged.
        NsmcError: the place is not writable or the disk is full; ``path`` is then as it was.
    """
    source = open_model(path).path
    with writing_bundle(source, KIND, SCHEMA) as directory:
        for name in read_json(source / MANIFEST)["files"]:
            if name != SEEN:
                shutil.copyfile(source / name, directory / name)
        if texts is not None:
            (directory / SEEN).write_bytes(texts.to_bytes())


def open_model(path: Path | None = None) -> ModelDirectory:
    """Open and verify a model directory, or the output directory of a training that holds one.

    Args:
        path: None for the model that ships inside the package. What isn't there may be the name of
            an installed model or of one on a hub: see `nsmc.inference.model_names.find_model`.

    Raises:
        ModelError: one message per defect; see `nsmc.storage.bundle.verify_bundle`.
    """
    path = SHIPPED if path is None else path
    with contextlib.suppress(OSError):  # what can't be looked at, `verify_bundle` refuses by name
        if not path.exists():
            from nsmc.inference.model_names import find_model

            path = find_model(path.as_posix()) or path
        if not (path / "manifest.json").exists() and (path / "model").is_dir():
            path = path / "model"
    verify_bundle(path, KIND, SCHEMA)
    try:
        model = read_json(path / "model.json")
        learned = path / LEARNED
        opened = ModelDirectory(
            path=path,
            config=Config.from_dict(model["config"]),
            task_state=model["task_state"],
            identity=model["identity"],
            threshold=float(model["threshold"]),
            vocabulary=(path / "vocabulary.txt").read_bytes().decode().split("\n"),
            metrics=read_json(path / "metrics.json"),
            learned=learned.read_bytes() if learned.exists() else None,
        )
        _ = opened.task  # refuses a config of which no task can be made
        return opened
    except (ValueError, KeyError, TypeError, AttributeError, OSError, UsageError) as error:
        raise ModelError(
            f"{path} doesn't hold what a model directory should ({error!r}); train again"
        ) from error
