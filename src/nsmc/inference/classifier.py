"""A model directory that scores and explains comments.

Shapes: R reviews, N morphemes of all of them, T of one, U distinct ones, E embedding size, P
pooled size, O outputs.
"""

import contextlib
import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain, compress, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from nsmc.config.text import UNIT_NAMES
from nsmc.errors import UsageError
from nsmc.inference.comments import comment_list, is_one
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.early_exit import EarlyExit
from nsmc.inference.explanation import (
    Explanation,
    Part,
    SubsetOutputs,
    baseline_outputs,
    contributions,
)
from nsmc.inference.familiarity import Familiarity
from nsmc.inference.narrow import NarrowNetwork
from nsmc.inference.network import Network, NumpyNetwork
from nsmc.inference.notes import EARLY, PLAIN, Note
from nsmc.inference.products import one_comment
from nsmc.inference.shapley import shapley_values
from nsmc.inference.units import TextModel
from nsmc.inference.vectors import MorphemeVectors
from nsmc.inference.wide import WideOutputs
from nsmc.messages.translate import tr
from nsmc.progress import review_progress
from nsmc.tasks.predictions import PredictionT
from nsmc.tasks.sentiment import SentimentPrediction
from nsmc.tasks.task import LabelTask, Value
from nsmc.text.new_words import NewWords, WordTable, new_words, shipped_words
from nsmc.text.reading import Reading

if TYPE_CHECKING:
    from nsmc.inference.comments import Comment, Comments

AT_ONCE = 2048
"""Comments that `Classifier.predict` scores together at most."""
TIMES_LONGER = 20
"""How much longer than in training the longest comment is that is read whole, in windows."""
PASSAGE = 80
"""Units of a window, about the longest review that models learn from: long texts get the label of
most of their sentences more often than by windows of 300 or at once (docs/words.md)."""
DISTINCT = 1 << 15
"""Distinct morphemes whose products are in memory at once; more are scored in halves."""

Floats = NDArray[np.float32]


class FirstStage(NamedTuple):
    """What comes before the network, for a worker process to send."""

    outputs: Floats
    """[R, O] the early answers; of the other comments whatever."""
    units: list[list[str]]
    """Of each of the other comments."""
    notes: list[Note]
    """[R] in which ``exact`` tells the other comments from those answered."""


class Classifier(TextModel, Generic[PredictionT]):
    """A trained model, ready to score. Make one with `nsmc.load`.

    Threads may share one: locks guard its caches, and no result depends on what was scored before
    or meanwhile. While it scores, numpy's matrix products use one thread.

    Args:
        model: a verified model directory.
        threshold: positive at or above this probability; None takes the model's own.
        network: what scores the vectors; None takes the one in numpy.
        exact: ask the whole network about every comment, not only where the early exit isn't sure.
        undecided_below: ``undecided`` where the confidence is below; 0 labels every comment.
        spelling: whether mistyped words are corrected, if the model was made for it.
        words: new words to read as what they mean, over those of the package.

    Raises:
        UsageError: the threshold or ``undecided_below`` isn't between 0 and 1, or the model's task
            has none.
        ModelError: the model labels nothing, its parts don't fit together, or this version of
            nsmc normalizes comments in another way than the one that trained it.
    """

    def __init__(
        self,
        model: ModelDirectory,
        *,
        threshold: float | None = None,
        network: Network | None = None,
        exact: bool = False,
        undecided_below: float = 0.0,
        spelling: bool = True,
        words: NewWords | None = None,
    ) -> None:
        self.task: LabelTask = model.label_task
        if threshold is not None and not self.task.has_threshold:
            raise UsageError(
                "a threshold is for models that tell 긍정 from 부정; the task of {path} is "
                "{task!r}, so leave it out",
                path=model.path,
                task=self.task.name,
            )
        self.threshold = model.threshold if threshold is None else threshold
        if not 0 <= self.threshold <= 1:
            raise UsageError(
                "expected a threshold from 0 to 1, found {value}", value=self.threshold
            )
        self._decide(undecided_below)
        # As spelling does, the package's words help a model that was trained without them.
        package = (
            shipped_words() if self.task.has_threshold and model.config.text.spelling else None
        )
        limit = TIMES_LONGER * model.config.text.max_characters
        super().__init__(model, Reading(limit, package | words if package else words, spelling))
        weights = model.weights()
        self._vectors = MorphemeVectors.of(model, weights)
        self._network = network or model.network(weights)
        self._wide = WideOutputs.of(model, weights)
        self._set_exit(exact)
        self.runs_in_workers = network is None
        """Whether any process can score as this one does, given the model directory alone."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as the path and the options: it opens the model anew."""
        if not self.runs_in_workers:
            raise TypeError("a classifier on another device can't be sent to a process")
        return partial(load, **self.options), (self.model.path,)

    @property
    def options(self) -> dict[str, Any]:
        """Its arguments beside the model and the network."""
        return {
            "threshold": self.threshold if self.task.has_threshold else None,
            "exact": self.exact,
            "undecided_below": self.undecided_below,
            "spelling": self.reading.spelling,
            "words": self.reading.words,
        }

    def with_options(
        self,
        *,
        exact: bool | None = None,
        undecided_below: float | None = None,
        spelling: bool | None = None,
        words: NewWords | None = None,
    ) -> "Classifier[PredictionT]":
        """The same classifier with other options; both share the model, its weights and caches.

        Args:
            exact, undecided_below, spelling: as in the class; None keeps what is.
            words: further new words, over those there are.

        Raises:
            UsageError: ``undecided_below`` isn't between 0 and 1, or the model's task has none.
        """
        other = object.__new__(type(self))  # copy.copy would open the model anew
        vars(other).update(vars(self))
        vars(other).pop("in_workers", None)
        if exact is not None:
            other._set_exit(exact)
        if undecided_below is not None:
            other._decide(undecided_below)
        reading = self.reading
        if spelling is not None:
            reading = replace(reading, spelling=spelling)
        if words is not None:
            reading = replace(reading, words=reading.words | words if reading.words else words)
        if reading != self.reading:
            other.reading, other._tokenizer = reading, self.tokenizer.reads(reading)
        return other

    def _set_exit(self, exact: bool) -> None:
        self.exact, self._exit, self._narrow = exact, None, None
        if self.model.exit is None or exact:
            return
        config = self.model.config.model
        self._exit = EarlyExit.from_bytes(self.model.exit, self._wide, config, self.task)
        if self._exit.narrow:
            self._narrow = NarrowNetwork(self._exit.narrow, config, self._run)

    def _decide(self, undecided_below: float) -> None:
        if undecided_below and not self.task.has_threshold:
            raise UsageError(
                "undecided_below is for models that tell 긍정 from 부정; the task of this one "
                "is {task!r}, so leave it out",
                task=self.task.name,
            )
        if not 0 <= undecided_below <= 1:
            raise UsageError(
                "undecided_below: expected a probability from 0 to 1, found {value}",
                value=undecided_below,
            )
        self.undecided_below = undecided_below
        self.task = copy.copy(self.task)
        self.task.undecided_below = undecided_below

    def __repr__(self) -> str:
        return f"<nsmc.{type(self).__name__} of {self.model!r}>"

    @overload  # a str is an iterable of str as well; the first that fits is meant
    def predict(  # type: ignore[overload-overlap]
        self, text: "Comment", *, verbose: bool = True
    ) -> PredictionT: ...
    @overload
    def predict(self, text: "Comments", *, verbose: bool = True) -> list[PredictionT]: ...
    def predict(
        self, text: "Comment | Comments", *, verbose: bool = True
    ) -> PredictionT | list[PredictionT]:
        """Score one comment, or each of several.

        Any string can be scored. One without anything legible (empty, white space, control
        characters) gets no label and None for its numbers; so do None and NaN, as a column of a
        frame has them. In lists and tables a comment gets the same digits beside any others; a
        comment that isn't in a list has its own last digit on some processors: see `outputs_of`.

        Args:
            text: a comment, or several: a list, an iterator, a pandas Series, or a DataFrame, of
                which the column ``document`` or else its only column of text is taken.
            verbose: where this takes seconds, show a bar on a terminal or in a notebook.

        Returns:
            What the task gives: `nsmc.SentimentPrediction`, `nsmc.ClassPrediction` and so on.

        Raises:
            TypeError: something that is no text.
            DataError: it isn't clear which column of a frame holds the comments.
            NsmcError: Mecab can't be used.
        """
        texts = comment_list(text)
        predictions: list[Any] = []
        with contextlib.ExitStack() as stack:
            if is_one(text):
                stack.enter_context(one_comment())
            advance: Callable[[int, int], None] | None = None
            if verbose and len(texts) > AT_ONCE:
                advance = stack.enter_context(review_progress(tr("scoring"), delay=1))
            for start in range(0, len(texts), AT_ONCE):
                chunk = texts[start : start + AT_ONCE]
                outputs, notes = self.score(chunk, corrections=True)
                given = self.task.predictions(chunk, outputs, self.threshold)
                predictions += [note.on(one) for note, one in zip(notes, given, strict=True)]
                if advance is not None:
                    advance(len(chunk), len(texts))
        return predictions[0] if is_one(text) else predictions

    def _note(
        self, text: str, prepared: str, units: Sequence[str] | None, corrections: bool = True
    ) -> Note:
        """The note on a comment, as prepared and cut; with its corrections, which take longer.

        Without units the early exit was sure, which it is not of what is unfamiliar.
        """
        exact = units is not None
        unknown = self.familiarity.unknown(units) if units is not None else 0.0
        truncated = self.tokenizer.truncated(text)
        found = self.tokenizer.corrections(text, prepared) if corrections else ()
        if not (unknown or truncated or found):
            return PLAIN if exact else EARLY  # shared, which pickle sends as a few bytes
        return Note(exact, unknown, truncated, found)

    @cached_property
    def familiarity(self) -> Familiarity:
        """Measures how much of a comment says nothing to the model."""
        return Familiarity(self.model.vocabulary, self.text_config.unit)

    @overload  # as for `predict`
    def explain(  # type: ignore[overload-overlap]
        self, text: "Comment"
    ) -> Explanation[PredictionT]: ...
    @overload
    def explain(self, text: "Comments") -> list[Explanation[PredictionT]]: ...
    def explain(
        self, text: "Comment | Comments"
    ) -> Explanation[PredictionT] | list[Explanation[PredictionT]]:
        """Score one comment, or each of several, with the contribution of each morpheme.

        A comment always gets the same explanation, alone or in a list. One without anything legible
        has no parts and None for its value. Arguments and errors are those of `predict`.
        """
        with one_comment():  # each, even in a list
            explanations = list(map(self._explain, comment_list(text)))
        return explanations[0] if is_one(text) else explanations

    def _explain(self, text: str) -> Explanation[PredictionT]:
        task, prepared = self.task, self.tokenizer.prepare(text)
        morphemes = self.tokenizer.cut(prepared)
        outputs = self.outputs_of([morphemes])  # [1, O]
        (prediction,) = task.predictions([text], outputs, self.threshold)
        prediction = self._note(text, prepared, morphemes).on(prediction)
        of, number = task.explained(outputs[0] if morphemes else self._baseline)
        baseline = float(number(self._baseline[None])[0])
        explanation: Explanation[Any] = Explanation(
            prediction, of, task.explains, None, baseline, (), self.explained_units
        )
        if not morphemes:
            return explanation
        value = float(number(outputs)[0])
        if len(morphemes) > self.window:
            passages = self._explain_windows(text, morphemes, number, baseline, value)
            return replace(explanation, value=value, parts=passages)
        # The letters of a syllable can't be shown apart, so they are one part together.
        placed = groupby(zip(self.tokenizer.spans(text), morphemes, strict=True), itemgetter(0))
        parts = [(span, [unit for _, unit in units]) for span, units in placed]
        part_of = np.repeat(np.arange(len(parts)), [len(units) for _, units in parts])  # [T]
        outputs_of = self.subsets_of(morphemes)
        shares = contributions(outputs_of, number, baseline, outputs[0], part_of=part_of)
        read = {place for one in prediction.corrections for place in range(one.start, one.end)}
        explained = []
        for ((start, end), units), share in zip(parts, shares.tolist(), strict=True):
            name = units[0] if len(units) == 1 else self.tokenizer.join(units)
            typed = text[start:end] if start in read and text[start:end] != name else None
            explained.append(Part(start, end, name, share, typed))
        return replace(explanation, value=value, parts=tuple(explained))

    def _explain_windows(
        self, text: str, morphemes: Sequence[str], number: Value, baseline: float, value: float
    ) -> tuple[Part, ...]:
        """The contributions of a long comment's windows, of whose outputs its own are the mean."""
        windows = self._windows(morphemes)  # P of them
        outputs = self.outputs_of(windows)  # [P, O]

        def value_of(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
            means = subsets @ outputs / subsets.sum(axis=1, keepdims=True)  # [N, O]
            return number(means.astype(np.float32))  # [N]

        shares = shapley_values(value_of, len(windows), baseline, value, seed=0)  # [P]
        spans = self.tokenizer.spans(text)  # [T]
        ends = np.cumsum([len(window) for window in windows]).tolist()  # [P]
        edges = list(pairwise([0, *ends]))
        return tuple(
            Part(spans[a][0], spans[b - 1][1], self.tokenizer.join(morphemes[a:b]), share)
            for (a, b), share in zip(edges, shares.tolist(), strict=True)
        )

    def subsets_of(self, morphemes: Sequence[str]) -> SubsetOutputs:
        """What gives the outputs [N, O] of subsets of T morphemes, from their mask [N, T]."""
        vectors, tokens = self._vectors(morphemes)  # [U, E], [T]
        each, network, wide = vectors[tokens], self._network, self._wide  # [T, E]

        def deep(mask: NDArray[np.bool_]) -> Floats:
            if isinstance(network, NumpyNetwork):
                return network.of_subsets(each, mask)  # [N, O]
            return network(each, np.nonzero(mask)[1], mask.sum(axis=1))

        own = self._numpy_network
        # The log odds of a class against several others are no sum of outputs.
        adds_up = own.shares_states and self.task.explains != "class"
        return SubsetOutputs(
            deep,
            None if wide is None else partial(wide.of_subsets, morphemes),
            partial(own.unit_shares, each) if adds_up else None,
        )

    def score(
        self, texts: Sequence[str], *, corrections: bool = False
    ) -> tuple[Floats, list[Note]]:
        """Outputs [R, O] of comments as typed, and the note on each, with its corrections if asked.

        Those that aren't ``exact`` are the early exit's, where the model has one: a function of
        the comment alone.
        """
        return self.second_stage(self.first_stage(texts, corrections=corrections))

    def first_stage(self, texts: Sequence[str], *, corrections: bool = False) -> FirstStage:
        """What comes before the network; see `score`."""
        prepared = self.tokenizer.prepare_each(texts)
        outputs, rest, units = self._early(prepared)
        left = iter(units)
        notes = [
            self._note(text, comment, next(left) if asked else None, corrections)
            for text, comment, asked in zip(texts, prepared, rest.tolist(), strict=True)
        ]
        return FirstStage(outputs, units, notes)

    def _early(self, prepared: list[str]) -> tuple[Floats, NDArray[np.bool_], list[list[str]]]:
        """Early answers [R, O], which comments [R] the network is asked about, and their units."""
        tokenizer = self.tokenizer
        if self._exit is None:
            outputs = np.empty((len(prepared), self.task.outputs), np.float32)  # [R, O]
            return outputs, np.ones(len(prepared), np.bool_), list(map(tokenizer.cut, prepared))
        cut_at = 0.0
        if self.task.has_threshold:
            with np.errstate(divide="ignore"):
                cut_at = float(np.log(self.threshold) - np.log1p(-self.threshold))
        characters = [tokenizer.characters(one) for one in prepared]
        outputs, rest, known, added = self._exit(characters, cut_at)
        # Of a long comment, whose windows may differ, the whole network is asked.
        long = np.array([len(one) > self.text_config.max_characters for one in prepared], np.bool_)
        rest |= long
        units = [tokenizer.cut(one) for one in compress(prepared, rest)]
        places = np.flatnonzero(rest)  # of the units' comments
        cut = np.array(list(map(bool, units)), np.bool_)
        asked = np.flatnonzero((known & ~long)[rest] & cut)  # among `places`
        if self._narrow is not None and asked.size:
            some = [units[place] for place in asked.tolist()]
            given, sure = self._narrow(some, added[places[asked]], cut_at)
            answered = asked[sure]
            outputs[places[answered]], rest[places[answered]] = given[sure], False
            left = np.ones(len(units), np.bool_)
            left[answered] = False
            units = list(compress(units, left))
        return outputs, rest, units

    def second_stage(self, first: FirstStage) -> tuple[Floats, list[Note]]:
        """Put the network's outputs where `first_stage` has none."""
        outputs, units, notes = first
        outputs[np.array([note.exact for note in notes], np.bool_)] = self.outputs_of(units)
        return outputs, notes

    @property
    def exits_early(self) -> bool:
        """Whether n-grams and a narrow network answer what they are sure of."""
        return self._exit is not None

    @cached_property
    def in_workers(self) -> "Classifier[PredictionT]":
        """The same as far as worker processes can have it: with the network in numpy."""
        if self.runs_in_workers:
            return self
        return Classifier(self.model, **self.options)

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

        Equal calls give equal bits, whatever was scored before and by whatever threads. So do all
        calls with a comment, whatever is beside it, with numpy's OpenBLAS on x86-64; other
        libraries of BLAS add up a row in an order that depends on its place, which moves the last
        bits of float32 (2e-6 at most). So does `nsmc.inference.products.one_comment` without
        AVX-512, for speed.
        """
        if any(len(review) > self.window for review in reviews):
            windows = [self._windows(review) for review in reviews]
            outputs = self.outputs_of([window for some in windows for window in some])
            return _joined(outputs, [len(some) for some in windows])
        outputs = np.full((len(reviews), self.task.outputs), np.nan, np.float32)  # [R, O]
        if legible := [review for review in reviews if review]:
            mask = np.array([bool(review) for review in reviews])  # [R]
            outputs[mask] = self._run(self._network, legible)
        if self._wide is not None:
            outputs += self._wide(reviews)
        return outputs

    @property
    def window(self) -> int:
        """Units of the longest comment that the network reads at once: one cut as in training."""
        return self._letters * self.text_config.max_characters

    @property
    def _letters(self) -> int:
        return 3 if self.text_config.unit == "jamo" else 1

    def _windows(self, review: Sequence[str]) -> list[Sequence[str]]:
        """The windows of equal length that a long comment is read in; a short one is its own."""
        if len(review) <= self.window:
            return [review]
        count = -(-len(review) // min(PASSAGE * self._letters, self.window))
        edges = [len(review) * place // count for place in range(count + 1)]
        return [review[start:end] for start, end in pairwise(edges)]

    def score_morphemes(self, reviews: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """Probabilities of positive [R] of tokenized comments; NaN for one without morphemes.

        Raises:
            UsageError: the model's task isn't to tell 긍정 from 부정.
        """
        if not self.task.has_threshold:
            raise UsageError(
                "expected a model that tells 긍정 from 부정, found one of the task {task!r} in "
                "{path}",
                task=self.task.name,
                path=self.model.path,
            )
        return self.task.positive(self.outputs_of(reviews))

    def sentence_vectors(self, reviews: Sequence[Sequence[str]]) -> Floats:
        """The last layer's inputs [R, P] for tokenized comments, none empty.

        Raises:
            TypeError: they are texts, which `tokenizer` is to cut first.
        """
        if any(isinstance(review, str) for review in reviews):
            raise TypeError("expected comments cut by Classifier.tokenizer, found a text")
        return self._run(self._numpy_network.pooled, reviews)

    @cached_property
    def _numpy_network(self) -> NumpyNetwork:
        own = self._network
        return own if isinstance(own, NumpyNetwork) else self.model.network(self.model.weights())

    def _run(self, network: Network, reviews: Sequence[Sequence[str]]) -> Floats:
        """The outputs [R, …] of a network for tokenized reviews, none empty."""
        vectors, tokens = self._vectors(chain.from_iterable(reviews))  # [U, E], [N]
        if len(vectors) > DISTINCT and len(reviews) > 1:
            half = len(reviews) // 2
            return np.concatenate(
                [self._run(network, part) for part in (reviews[:half], reviews[half:])]
            )
        return network(vectors, tokens, np.array([len(review) for review in reviews]))


def _joined(outputs: Floats, counts: Sequence[int]) -> Floats:
    """The outputs [R, O] of comments from those of their windows: the mean.

    It won over the last window and the most certain one (docs/words.md).
    """
    starts = np.cumsum([0, *counts[:-1]])
    sums: Floats = np.add.reduceat(outputs, starts)  # [R, O]
    return sums / np.array(counts, np.float32)[:, None]


@overload
def load(
    model: None = None,
    *,
    threshold: float | None = None,
    exact: bool = False,
    undecided_below: float = 0.0,
    spelling: bool = True,
    words: WordTable | None = None,
) -> Classifier[SentimentPrediction]: ...
@overload
def load(
    model: Path | str | None,
    *,
    threshold: float | None = None,
    exact: bool = False,
    undecided_below: float = 0.0,
    spelling: bool = True,
    words: WordTable | None = None,
    predicts: type[PredictionT],
) -> Classifier[PredictionT]: ...
@overload
def load(
    model: Path | str | None,
    *,
    threshold: float | None = None,
    exact: bool = False,
    undecided_below: float = 0.0,
    spelling: bool = True,
    words: WordTable | None = None,
) -> Classifier[Any]: ...
def load(
    model: Path | str | None = None,
    *,
    threshold: float | None = None,
    exact: bool = False,
    undecided_below: float = 0.0,
    spelling: bool = True,
    words: WordTable | None = None,
    predicts: type[Any] | None = None,
) -> Classifier[Any]:
    """Load a model: the one that ships inside the package, or one that `nsmc.train` made.

    Args:
        model: a model directory or a training's output directory; None or ``shipped`` for the
            model inside the package.
        threshold: positive at or above this probability; None takes the model's own.
        exact: ask the whole network about every comment. Otherwise a model with an early exit
            answers by n-grams alone where these are sure, which takes a fraction of the time.
        undecided_below: label ``undecided`` where neither label is as probable; 0 labels all.
        spelling: False leaves mistyped words as they are typed.
        words: new words over the package's: a file (`nsmc.text.new_words`), or a mapping such as
            ``{"띵작": "명작"}``; an empty meaning protects the word.
        predicts: what the caller expects it to predict, such as `nsmc.ClassPrediction`. It is
            checked, and tells a type checker, which knows that of the shipped model alone.

    Raises:
        ModelError: the directory is missing, damaged or of another version.
        DataError: the file of words can't be read, or one of them can't be one.
        UsageError: a probability isn't between 0 and 1, the model's task has none, or the model
            predicts something else.
    """
    directory = open_model(None if model is None else Path(model))
    given = directory.label_task.prediction
    if predicts is not None and not issubclass(given, predicts):
        raise UsageError(
            "expected a model that gives {expected}, found one of the task {task!r} in "
            "{path}, which gives {found}",
            expected=predicts.__name__,
            task=directory.task.name,
            path=directory.path,
            found=given.__name__,
        )
    return Classifier(
        directory,
        threshold=threshold,
        exact=exact,
        undecided_below=undecided_below,
        spelling=spelling,
        words=None if words is None else new_words(words),
    )
