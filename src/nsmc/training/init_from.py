"""Start a training from another model's weights (`training.init_from`).

Dai and Le, "Semi-supervised sequence learning", NeurIPS 2015: a classifier that starts from a
language model of unlabelled text of its domain needs fewer labels.

Shapes: V rows of the vocabulary, K rows of the n-gram table, E embedding size.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nsmc.config.schema import Config
from nsmc.data.special_units import EOS
from nsmc.errors import NsmcError, UsageError
from nsmc.inference.directory import ModelDirectory
from nsmc.inference.quantized import NGRAMS, SCALES, WIDE, WORDS
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.model.network import RecurrentNetwork
from nsmc.storage.bundle import MANIFEST, read_json, write_json
from nsmc.storage.files import atomic_write, sha256_of
from nsmc.tasks.task import LabelTask, Task
from nsmc.text.tokenizer import declared_identity, differences
from nsmc.training.fine_tuning import open_start

KEPT = "init_from.json"
"""The record, in a training's output directory, of the model that it started from."""
KEPT_TEXTS = "init_from.seen"
"""Beside it, the training texts of that model, if they are known."""
HEAD = "the head"
"""What the record says of a start whose head was copied."""

Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class PretrainedModel:
    """The model that a training starts from."""

    path: str  # as the configuration names it
    sha256: str  # of its manifest, which holds the hashes of all its files
    vocabulary: Sequence[str]
    """Its units but the special ones. The new model has a row for each, or a review that isn't
    among the labelled ones would have few known words."""
    taken: str = ""  # what was copied, for a person; empty before `load_into`

    def record(self) -> dict[str, str]:
        """What the new model directory says of its start."""
        return {"path": self.path, "manifest_sha256": self.sha256, "taken": self.taken}

    def load_into(
        self, network: RecurrentNetwork, task: Task, vocabulary: Sequence[str], output: Path
    ) -> "PretrainedModel":
        """Copy the weights that fit into a fresh network, and keep a record in ``output``.

        Rows of the word table are matched by unit. The n-gram table is copied if its rows are those
        of the same n-grams. A recurrent layer is copied if those below it were and its shapes are
        the same. The head and the wide layer are copied from a model of the same task over the same
        recurrent layers. Everything else stays as it was initialized.

        ``vocabulary`` [V] is the network's, ``output`` the training's directory.

        Raises:
            ModelError: the model isn't there any more, or damaged.
            NsmcError: it has changed since the training began.
        """
        model = open_start(self.path)
        if sha256_of(model.path / MANIFEST) != self.sha256:
            raise NsmcError(
                "{path} has changed since this training began; start another with another --output",
                path=self.path,
            )
        weights = model.weights()
        with torch.no_grad():
            parts = [
                *_copy_tables(network, vocabulary, model, weights),
                *_copy_layers(network, weights),
                *_copy_outputs(network, task, model, weights),
            ]
        loaded = replace(self, taken=", ".join(parts))
        (output / KEPT_TEXTS).unlink(missing_ok=True)
        if model.seen is not None:
            with atomic_write(output / KEPT_TEXTS) as temporary:
                temporary.write_bytes(model.seen)
        loaded.keep(output)
        return loaded

    @property
    def has_head(self) -> bool:
        """Whether the head was copied."""
        return HEAD in self.taken.split(", ")

    def keep(self, output: Path) -> None:
        """Write the record into a training's directory."""
        with atomic_write(output / KEPT) as temporary:
            write_json(temporary, asdict(self))

    def training_texts(self, output: Path) -> TrainingTexts | None:
        """The model's own training texts, as `load_into` kept them; None if they aren't known.

        Raises:
            ModelError: the file is damaged.
        """
        file = output / KEPT_TEXTS
        return TrainingTexts.from_bytes(file.read_bytes()) if file.is_file() else None


def find_pretrained(config: Config, output: Path) -> PretrainedModel | None:
    """The model that a training starts from, if any, by the record in ``output`` or the config.

    Raises:
        ModelError: there is no such model directory, or it is damaged.
        UsageError: nothing of the model would fit.
    """
    named = config.training.init_from
    if not named:
        return None
    if (output / KEPT).is_file():
        return PretrainedModel(**read_json(output / KEPT))
    model = open_start(named)
    _check_compatible(model, config)
    known = [unit for unit in model.vocabulary[1:] if unit != EOS]
    return PretrainedModel(named, sha256_of(model.path / MANIFEST), known)


def _check_compatible(model: ModelDirectory, config: Config) -> None:
    ours = declared_identity(config.text)
    theirs = {name: model.identity.get(name, "nothing") for name in ours}
    # A shorter cut leaves the units what they are.
    theirs["max_characters"] = ours["max_characters"]
    if wrong := differences(theirs, ours):
        raise UsageError(
            "configuration: training.init_from: {path} has units that were cut in another "
            "way ({wrong}); use its [text] section, or another model",
            path=model.path,
            wrong="; ".join(wrong),
        )
    size = model.config.model.embedding_size
    if size != config.model.embedding_size:
        raise UsageError(
            "configuration: training.init_from: the vectors of {path} have {size} numbers, "
            "those of this config {embedding_size}; set model.embedding_size={size}",
            path=model.path,
            size=size,
            embedding_size=config.model.embedding_size,
        )


def _copy_tables(
    network: RecurrentNetwork, vocabulary: Sequence[str], model: ModelDirectory, weights: Weights
) -> list[str]:
    words, ngrams = model.tables(weights)
    row_of = {unit: row for row, unit in enumerate(model.vocabulary)}
    # Never empty: the unknown unit is in both.
    rows = [row for row, unit in enumerate(vocabulary) if unit in row_of]
    table = network.get_parameter(WORDS)  # [V, E]
    table[rows] = torch.from_numpy(words.rows([row_of[vocabulary[row]] for row in rows])).to(table)
    parts = [f"the vectors of {len(rows):,} of {len(vocabulary):,} units"]
    if ngrams is not None and _same(network, model, "subword_buckets", "subword_letters"):
        network.get_parameter(NGRAMS).copy_(torch.from_numpy(ngrams.rows(np.arange(len(ngrams)))))
        parts.append("those of the n-grams")
    return parts


def _copy_layers(network: RecurrentNetwork, weights: Weights) -> list[str]:
    if network.convolution is not None:  # the same shapes mean something else behind one
        return []
    ours = {k: v for k, v in network.named_parameters() if k.startswith("encoder.")}
    parts = []
    for suffix, direction in (("", "forwards"), ("_reverse", "backwards")):
        for layer in count():
            names = [name for name in ours if name.endswith(f"_l{layer}{suffix}")]
            if not names or any(
                name not in weights or weights[name].shape != tuple(ours[name].shape)
                for name in names
            ):
                break
            for name in names:
                ours[name].copy_(torch.from_numpy(weights[name]))
        if layer:
            parts.append(f"{layer} recurrent layer{'s' if layer > 1 else ''} {direction}")
    return parts


def _same(network: RecurrentNetwork, model: ModelDirectory, *fields: str) -> bool:
    """Whether two networks agree in fields of their section ``model``."""
    return all(getattr(network.config, f) == getattr(model.config.model, f) for f in fields)


def _answers_alike(task: Task, other: Task) -> bool:
    """Whether each output means the same, wherever the labels are and however many there were."""
    if not (isinstance(task, LabelTask) and isinstance(other, LabelTask)):
        return False
    # On another scale the same output means other stars.
    ours, theirs = (
        (one.name, one.outputs, one.class_answer, one.star_scale) for one in (task, other)
    )
    return ours == theirs


def _copy_outputs(
    network: RecurrentNetwork, task: Task, model: ModelDirectory, weights: Weights
) -> list[str]:
    """Copy the head and the wide layer, where outputs, pooling and n-grams mean the same."""
    if not _answers_alike(task, model.task):
        return []
    shape = ("cell", "layers", "bidirectional", "hidden_size", "conv", "pooling")
    if not _same(network, model, *shape):
        return []
    for name in ("head.weight", "head.bias"):
        network.get_parameter(name).copy_(torch.from_numpy(weights[name]))
    parts = [HEAD]
    ours, theirs = network.config.wide, model.config.model.wide
    if ours.buckets and (ours.buckets, ours.longest) == (theirs.buckets, theirs.longest):
        table = weights[WIDE].astype(np.float32) * weights.get(SCALES[WIDE], np.float32(1))
        network.get_parameter(WIDE).copy_(torch.from_numpy(table))
        parts.append("the wide layer")
    return parts
