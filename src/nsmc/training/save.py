"""From a trained network to a model directory."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from nsmc._version import __version__
from nsmc.config.schema import Config
from nsmc.data.corpus import Corpus
from nsmc.inference.directory import write_model
from nsmc.inference.quantized import TABLES, WIDE
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.model.network import RecurrentNetwork
from nsmc.tasks.task import Task


def stored_weights(network: RecurrentNetwork) -> dict[str, NDArray[Any]]:
    """The network's parameters as they are stored: tables in float16, the rest in float32."""
    halved = {*TABLES, WIDE}
    # A value too large for float16 becomes infinite, which `write_model` refuses with its words.
    with np.errstate(over="ignore"):
        return {
            name: value.detach().cpu().numpy().astype(np.float16 if name in halved else np.float32)
            for name, value in network.state_dict().items()
        }


def save_network(
    path: Path,
    network: RecurrentNetwork,
    vocabulary: Sequence[str],
    config: Config,
    corpus: Corpus,
    task: Task,
    metrics: dict[str, Any],
    training_texts: TrainingTexts | None,
) -> None:
    """Write the model directory of a network with the units ``vocabulary`` [V].

    Data, parameters, versions and time are added to ``metrics``. ``training_texts`` is None if
    they aren't known.

    Raises:
        NsmcError: the place is not writable or the disk is full.
        DivergedError: a weight isn't a finite number.
    """
    write_model(
        path,
        config=config,
        task_state=task.state(),
        identity=corpus.identity,
        learned=corpus.learned,
        threshold=0.5,
        vocabulary=list(vocabulary),
        weights=stored_weights(network),
        seen=None if training_texts is None else training_texts.to_bytes(),
        metrics={
            **metrics,
            "data": corpus.source,
            "parameters": sum(p.numel() for p in network.parameters()),
            "versions": {"nsmc": __version__, "torch": torch.__version__, "numpy": np.__version__},
            "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        },
    )


def coverage(corpus: Corpus, rows: NDArray[np.int64], vocabulary: Sequence[str]) -> float:
    """The share of the running units of the reviews in ``rows`` that the vocabulary holds."""
    words = frozenset(vocabulary[1:])
    known = np.array([morpheme in words for morpheme in corpus.morphemes])  # [M]
    return float(known[corpus.take(rows).tokens].mean())
