"""A model directory that scores and explains comments.

Shapes: R reviews, N morphemes of all of them, T of one, U distinct ones, E embedding size, P
pooled size, O outputs.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from nsmc.config.text import UNIT_NAMES
from nsmc.errors import UsageError
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.explanation import Explanation, Part, baseline_outputs, contributions
from nsmc.inference.network import Network, NumpyNetwork
from nsmc.inference.units import TextModel
from nsmc.inference.vectors import MorphemeVectors
from nsmc.inference.wide import WideOutputs
from nsmc.tasks.predictions import Prediction
from nsmc.tasks.task import LabelTask

DISTINCT = 1 << 15
"""Distinct morphemes whose products are in memory at once; more are scored in halves."""

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]


class Classifier(TextModel):
    """A trained model, ready to score. Make one with `nsmc.load`.

    Threads may share one: locks guard its caches, and no result depends on what was scored before
    or meanwhile. While it scores, numpy's matrix products use one thread.

    Args:
        model: a verified model directory.
        threshold: positive at or above this probability; None takes the model's own.
        network: what scores the vectors; None takes the one in numpy.

    Raises:
        UsageError: the threshold isn't between 0 and 1, or the model's task has none.
        ModelError: the model labels nothing, its parts don't fit together, or this version of
            nsmc normalizes comments in another way than the one that trained it.
    """

    def __init__(
        self,
        model: ModelDirectory,
        *,
        threshold: float | None = None,
        network: Network | None = None,
    ) -> None:
        self.task: LabelTask = model.label_task
        if threshold is not None and not self.task.has_threshold:
            raise UsageError(
                f"a threshold is for models that tell 긍정 from 부정; the task of {model.path} is "
                f"{self.task.name!r}, so leave it out"
            )
        self.threshold = model.threshold if threshold is None else threshold
        if not 0 <= self.threshold <= 1:
            raise UsageError(f"expected a threshold from 0 to 1, found {self.threshold}")
        super().__init__(model)
        weights = model.weights()
        self._vectors = MorphemeVectors.of(model, weights)
        self._network = network or model.network(weights)
        self._wide = WideOutputs.of(model, weights)
        self.runs_in_workers = network is None
        """Whether any process can score as this one does, given the model directory alone."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as the path and the threshold: it opens the model anew."""
        if not self.runs_in_workers:
            raise TypeError("a classifier on another device can't be sent to a process")
        threshold = self.threshold if self.task.has_threshold else None
        return partial(load, threshold=threshold), (self.model.path,)

    @overload  # a str is a Sequence[str] as well; the first that fits is meant
    def predict(self, text: str) -> Prediction: ...  # type: ignore[overload-overlap]
    @overload
    def predict(self, text: Sequence[str]) -> list[Prediction]: ...
    def predict(self, text: str | Sequence[str]) -> Prediction | list[Prediction]:
        """Score one comment, or each of several.

        Any string can be scored. One without anything legible (empty, white space, control
        characters) gets no label and NaN. A comment scored alone always gets the same digits; in a
        list the last bits of float32 may differ: see `outputs_of`.

        Returns:
            What the task gives: `nsmc.SentimentPrediction`, `nsmc.ClassPrediction` and so on.

        Raises:
            TypeError: something that isn't a string.
            NsmcError: Mecab can't be used.
        """
        texts = [text] if isinstance(text, str) else list(text)
        outputs = self.outputs_of([self.tokenizer(t) for t in texts])
        predictions = self.task.predictions(texts, outputs, self.threshold)
        return predictions[0] if isinstance(text, str) else predictions

    @overload  # as for `predict`
    def explain(self, text: str) -> Explanation: ...  # type: ignore[overload-overlap]
    @overload
    def explain(self, text: Sequence[str]) -> list[Explanation]: ...
    def explain(self, text: str | Sequence[str]) -> Explanation | list[Explanation]:
        """Score one comment, or each of several, with the contribution of each morpheme.

        A comment always gets the same explanation, alone or in a list. One without anything legible
        has no parts and NaN for its value. Errors are those of `predict`.
        """
        return self._explain(text) if isinstance(text, str) else list(map(self._explain, text))

    def _explain(self, text: str) -> Explanation:
        task, morphemes = self.task, self.tokenizer(text)
        outputs = self.outputs_of([morphemes])  # [1, O]
        (prediction,) = task.predictions([text], outputs, self.threshold)
        of, number = task.explained(outputs[0] if morphemes else self._baseline)
        baseline = float(number(self._baseline[None])[0])
        explanation = Explanation(
            prediction, of, task.explains, math.nan, baseline, (), self.explained_units
        )
        if not morphemes:
            return explanation
        value = float(number(outputs)[0])
        vectors, tokens = self._vectors(morphemes)  # [U, E], [T]
        # The letters of a syllable can't be shown apart, so they are one part together.
        placed = groupby(zip(self.tokenizer.spans(text), morphemes, strict=True), itemgetter(0))
        parts = [(span, [unit for _, unit in units]) for span, units in placed]
        part_of = np.repeat(np.arange(len(parts)), [len(units) for _, units in parts])  # [T]
        network = self.network_of(morphemes)
        shares = contributions(network, vectors[tokens], number, baseline, value, part_of=part_of)
        explained = tuple(
            Part(start, end, units[0] if len(units) == 1 else self.tokenizer.join(units), share)
            for ((start, end), units), share in zip(parts, shares.tolist(), strict=True)
        )
        return replace(explanation, value=value, parts=explained)

    def network_of(self, morphemes: Sequence[str]) -> Network:
        """The network with the wide layer; the ``tokens`` of a call are places in ``morphemes``."""
        wide = self._wide
        if wide is None:
            return self._network

        def score(vectors: Floats, tokens: Integers, lengths: Integers) -> Floats:
            outputs = self._network(vectors, tokens, lengths)  # [R, O]
            ends = np.cumsum(lengths).tolist()  # [R]
            units = [morphemes[token] for token in tokens.tolist()]  # N of them
            return outputs + wide([units[a:b] for a, b in pairwise([0, *ends])])  # [R, O]

        return score

    @property
    def explained_units(self) -> str:
        """The name of an explanation's parts: jamo are explained by the syllable."""
        unit = self.text_config.unit
        return UNIT_NAMES["syllable" if unit == "jamo" else unit]

    @cached_property
    def _baseline(self) -> Floats:
        """The outputs [O] that explanations start from."""
        return baseline_outputs(self._network, self._vectors.size)

    def outputs_of(self, reviews: Sequence[Sequence[str]]) -> Floats:
        """Outputs [R, O] of tokenized comments; NaN for one without morphemes.

        Equal calls give equal bits, whatever was scored before and by whatever threads. Alone and
        in a batch the outputs of a comment differ by the last bits of float32 (1e-6 at most in the
        shipped model), because BLAS adds up a row in an order that depends on the number of rows.
        """
        outputs = np.full((len(reviews), self.task.outputs), np.nan, np.float32)  # [R, O]
        if legible := [review for review in reviews if review]:
            mask = np.array([bool(review) for review in reviews])  # [R]
            outputs[mask] = self._run(self._network, legible)
        if self._wide is not None:
            outputs += self._wide(reviews)
        return outputs

    def score_morphemes(self, reviews: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probabilities of positive [R] of tokenized comments; NaN for one without morphemes.

        Raises:
            UsageError: the model's task isn't to tell 긍정 from 부정.
        """
        if not self.task.has_threshold:
            raise UsageError(
                f"expected a model that tells 긍정 from 부정, found one of the task "
                f"{self.task.name!r} in {self.model.path}"
            )
        return self.task.positive(self.outputs_of(reviews))

    def sentence_vectors(self, reviews: Sequence[Sequence[str]]) -> Floats:
        """The last layer's inputs [R, P] for tokenized comments, none empty."""
        own = self._network
        if not isinstance(own, NumpyNetwork):
            own = self.model.network(self.model.weights())
        return self._run(own.pooled, reviews)

    def _run(self, network: Network, reviews: Sequence[Sequence[str]]) -> Floats:
        """The outputs [R, …] of a network for tokenized reviews, none empty."""
        vectors, tokens = self._vectors(m for review in reviews for m in review)  # [U, E], [N]
        if len(vectors) > DISTINCT and len(reviews) > 1:
            half = len(reviews) // 2
            return np.concatenate(
                [self._run(network, part) for part in (reviews[:half], reviews[half:])]
            )
        return network(vectors, tokens, np.array([len(review) for review in reviews]))


def load(model: Path | str | None = None, *, threshold: float | None = None) -> Classifier:
    """Load a model: the one that ships inside the package, or one that `nsmc.train` made.

    Args:
        model: a model directory or a training's output directory; None for the shipped model.
        threshold: positive at or above this probability; None takes the model's own.

    Raises:
        ModelError: the directory is missing, damaged or of another version.
        UsageError: the threshold isn't between 0 and 1, or the model's task has none.
    """
    directory = open_model(None if model is None else Path(model))
    return Classifier(directory, threshold=threshold)
