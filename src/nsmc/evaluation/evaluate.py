"""How good a model is on labelled reviews."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nsmc.errors import DataError
from nsmc.runtime.classifier import Classifier
from nsmc.runtime.directory import open_model
from nsmc.text.parallel import available_cores, tokenize_chunks

if TYPE_CHECKING:
    from nsmc.runtime.network import Network

TEST_FILE = "ratings_test.txt"
CHUNK = 2000


def evaluate(
    data: Path | str | None = None,
    model: Path | str | None = None,
    *,
    column: str | None = None,
    threshold: float | None = None,
    device: str = "cpu",
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Score labelled reviews and compare with their labels.

    Rows without a legible comment are left out and counted as ``skipped``.

    Args:
        data: NSMC's format or any table with a ``label`` column, or a directory with
            ``ratings_test.txt``; None takes the official test file that `nsmc.download` fetched.
        model: a model directory; None takes the one inside the package.
        column: the text column; None takes ``document``, else the only text column.
        threshold: positive at or above this probability; None takes the model's own.
        device: ``cpu`` runs without torch; another, or ``auto``, runs the torch network there.
        progress: called with reviews done since the last call and reviews in all.

    Returns:
        The figures of `nsmc.evaluation.metrics.binary_metrics`, with ``accuracy_interval`` (95%),
        ``threshold``, ``skipped``, ``model``, ``data`` (path, sha256) and ``seconds``.

    Raises:
        DataError: the reviews are missing, have no labels or can't be read.
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
    """
    from nsmc.data.reviews import read_reviews
    from nsmc.evaluation.metrics import accuracy_interval, binary_metrics

    started = time.perf_counter()
    directory = open_model(None if model is None else Path(model))
    network: Network | None = None
    if device != "cpu":
        from nsmc.model.on_device import TorchNetwork

        network = TorchNetwork(directory, device)
    classifier = Classifier(directory, threshold=threshold, network=network)
    path = _test_file(None if data is None else Path(data))
    reviews = read_reviews(path, column=column)
    texts = reviews.frame["document"].tolist()

    def chunks() -> Iterator[list[str]]:
        for start in range(0, len(texts), CHUNK):
            yield texts[start : start + CHUNK]

    workers = available_cores() if len(texts) > 5 * CHUNK else 1
    scored = []
    for morphemes in tokenize_chunks(chunks(), classifier.tokenizer, workers):
        scored.append(classifier.score_morphemes(morphemes))
        if progress:
            progress(len(morphemes), len(texts))
    scores = np.concatenate(scored)  # [R]
    legible = ~np.isnan(scores)  # [R]
    if not legible.any():
        raise DataError(f"{path}: no comment has anything legible in it")
    labels = reviews.frame["label"].to_numpy()[legible]
    figures = binary_metrics(labels, scores[legible], classifier.threshold)
    (tn, _), (_, tp) = figures["confusion"]
    return {
        **figures,
        "accuracy_interval": accuracy_interval(tn + tp, len(labels)),
        "threshold": classifier.threshold,
        "skipped": reviews.skipped_empty + int((~legible).sum()),
        "model": str(directory.path),
        "data": {"path": str(path), "sha256": reviews.sha256},
        "seconds": round(time.perf_counter() - started, 3),
    }


def _test_file(data: Path | None) -> Path:
    if data is not None:
        return data / TEST_FILE if data.is_dir() else data
    from nsmc.data.paths import data_directory

    path = data_directory() / TEST_FILE
    if not path.is_file():
        raise DataError(
            f"expected the official {TEST_FILE} in {path.parent}, found none. Fetch it with "
            "`nsmc download`, or give labelled reviews: --data FILE (in a clone of the project, "
            "--data data/sample works without a network)"
        )
    return path
