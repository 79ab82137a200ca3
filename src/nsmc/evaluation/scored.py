"""Labelled reviews and what a model says of them.

Letters: R reviews.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import DataError
from nsmc.runtime.classifier import Classifier
from nsmc.runtime.directory import open_model
from nsmc.text.parallel import tokenize_chunks
from nsmc.workers import available_cores

if TYPE_CHECKING:
    from nsmc.runtime.network import Network

CHUNK = 2000


@dataclass(frozen=True, eq=False)
class ScoredReviews:
    """Reviews that have something legible in them, in the order of their file."""

    classifier: Classifier
    path: Path
    sha256: str
    texts: list[str]
    """[R] comments as typed."""
    rows: NDArray[np.int64]
    """[R] the number of each in the file, counted from 1 without the header."""
    labels: NDArray[np.int8]
    """[R] 0 = negative, 1 = positive."""
    scores: NDArray[np.float64]
    """[R] probabilities of positive."""
    unknown: NDArray[np.float64]
    """[R] share of each comment's morphemes that the model's vocabulary doesn't hold."""
    skipped: int
    """Rows left out because nothing legible stands in their comment."""

    @property
    def predicted(self) -> NDArray[np.int8]:
        """[R] what the classifier calls each, 0 or 1."""
        return (self.scores >= self.classifier.threshold).astype(np.int8)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """[R] the probability of what each was called, as `Prediction.confidence`."""
        return np.where(self.predicted == 1, self.scores, 1 - self.scores)


def open_classifier(
    model: Path | str | None, *, threshold: float | None = None, device: str = "cpu"
) -> Classifier:
    """Open a model on any device; ``cpu`` runs without torch.

    Raises:
        ModelError: the model is missing or damaged.
        DeviceError: the device isn't there.
        UsageError: the threshold isn't between 0 and 1.
    """
    directory = open_model(None if model is None else Path(model))
    network: Network | None = None
    if device != "cpu":
        from nsmc.model.on_device import TorchNetwork

        network = TorchNetwork(directory, device)
    return Classifier(directory, threshold=threshold, network=network)


def score_reviews(
    path: Path,
    classifier: Classifier,
    *,
    column: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ScoredReviews:
    """Read labelled reviews and score them, tokenizing on all cores.

    Args:
        path: NSMC's format or any table with a ``label`` column.
        classifier: what scores.
        column: the text column; None takes ``document``, else the only text column.
        progress: called with reviews done since the last call and reviews in all.

    Raises:
        DataError: the reviews are missing, have no labels, can't be read or aren't legible.
    """
    from nsmc.data.reviews import read_reviews

    reviews = read_reviews(path, column=column)
    texts = reviews.frame["document"].tolist()
    known = frozenset(classifier.model.vocabulary[1:])

    def chunks() -> Iterator[list[str]]:
        for start in range(0, len(texts), CHUNK):
            yield texts[start : start + CHUNK]

    workers = available_cores() if len(texts) > 5 * CHUNK else 1
    scored, unknown = [], []
    for morphemes in tokenize_chunks(chunks(), classifier.tokenizer, workers):
        scored.append(classifier.score_morphemes(morphemes))
        unknown += [sum(m not in known for m in one) / max(1, len(one)) for one in morphemes]
        if progress:
            progress(len(morphemes), len(texts))
    scores = np.concatenate(scored)  # [rows with a comment]
    legible = ~np.isnan(scores)  # [rows with a comment]
    if not legible.any():
        raise DataError(f"{path}: no comment has anything legible in it")
    return ScoredReviews(
        classifier=classifier,
        path=path,
        sha256=reviews.sha256,
        texts=[text for text, kept in zip(texts, legible, strict=True) if kept],
        rows=reviews.rows[legible],
        labels=reviews.frame["label"].to_numpy()[legible],
        scores=scores[legible],
        unknown=np.array(unknown)[legible],
        skipped=reviews.skipped_empty + int((~legible).sum()),
    )
