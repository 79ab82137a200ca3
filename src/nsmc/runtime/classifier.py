"""Comments to probabilities.

Letters: R reviews, N morphemes of all of them, T of one, U distinct ones, E embedding size.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from nsmc.errors import ModelError, UsageError
from nsmc.runtime.directory import ModelDirectory, open_model
from nsmc.runtime.explanation import Explanation, Part, baseline_of, contributions
from nsmc.runtime.network import Network
from nsmc.runtime.vectors import MorphemeVectors
from nsmc.settings import build
from nsmc.text.alignment import align
from nsmc.text.config import TextConfig
from nsmc.text.tokenizer import Tokenizer, declared_identity, differences, make_tokenizer

DISTINCT = 1 << 15
"""Distinct morphemes whose products are in memory at once: more are scored half by half."""
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
        network: what scores the vectors; None takes the one in numpy.

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
        network: Network | None = None,
    ) -> None:
        self.model = model
        self.threshold = model.threshold if threshold is None else threshold
        check_threshold(self.threshold)
        weights = model.weights()
        self._vectors = MorphemeVectors(model.vocabulary, *model.tables(weights))
        self._network = network or model.network(weights)
        self.runs_in_workers = network is None
        """Whether any process can score as this one does, given the model directory alone."""
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

    @overload  # as for `predict`
    def explain(self, text: str) -> Explanation: ...  # type: ignore[overload-overlap]
    @overload
    def explain(self, text: Sequence[str]) -> list[Explanation]: ...
    def explain(self, text: str | Sequence[str]) -> Explanation | list[Explanation]:
        """Score one comment, or each of several, and tell what each morpheme did to the score.

        The same comment always gets the same explanation. One with nothing legible in it has no
        parts and NaN for its logit.

        Raises:
            TypeError: something that isn't a string.
            NsmcError: Mecab can't be used.
        """
        if isinstance(text, str):
            return self._explain(text)
        return [self._explain(t) for t in text]

    def _explain(self, text: str) -> Explanation:
        morphemes = self.tokenizer(text)
        if not morphemes:
            return Explanation(Prediction(text, math.nan, ""), math.nan, self.baseline, ())
        rows = self._vectors.rows(morphemes)  # [T]
        vectors = self._vectors.table[rows]  # [T, E]
        logit = float(self._logits(rows, np.array([len(rows)]))[0])
        score = float(_probabilities(np.array([logit]))[0])
        spans = align(text, morphemes, self.text_config.max_characters)
        shares = contributions(self._network, vectors, self.baseline, logit).tolist()
        return Explanation(
            Prediction(text, score, self.label_of(score)),
            logit,
            self.baseline,
            tuple(
                Part(start, end, morpheme, share)
                for (start, end), morpheme, share in zip(spans, morphemes, shares, strict=True)
            ),
        )

    @cached_property
    def baseline(self) -> float:
        """The log odds that explanations start from: see `nsmc.runtime.explanation`."""
        return baseline_of(self._network, self._vectors.table.shape[1])

    def label_of(self, score: float) -> str:
        """``positive`` at or above the threshold, ``negative`` below, empty for NaN."""
        if math.isnan(score):
            return ""
        return "positive" if score >= self.threshold else "negative"

    def score_morphemes(self, reviews: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probabilities of positive [R] of comments already cut; NaN for one without morphemes.

        Nothing is padded, and a comment's score doesn't depend on its neighbours beyond the last
        bits of float32.
        """
        rows = self._vectors.rows(m for review in reviews for m in review)  # [N]
        lengths = np.array([len(review) for review in reviews], dtype=np.int64)  # [R]
        logits = np.full(len(reviews), np.nan)  # [R]
        logits[lengths > 0] = self._logits(rows, lengths[lengths > 0])
        return _probabilities(logits)

    def _logits(self, rows: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits [R] of reviews whose morphemes have the vectors in ``rows`` [N]."""
        distinct, tokens = np.unique(rows, return_inverse=True)  # [U], [N]
        if len(distinct) > DISTINCT and len(lengths) > 1:
            half = len(lengths) // 2
            cut = int(lengths[:half].sum())
            parts = [(rows[:cut], lengths[:half]), (rows[cut:], lengths[half:])]
            return np.concatenate([self._logits(*part) for part in parts])
        return self._network(self._vectors.table[distinct], tokens, lengths)

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


def _probabilities(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log odds [R] to probabilities [R]."""
    with np.errstate(over="ignore"):
        probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-logits))  # [R]
    return probabilities


def check_threshold(threshold: float) -> None:
    """Refuse what isn't a probability.

    Raises:
        UsageError: the threshold isn't between 0 and 1.
    """
    if not 0 <= threshold <= 1:
        raise UsageError(f"expected a threshold from 0 to 1, found {threshold}")


def load(model: Path | str | None = None, *, threshold: float | None = None) -> Classifier:
    """Load a model: the one that ships inside the package, or one that `nsmc.train` made.

    Args:
        model: a model directory or a training's output directory; None for the shipped model.
        threshold: positive at or above this probability; None takes the model's own.

    Raises:
        ModelError: the directory is missing, damaged or of another version.
        UsageError: the threshold isn't between 0 and 1.
    """
    directory = open_model(None if model is None else Path(model))
    return Classifier(directory, threshold=threshold)
