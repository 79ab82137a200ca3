"""A language model without torch: how surprising each unit of a text is, and how a text goes on.

Shapes: R texts, T units of one with a boundary at both ends, N units of all of them, U distinct
ones, n of some, B texts of a block, D directions, E embedding size, H hidden size, V rows of the
vocabulary.
"""

import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from nsmc.config.model import ModelConfig
from nsmc.data.special_units import EOS
from nsmc.errors import ModelError
from nsmc.inference.blas_threads import one_thread
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.inference.recurrence import Floats, Integers, Layer
from nsmc.inference.sampling import check_sampling
from nsmc.inference.softmax import NextUnit, log_softmax
from nsmc.inference.units import open_tokenizer, text_config_of
from nsmc.inference.vectors import MorphemeVectors
from nsmc.tasks.language_model import LanguageModelTask, group_ends, perplexity
from nsmc.text.normalize import normalize
from nsmc.text.tokenizer import Tokenizer

BLOCK_UNITS = 1 << 12
"""Units of the texts that run side by side, at most."""


@dataclass(frozen=True)
class UnitSurprisal:
    """One unit of a text and how little it was expected."""

    unit: str
    """As it was cut; `nsmc.data.special_units.EOS` for the end of the text."""
    start: int
    """Its first code point in the text as it was given."""
    end: int
    """The code point after its last."""
    bits: float
    """-log₂ of its probability: 1 for what was as likely as not, 10 for one in a thousand."""
    known: bool
    """Whether the vocabulary has it; else the bits are those of any unit that it hasn't."""


@dataclass(frozen=True)
class TextScore:
    """How likely a text is, unit by unit."""

    text: str
    """As it was given."""
    units: tuple[UnitSurprisal, ...]
    """In order, the end of the text as the last; empty if there is nothing legible in the text."""
    characters: int
    """Of the text as the model reads it, spaces included."""

    @property
    def bits(self) -> float:
        """-log₂ of the text's probability; NaN without units."""
        return math.fsum(unit.bits for unit in self.units) if self.units else math.nan

    @property
    def perplexity(self) -> float:
        """2 to the mean bits a unit: among so many equally likely units the next one was sought.

        Only comparable between texts, or models, of the same units.
        """
        return perplexity(self.bits * math.log(2) / len(self.units)) if self.units else math.nan

    @property
    def bits_per_character(self) -> float:
        """The bits shared out among the characters, which every kind of unit can be compared by.

        Models of morphemes don't say where the spaces are, which spares them some.
        """
        return self.bits / self.characters if self.units else math.nan

    @property
    def unknown(self) -> int:
        """How many units the vocabulary hasn't."""
        return sum(not unit.known for unit in self.units)

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints; None where there is nothing legible."""
        legible = bool(self.units)
        return {
            "text": self.text,
            "perplexity": round(self.perplexity, 4) if legible else None,
            "bits": round(self.bits, 4) if legible else None,
            "bits_per_character": round(self.bits_per_character, 4) if legible else None,
            "unknown": self.unknown,
            "units": [
                {
                    "unit": unit.unit,
                    "start": unit.start,
                    "end": unit.end,
                    "bits": round(unit.bits, 4),
                    "known": unit.known,
                }
                for unit in self.units
            ],
        }


@dataclass(frozen=True)
class Completion:
    """A text that was begun by someone and continued by a model."""

    prefix: str
    """As it was given."""
    text: str
    """The whole text."""
    units: tuple[str, ...]
    """Those that the model added."""
    ended: bool
    """Whether the model thought the text complete; else it had as many units as were asked for."""

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json`` prints."""
        return {
            "prefix": self.prefix,
            "text": self.text,
            "units": list(self.units),
            "ended": self.ended,
        }


class LanguageModel:
    """A trained language model. Make one with `nsmc.load_language_model`.

    Threads may share one: what it caches is guarded by locks.

    Args:
        model: a verified model directory.

    Raises:
        ModelError: it isn't a language model, its parts don't fit together, or this version of
            nsmc prepares texts in another way than the one that trained it.
    """

    def __init__(self, model: ModelDirectory) -> None:
        if not isinstance(model.task, LanguageModelTask):
            raise ModelError(f"{model.path} labels comments; use nsmc predict or nsmc evaluate")
        self.model = model
        self.text_config = text_config_of(model)
        self._tokenizer: Tokenizer | None = None
        self._lock = threading.Lock()
        weights = model.weights()
        self._vectors = MorphemeVectors.of(model, weights)
        self._rows = {unit: row for row, unit in enumerate(model.vocabulary) if row}
        config = model.config.model
        ends = group_ends(len(model.vocabulary), model.config.language_model)
        try:
            self._forward = _Stack(weights, config, "")
            self._backward = _Stack(weights, config, "_reverse") if config.bidirectional else None
            self._softmax = NextUnit(weights, ends)
        except (KeyError, ValueError) as error:
            raise ModelError(
                f"{model.path} doesn't fit together: its weights aren't those of its recipe "
                f"({error}); train again"
            ) from error

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to a worker process as the path: it opens the model anew."""
        return load_language_model, (self.model.path,)

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer; opening it warns if what it uses has changed.

        Raises:
            NsmcError: what it needs can't be used.
        """
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer = open_tokenizer(self.model, self.text_config)
            return self._tokenizer

    @overload  # a str is a Sequence[str] as well; the first that fits is meant
    def score(self, text: str) -> TextScore: ...  # type: ignore[overload-overlap]
    @overload
    def score(self, text: Sequence[str]) -> list[TextScore]: ...
    def score(self, text: str | Sequence[str]) -> TextScore | list[TextScore]:
        """Tell how surprising each unit of a text is, or of each of several.

        A unit is judged by those before it, and by a bidirectional model also by those behind it:
        its bits are then the mean of both. The end of a text counts as a unit, since to stop there
        is part of what the text says.

        Raises:
            TypeError: something that isn't a string.
            NsmcError: the tokenizer can't be used.
        """
        texts = [text] if isinstance(text, str) else list(text)
        units = [self.tokenizer(t) for t in texts]
        found = [
            self._scored(t, cut, nats)
            for t, cut, nats in zip(texts, units, self.surprises(units), strict=True)
        ]
        return found[0] if isinstance(text, str) else found

    def _scored(self, text: str, units: list[str], nats: NDArray[np.float64]) -> TextScore:
        if not units:
            return TextScore(text, (), 0)
        spans = [*self.tokenizer.spans(text), (len(text), len(text))]
        bits = (nats.mean(axis=0) / math.log(2)).tolist()  # [T - 1]
        return TextScore(
            text,
            tuple(
                UnitSurprisal(unit, start, end, of, unit in self._rows)
                for unit, (start, end), of in zip([*units, EOS], spans, bits, strict=True)
            ),
            len(normalize(text, self.text_config.max_characters)),
        )

    def surprises(self, texts: Sequence[Sequence[str]]) -> list[NDArray[np.float64]]:
        """-log p (nats) of every unit of texts already cut: arrays [D, T - 1].

        The forward direction first. The last number is that of the boundary behind the text, of
        the backward direction that of the one before it. A text without units has none: [D, 0].
        """
        directions = 1 if self._backward is None else 2
        found = [np.empty((directions, 0)) for _ in texts]
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
                    found[place] = nats
                first += size
        return found

    def _block(self, texts: list[Sequence[str]]) -> list[NDArray[np.float64]]:
        """The surprises of texts sorted by falling length."""
        lengths = np.array([len(units) + 2 for units in texts], dtype=np.int64)  # [B]
        flat = [unit for units in texts for unit in (EOS, *units, EOS)]  # [N]
        rows = np.array([self._rows.get(unit, 0) for unit in flat], dtype=np.int64)  # [N]
        vectors, tokens = self._vectors(flat)  # [U, E], [N]
        ends = np.cumsum(lengths)  # [B]
        starts = ends - lengths  # [B]
        last, first = np.zeros(len(flat), bool), np.zeros(len(flat), bool)  # [N]
        last[ends - 1] = first[starts] = True
        states = self._forward.states(vectors, tokens, starts, lengths)  # [N, H]
        halves = [-self._softmax.of(states[~last], rows[~first])]  # of [N - B]
        if self._backward is not None:
            # Reading backwards is reading the texts turned round.
            turned = np.repeat(starts + ends - 1, lengths) - np.arange(len(flat))  # [N]
            read = self._backward.states(vectors, tokens[turned], starts, lengths)  # [N, H]
            states = read[turned]  # [N, H]
            halves.append(-self._softmax.of(states[~first], rows[~last]))
        cuts = np.cumsum(lengths - 1)[:-1]  # [B - 1]
        found = [
            np.stack(parts) for parts in zip(*(np.split(h, cuts) for h in halves), strict=True)
        ]
        if self._backward is not None:
            for of_text in found:  # [2, T - 1]
                of_text[1] = np.roll(of_text[1], -1)  # the boundary's to the end, as forwards
        return found

    def complete(
        self,
        prefix: str,
        *,
        units: int = 30,
        temperature: float = 1.0,
        top_p: float = 1.0,
        seed: int | np.random.Generator | None = None,
    ) -> Completion:
        """Go on with a text, unit by unit, each drawn from what the model expects there.

        The unknown unit is never drawn. What is written is forwards, by a bidirectional model too.

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
        begun = self.tokenizer(prefix)
        added: list[str] = []
        ended = False
        for unit in self.continued(begun, temperature=temperature, top_p=top_p, rng=rng):
            if ended := unit == EOS:
                break
            added.append(unit)
            if len(added) == units:
                break
        return Completion(prefix, self._joined(prefix, begun, added), tuple(added), ended)

    def continued(
        self,
        units: Sequence[str],
        *,
        temperature: float = 1.0,
        top_p: float = 1.0,
        rng: np.random.Generator,
    ) -> Iterator[str]:
        """The units that follow some, one after the other; `nsmc.data.special_units.EOS` is an end.

        Each takes the time of one step, however many came before.

        Args:
            units: of a text already cut.
            temperature, top_p: as `complete` takes them.
            rng: what is drawn from.
        """
        reader = _Reader(self._forward)
        read = (EOS, *units)
        while True:
            with one_thread():
                for unit in read:
                    vectors, _ = self._vectors([unit])  # [1, E]
                    state = reader.read(vectors)  # [H]
                row = _draw(self._softmax.all(state), temperature, top_p, rng)
            read = (self.model.vocabulary[row],)
            yield read[0]

    def _joined(self, prefix: str, begun: list[str], added: list[str]) -> str:
        """The prefix as it is read, and behind it what was added."""
        join = self.tokenizer.join
        whole, before = join([*begun, *added]), join(begun)
        # A model of morphemes doesn't know how the prefix was spaced, but we do; a letter added to
        # a syllable of the prefix changes it.
        if not whole.startswith(before):
            return whole
        return normalize(prefix, self.text_config.max_characters) + whole[len(before) :]


class _Stack:
    """The recurrent layers of one direction.

    Args:
        weights: the network's parameters under torch's names, float32.
        config: the network's shape.
        suffix: of the parameters' names, ``_reverse`` for the backward direction.

    Raises:
        KeyError: a parameter is missing.
        ValueError: a parameter has other rows than the cell.
    """

    def __init__(
        self, weights: Mapping[str, NDArray[Any]], config: ModelConfig, suffix: str
    ) -> None:
        kinds = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        self.layers = []
        for index in range(config.layers):
            names = [f"encoder.{kind}_l{index}" for kind in kinds]
            own = {name: weights[name + suffix] for name in names}
            self.layers.append(Layer(config.cell, own, index, 1))

    def states(
        self, vectors: Floats, tokens: Integers, starts: Integers, lengths: Integers
    ) -> Floats:
        """The last layer's outputs [N, H] at every place; see `Layer.stretches`."""
        for layer in self.layers:
            vectors = layer.outputs(layer.inputs(vectors), tokens, starts, lengths)  # [N, H]
            tokens = np.arange(len(vectors))  # [N]
        return vectors


class _Reader:
    """A stack that reads one unit after the other."""

    def __init__(self, stack: _Stack) -> None:
        self._layers = stack.layers
        shape = (1, 1, stack.layers[0].hidden)
        self._states = [np.zeros(shape, np.float32) for _ in self._layers]  # of [1, 1, H]
        self._memories = [np.zeros(shape, np.float32) for _ in self._layers]  # of [1, 1, H]

    def read(self, vector: Floats) -> Floats:
        """The state [H] after one more unit, of the vector [1, E]."""
        for index, layer in enumerate(self._layers):
            output = layer.step(layer.inputs(vector), self._states[index], self._memories[index])
            self._states[index] = output  # [1, 1, H]
            vector = output[0]  # [1, H]
        state: Floats = vector[0]  # [H]
        return state


def _draw(
    logs: NDArray[np.float64], temperature: float, top_p: float, rng: np.random.Generator
) -> int:
    """One row by the log probabilities [V] of all, never that of the unknown unit."""
    logs[0] = -np.inf
    if not temperature:
        return int(logs.argmax())
    shares = np.exp(log_softmax(logs / temperature))  # [V]
    order = np.argsort(-shares, kind="stable")  # [V], likeliest first
    summed = np.cumsum(shares[order])  # [V]
    # The one that reaches the share is among them, or a small one would leave none.
    kept = int(np.searchsorted(summed, top_p * summed[-1])) + 1
    place = np.searchsorted(summed[:kept], rng.random() * summed[min(kept, len(summed)) - 1])
    return int(order[min(int(place), len(order) - 1)])


def load_language_model(model: Path | str) -> LanguageModel:
    """Load a language model that `nsmc.train` made.

    Args:
        model: a model directory or a training's output directory.

    Raises:
        ModelError: the directory is missing, damaged, of another version, or of another task.
    """
    return LanguageModel(open_model(Path(model)))


def odd_one(scores: Iterable[TextScore]) -> int:
    """The place of the text with the most bits a unit.

    Raises:
        ValueError: no text has any unit.
    """
    found = {place: score.perplexity for place, score in enumerate(scores) if score.units}
    return max(found, key=lambda place: found[place])
