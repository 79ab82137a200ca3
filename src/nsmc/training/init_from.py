"""Where a training starts: with another model's vectors and recurrent layers in place of chance.

Dai and Le, "Semi-supervised sequence learning", NeurIPS 2015: a classifier that starts from a
language model of unlabelled text of its domain needs fewer labels.

Shapes: V rows of the vocabulary, K rows of the n-gram table, E embedding size.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from nsmc.config.schema import Config
from nsmc.data.special_units import EOS
from nsmc.errors import NsmcError, UsageError
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.quantized import NGRAMS, SCALES, WIDE, WORDS, read_table
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.storage.bundle import MANIFEST, read_json, write_json
from nsmc.storage.files import atomic_write, sha256_of
from nsmc.tasks.task import Task
from nsmc.text.tokenizer import declared_identity, differences

KEPT = "init_from.json"
"""The file, in a training's output directory, of what it started from."""
KEPT_TEXTS = "init_from.seen"
"""The file beside it of the training texts of that model, if they are known."""


@dataclass(frozen=True)
class PretrainedModel:
    """The model that a training starts from."""

    path: str
    """As the recipe names it."""
    sha256: str
    """Of its manifest, which holds the hashes of all its files."""
    vocabulary: Sequence[str]
    """Its units but the unknown one and the boundary: the new model knows them all, or a review
    that isn't among the labelled ones would find few of its words."""
    taken: str = ""
    """What was taken over, for a person; empty before `give`."""

    def record(self) -> dict[str, str]:
        """What a model directory says of where its training began."""
        return {"path": self.path, "manifest_sha256": self.sha256, "taken": self.taken}

    def load_into(
        self,
        network: nn.Module,
        vocabulary: Sequence[str],
        output: Path,
        *,
        letters: bool = False,
        task: Task | None = None,
    ) -> "PretrainedModel":
        """Put the model's weights into ``network`` and keep a note of it in ``output``.

        Rows of the word table are found by their unit. The n-gram table is taken whole, if as many
        rows are for the same n-grams. A recurrent layer is taken if those below it were and its
        shapes agree. What makes the outputs, the head and the wide layer, is taken from a model of
        the same task over the same recurrent layers; everything else stays as it is.

        Args:
            network: a fresh `nsmc.model.network.RecurrentNetwork`.
            vocabulary: [V] its units by row.
            output: the training's output directory.
            letters: whether the rows of ``network``'s n-gram table are for letters, too.
            task: what the network is to learn.

        Raises:
            ModelError: the model isn't there any more, or damaged.
            NsmcError: it has changed since the training began.
        """
        model = open_model(Path(self.path))
        if _manifest_of(model) != self.sha256:
            raise NsmcError(
                f"{self.path} has changed since this training began; start another with another "
                "--output"
            )
        parts = [
            _give_tables(network, vocabulary, model, letters),
            _give_layers(network, model),
            _give_outputs(network, model, task),
        ]
        given = replace(self, taken=", ".join(filter(None, parts)))
        (output / KEPT_TEXTS).unlink(missing_ok=True)
        if model.training_texts is not None:
            with atomic_write(output / KEPT_TEXTS) as temporary:
                temporary.write_bytes(model.training_texts.to_bytes())
        with atomic_write(output / KEPT) as temporary:
            write_json(temporary, asdict(given))
        return given

    def training_texts(self, output: Path) -> TrainingTexts | None:
        """The model's own training texts, as `load_into` kept them; None if they aren't known.

        Raises:
            ModelError: the note is damaged.
        """
        file = output / KEPT_TEXTS
        return TrainingTexts.from_bytes(file.read_bytes()) if file.is_file() else None


def find_pretrained(config: Config, output: Path) -> PretrainedModel | None:
    """What a training starts from: as noted in its output directory, or as its recipe says.

    Returns:
        None for a recipe that starts from nothing.

    Raises:
        ModelError: there is no such model directory, or it is damaged.
        UsageError: nothing of the model would fit.
    """
    named = config.training.init_from
    if not named:
        return None
    if (output / KEPT).is_file():
        return PretrainedModel(**read_json(output / KEPT))
    model = open_model(Path(named))
    _check(model, config)
    known = [unit for unit in model.vocabulary[1:] if unit != EOS]
    return PretrainedModel(named, _manifest_of(model), known)


def _manifest_of(model: ModelDirectory) -> str:
    return sha256_of(model.path / MANIFEST)


def _check(model: ModelDirectory, config: Config) -> None:
    """Refuse a model of which nothing is of use."""
    ours = declared_identity(config.text)
    theirs = {name: model.identity.get(name, "nothing") for name in ours}
    # A shorter cut leaves the units what they are.
    theirs["max_characters"] = ours["max_characters"]
    if wrong := differences(theirs, ours):
        raise UsageError(
            f"configuration: training.init_from: {model.path} has units that were cut in another "
            f"way ({'; '.join(wrong)}); use its [text] section, or another model"
        )
    size = model.config.model.embedding_size
    if size != config.model.embedding_size:
        raise UsageError(
            f"configuration: training.init_from: the vectors of {model.path} have {size} numbers, "
            f"those of this recipe {config.model.embedding_size}; set model.embedding_size={size}"
        )


def _give_tables(
    network: nn.Module, vocabulary: Sequence[str], model: ModelDirectory, letters: bool
) -> str:
    weights = model.weights()
    words, ngrams = model.tables(weights)
    place = {unit: row for row, unit in enumerate(model.vocabulary)}
    shared = [(row, place[unit]) for row, unit in enumerate(vocabulary) if unit in place]
    own, its = map(list, zip(*shared, strict=True))  # the unknown unit is in both
    table: Tensor = network.get_parameter(WORDS)  # [V, E]
    with torch.no_grad():
        table[own] = torch.from_numpy(words.rows(its)).to(table)
    told = f"the vectors of {len(shared):,} of {len(vocabulary):,} units"
    if ngrams is None or len(ngrams) != _rows(network, NGRAMS):
        return told
    if model.config.model.subword_letters != letters:
        return told
    every = read_table(weights, NGRAMS)
    assert every is not None
    grams: Tensor = network.get_parameter(NGRAMS)  # [K, E]
    with torch.no_grad():
        grams.copy_(torch.from_numpy(every.rows(list(range(len(every))))))
    return f"{told}, those of the n-grams"


def _rows(network: nn.Module, name: str) -> int:
    found = dict(network.named_parameters()).get(name)
    return 0 if found is None else len(found)


def _give_layers(network: nn.Module, model: ModelDirectory) -> str:
    ours = {k: v for k, v in network.named_parameters() if k.startswith("encoder.")}
    theirs = {k: v for k, v in model.weights().items() if k.startswith("encoder.")}
    # Behind a convolution the same shapes would mean something else.
    if any(name.startswith("convolution.") for name, _ in network.named_parameters()):
        return ""
    told = []
    for suffix, direction in (("", "forwards"), ("_reverse", "backwards")):
        layer = 0
        while True:
            names = [name for name in ours if name.endswith(f"_l{layer}{suffix}")]
            if not names or any(
                name not in theirs or theirs[name].shape != tuple(ours[name].shape)
                for name in names
            ):
                break
            with torch.no_grad():
                for name in names:
                    ours[name].copy_(torch.from_numpy(theirs[name]))
            layer += 1
        if layer:
            told.append(f"{layer} recurrent layer{'s' if layer > 1 else ''} {direction}")
    return ", ".join(told)


def _give_outputs(network: nn.Module, model: ModelDirectory, task: Task | None) -> str:
    """Take the head and the wide layer, where they mean the same: outputs, pooling and n-grams."""
    if task is None or model.task.name != task.name or model.task.state() != task.state():
        return ""
    # On another scale the same output means other stars; a task that gives none has the defaults.
    if model.config.stars != task.config.stars:
        return ""
    ours, theirs = task.config.model, model.config.model
    shape = ("cell", "layers", "bidirectional", "hidden_size", "conv", "pooling")
    if task.head != "pooled" or any(getattr(ours, name) != getattr(theirs, name) for name in shape):
        return ""
    weights = model.weights()
    with torch.no_grad():
        for name in ("head.weight", "head.bias"):
            network.get_parameter(name).copy_(torch.from_numpy(weights[name]))
        told = "the head"
        grams = (ours.wide.buckets, ours.wide.longest)
        if ours.wide.buckets and grams == (theirs.wide.buckets, theirs.wide.longest):
            table = weights[WIDE].astype(np.float32) * weights.get(SCALES[WIDE], np.float32(1))
            network.get_parameter(WIDE).copy_(torch.from_numpy(table))
            told += ", the wide layer"
    return told
