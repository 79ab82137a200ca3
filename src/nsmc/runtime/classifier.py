"""Comments to probabilities.

Letters: R reviews, T morphemes, B reviews of one length, E embedding size.
"""

import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError, UsageError
from nsmc.runtime.directory import ModelDirectory, open_model
from nsmc.runtime.network import Network, OnnxNetwork
from nsmc.runtime.vectors import MorphemeVectors
from nsmc.settings import build
from nsmc.text.config import TextConfig
from nsmc.text.parallel import available_cores
from nsmc.text.tokenizer import Tokenizer, declared_identity, differences, make_tokenizer

BATCH = 256
"""Comments scored at once at most: more is no faster and takes more memory."""
KOREAN = {"positive": "긍정", "negative": "부정", "": ""}


@dataclass(frozen=True)
class Prediction:
    """What the model says of one comment."""

    text: str
    """The comment as it was given."""
    score: float
    """The probability of positive; NaN if there is nothing legible in the comment."""
    label: str
    """``positive`` or ``negative``; empty if there is nothing legible in the comment."""

    @property
    def label_ko(self) -> str:
        """``긍정`` or ``부정``; empty if there is nothing legible in the comment."""
        return KOREAN[self.label]

    @property
    def confidence(self) -> float:
        """The probability of the label given."""
        return 1 - self.score if self.label == "negative" else self.score

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is no label."""
        scored = bool(self.label)
        return {
            "text": self.text,
            "label": self.label or None,
            "label_ko": self.label_ko or None,
            "score": round(self.score, 6) if scored else None,
            "confidence": round(self.confidence, 6) if scored else None,
        }


class Classifier:
    """A trained model, ready to score. Make one with `nsmc.load`.

    Args:
        model: a verified model directory.
        threshold: positive at or above this probability; None takes the model's own.
        threads: threads of the network; None takes one per core.
        network: what scores the vectors; None runs the directory's graph by ONNX Runtime.

    Raises:
        UsageError: the threshold isn't between 0 and 1.
        ModelError: the model's parts don't fit together, or this version of nsmc normalizes
            comments in another way than the one that trained it.
    """

    def __init__(
        self,
        model: ModelDirectory,
        *,
        threshold: float | None = None,
        threads: int | None = None,
        network: Network | None = None,
    ) -> None:
        self.model = model
        self.threshold = model.threshold if threshold is None else threshold
        check_threshold(self.threshold)
        self._vectors = MorphemeVectors(model.vocabulary, *model.tables())
        self._network = network or OnnxNetwork(model.graph, threads or available_cores())
        self.text_config = build(TextConfig, model.config["text"], "text")
        declared = declared_identity(self.text_config)
        if wrong := differences({k: model.identity.get(k, "") for k in declared}, declared):
            raise ModelError(
                f"{model.path} was trained on comments prepared in another way "
                f"({'; '.join(wrong)}); train it again with this version of nsmc"
            )

    @overload  # a str is a Sequence[str] as well; the first that fits is meant
    def predict(self, text: str) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, text: Sequence[str]) -> list[Prediction]: ...
    def predict(self, text: str | Sequence[str]) -> Prediction | list[Prediction]:
        """Score one comment, or each of several.

        Any string can be scored. One with nothing legible in it (empty, white space, control
        characters) gets no label and NaN, since the model has no opinion of it.

        Raises:
            TypeError: something that isn't a string.
            NsmcError: Mecab can't be used.
        """
        texts = [text] if isinstance(text, str) else list(text)
        scores = self.score_morphemes([self.tokenizer(t) for t in texts]).tolist()
        found = [
            Prediction(t, score, self.label_of(score))
            for t, score in zip(texts, scores, strict=True)
        ]
        return found[0] if isinstance(text, str) else found

    def label_of(self, score: float) -> str:
        """``positive`` at or above the threshold, ``negative`` below, empty for NaN."""
        if math.isnan(score):
            return ""
        return "positive" if score >= self.threshold else "negative"

    def score_morphemes(self, reviews: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probabilities of positive [R] of comments already cut; NaN for one without morphemes.

        Comments of one length are scored together, so nothing is padded and a comment's score
        doesn't depend on its neighbours beyond the last bits of float32.
        """
        rows = self._vectors.rows(m for review in reviews for m in review)
        flat = np.array(rows, dtype=np.int64)
        by_length: defaultdict[int, list[int]] = defaultdict(list)
        starts, start = [], 0
        for index, review in enumerate(reviews):
            by_length[len(review)].append(index)
            starts.append(start)
            start += len(review)
        logits = np.full(len(reviews), np.nan)  # [R]
        for length, indices in by_length.items():
            if length == 0:
                continue
            # Long comments in smaller batches, so that memory doesn't grow with their length.
            size = max(1, min(BATCH, BATCH * 128 // length))
            for first in range(0, len(indices), size):
                chosen = np.array(indices[first : first + size])  # [B]
                places = np.arange(length)[:, None] + np.array(starts)[chosen][None, :]  # [T, B]
                vectors = self._vectors.table[flat[places]]  # [T, B, E]
                logits[chosen] = self._network(vectors)
        with np.errstate(over="ignore"):
            probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-logits))  # [R]
        return probabilities

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer; opening it warns if Mecab or its dictionary has changed.

        Raises:
            NsmcError: Mecab can't be used.
        """
        tokenizer = make_tokenizer(self.text_config)
        if changed := differences(self.model.identity, tokenizer.identity()):
            warnings.warn(
                "this model was trained on morphemes cut by other versions, so scores may differ "
                f"a little: {'; '.join(changed)}",
                stacklevel=2,
            )
        return tokenizer


def check_threshold(threshold: float) -> None:
    """Refuse what isn't a probability.

    Raises:
        UsageError: the threshold isn't between 0 and 1.
    """
    if not 0 <= threshold <= 1:
        raise UsageError(f"expected a threshold from 0 to 1, found {threshold}")


def load(
    model: Path | str | None = None, *, threshold: float | None = None, threads: int | None = None
) -> Classifier:
    """Load a model: the one that ships inside the package, or one that `nsmc.train` made.

    Args:
        model: a model directory or a training's output directory; None for the shipped model.
        threshold: positive at or above this probability; None takes the model's own.
        threads: threads of the network; None takes one per core.

    Raises:
        ModelError: the directory is missing, damaged or of another version.
        UsageError: the threshold isn't between 0 and 1.
    """
    directory = open_model(None if model is None else Path(model))
    return Classifier(directory, threshold=threshold, threads=threads)
