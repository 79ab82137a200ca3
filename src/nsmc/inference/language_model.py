"""A language model without torch: it scores texts and continues them.

Shapes: R texts, T units of one with a boundary at both ends, N units of all of them, U distinct
ones, B texts of a block, D directions, E embedding size, H hidden size.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray

from nsmc.data.special_units import EOS
from nsmc.errors import ModelError
from nsmc.inference.blas_threads import one_thread
from nsmc.inference.comments import comment_list, is_one
from nsmc.inference.completion import Completion, draw_unit
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.products import one_comment
from nsmc.inference.recurrence import BACKWARD, FORWARD, Floats, Integers, Layer
from nsmc.inference.sampling import check_sampling
from nsmc.inference.softmax import NextUnit
from nsmc.inference.text_score import TextScore, UnitSurprisal
from nsmc.inference.units import TextModel
from nsmc.inference.vectors import MorphemeVectors
from nsmc.tasks.language_model import LanguageModelTask, group_ends
from nsmc.text.normalize import normalize

if TYPE_CHECKING:
    from nsmc.inference.comments import Comment, Comments

BLOCK_UNITS = 1 << 12
"""Units of the texts that run side by side, at most."""


class LanguageModel(TextModel):
    """A trained language model, which threads may share. Make one with `nsmc.load_language_model`.

    Raises:
        ModelError: it isn't a language model, its parts don't fit together, or this version of
            nsmc prepares texts in another way than the one that trained it.
    """

    def __init__(self, model: ModelDirectory) -> None:
        if not isinstance(model.task, LanguageModelTask):
            raise ModelError(
                "{path} labels comments; use nsmc predict or nsmc evaluate", path=model.path
            )
        super().__init__(model)
        weights = model.weights()
        self._vectors = MorphemeVectors.of(model, weights)
        self._rows = {unit: row for row, unit in enumerate(model.vocabulary) if row}
        config = model.config.model
        ends = group_ends(len(model.vocabulary), model.config.language_model)
        suffixes = [FORWARD, BACKWARD][: config.directions]
        # The layers of each direction, which read no other.
        self._stacks = [
            [Layer(config.cell, weights, index, [suffix]) for index in range(config.layers)]
            for suffix in suffixes
        ]
        self._softmax = NextUnit(weights, ends)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as the path: it opens the model anew."""
        return load_language_model, (self.model.path,)

    def __repr__(self) -> str:
        return f"<nsmc.LanguageModel of {self.model!r}>"

    @overload  # a str is a Sequence[str] as well; the first that fits is meant
    def score(self, text: "Comment") -> TextScore: ...  # type: ignore[overload-overlap]
    @overload
    def score(self, text: "Comments") -> list[TextScore]: ...
    def score(self, text: "Comment | Comments") -> TextScore | list[TextScore]:
        """Score the units of one text, or of each of several, by how surprising they are.

        A unit is predicted from those before it, by a bidirectional model also from those behind
        it; its bits are then the mean of both. The end of a text counts as a unit. Arguments and
        errors are those of `nsmc.Classifier.predict`.
        """
        texts = comment_list(text)
        units = [self.tokenizer(t) for t in texts]
        with one_comment() if is_one(text) else contextlib.nullcontext():
            surprisals = self.surprisals(units)
        scores = [
            self._text_score(t, cut, nats)
            for t, cut, nats in zip(texts, units, surprisals, strict=True)
        ]
        return scores[0] if is_one(text) else scores

    def _text_score(self, text: str, units: list[str], nats: NDArray[np.float64]) -> TextScore:
        if not units:
            return TextScore(text, (), 0)
        spans = [*self.tokenizer.spans(text), (len(text), len(text))]
        bits = (nats.mean(axis=0) / math.log(2)).tolist()  # [T - 1]
        scored = tuple(
            UnitSurprisal(unit, *span, surprisal, unit in self._rows)
            for unit, span, surprisal in zip([*units, EOS], spans, bits, strict=True)
        )
        read = len(normalize(text, self.text_config.max_characters))
        return TextScore(text, scored, read, self.tokenizer.truncated(text))

    def surprisals(self, texts: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """-log p (nats) of every unit of tokenized texts: arrays [D, T - 1], [D, 0] without units.

        The forward direction comes first. Its last number is that of the end of the text, the
        backward direction's that of the beginning.
        """
        surprisals = [np.empty((len(self._stacks), 0)) for _ in texts]
        lengths = np.array([len(units) for units in texts], dtype=np.int64)  # [R]
        order = np.argsort(-lengths, kind="stable")  # [R], longest first
        order = order[lengths[order] > 0]
        first = 0
        with one_thread():
            while first < len(order):
                size = max(1, BLOCK_UNITS // (int(lengths[order[first]]) + 2))
                chosen = order[first : first + size].tolist()  # [B]
                block = self._block([texts[place] for place in chosen])
                for place, nats in zip(chosen, block, strict=True):
                    surprisals[place] = nats
                first += size
        return surprisals

    def _block(self, texts: list[Sequence[str]]) -> list[NDArray[np.float64]]:
        """`surprisals` of texts sorted by falling length."""
        lengths = np.array([len(units) + 2 for units in texts], dtype=np.int64)  # [B]
        flat = [unit for units in texts for unit in (EOS, *units, EOS)]  # [N]
        rows = np.array([self._rows.get(unit, 0) for unit in flat], dtype=np.int64)  # [N]
        vectors, tokens = self._vectors(flat)  # [U, E], [N]
        ends = np.cumsum(lengths)  # [B]
        starts = ends - lengths  # [B]
        last, first = np.zeros(len(flat), bool), np.zeros(len(flat), bool)  # [N]
        last[ends - 1] = first[starts] = True
        states = _states(self._stacks[0], vectors, tokens, starts, lengths)  # [N, H]
        halves = [-self._softmax.log_probabilities(states[~last], rows[~first])]  # of [N - B]
        for backward in self._stacks[1:]:  # which reads the reversed texts
            reversal = np.repeat(starts + ends - 1, lengths) - np.arange(len(flat))  # [N]
            read = _states(backward, vectors, tokens[reversal], starts, lengths)  # [N, H]
            states = read[reversal]  # [N, H]
            halves.append(-self._softmax.log_probabilities(states[~first], rows[~last]))
        cuts = np.cumsum(lengths - 1)[:-1]  # [B - 1]
        surprisals = [
            np.stack(parts) for parts in zip(*(np.split(h, cuts) for h in halves), strict=True)
        ]
        for nats in surprisals:  # [D, T - 1]
            nats[1:] = np.roll(nats[1:], -1, axis=1)  # the boundary comes last, as forwards
        return surprisals

    def complete(
        self,
        prefix: str,
        *,
        units: int = 30,
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int | np.random.Generator | None = None,
    ) -> Completion:
        """Continue a text unit by unit, each drawn from the model's probabilities.

        The unknown unit is never drawn. A bidirectional model writes forwards, too.

        Args:
            prefix: how the text begins; may be empty.
            units: how many to add at most; fewer if the model ends the text.
            temperature: what log probabilities are divided by: below 1 the likely becomes likelier;
                0 always takes the likeliest.
            top_p: draw from the fewest units that have this share of the probability together
                (Holtzman et al., "The curious case of neural text degeneration", ICLR 2020).
            seed: the same one gives the same text; a generator draws on; None is another each time.

        Raises:
            UsageError: an argument out of its range.
            NsmcError: the tokenizer can't be used.
        """
        check_sampling(units, temperature, top_p)
        rng = np.random.default_rng(seed)
        begin = self.tokenizer(prefix)
        added: list[str] = []
        ended = False
        for unit in self.generate(begin, temperature=temperature, top_p=top_p, rng=rng):
            if ended := unit == EOS:
                break
            added.append(unit)
            if len(added) == units:
                break
        return Completion(prefix, self._join(prefix, begin, added), tuple(added), ended)

    def generate(
        self,
        units: Sequence[str],
        *,
        temperature: float = 1.0,
        top_p: float = 1.0,
        rng: np.random.Generator,
    ) -> Iterator[str]:
        """Draw the units that follow those of a text; `nsmc.data.special_units.EOS` ends it.

        Each takes the time of one step, however many came before. Arguments are those of
        `complete`; the units are those of a text already cut.
        """
        layers = self._stacks[0]
        states, memories = (
            [np.zeros((1, 1, layer.hidden), np.float32) for layer in layers] for _ in range(2)
        )  # of [1, 1, H]
        read = (EOS, *units)
        while True:
            with one_thread():
                for unit in read:
                    vector, _ = self._vectors([unit])  # [1, E]
                    for index, layer in enumerate(layers):
                        inputs = layer.inputs(vector)
                        states[index] = layer.step(inputs, states[index], memories[index])
                        vector = states[index][0]  # [1, H]
                logs = self._softmax.all_log_probabilities(vector[0])  # [V]
                row = draw_unit(logs, temperature, top_p, rng)
            read = (self.model.vocabulary[row],)
            yield read[0]

    def _join(self, prefix: str, begin: list[str], added: list[str]) -> str:
        """The normalized prefix and the added units as one text."""
        join = self.tokenizer.join
        whole, before = join([*begin, *added]), join(begin)
        # Morphemes don't tell the spaces of the prefix, so they are taken from the prefix itself.
        # Only a letter that joins a syllable of the prefix changes it.
        if not whole.startswith(before):
            return whole
        return normalize(prefix, self.text_config.max_characters) + whole[len(before) :]


def _states(
    layers: Sequence[Layer],
    vectors: Floats,
    tokens: Integers,
    starts: Integers,
    lengths: Integers,
) -> Floats:
    """The last layer's outputs [N, H] at every place; see `Layer.stretches`."""
    for layer in layers:
        vectors = layer.outputs(layer.inputs(vectors), tokens, starts, lengths)  # [N, H]
        tokens = np.arange(len(vectors))  # [N]
    return vectors


def load_language_model(model: Path | str) -> LanguageModel:
    """Load a language model from the model directory or output directory of an `nsmc.train`.

    Raises:
        ModelError: the directory is missing, damaged, of another version, or of another task.
    """
    return LanguageModel(open_model(Path(model)))
