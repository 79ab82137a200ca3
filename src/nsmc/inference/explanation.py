"""How much each morpheme of a comment contributes to its result.

Shapes: T morphemes, P parts that they make, E embedding size, N subsets, O outputs.
"""

import html
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic

import numpy as np
from numpy.typing import NDArray

from nsmc.inference.blas_threads import one_thread
from nsmc.inference.network import Network
from nsmc.inference.shapley import EXACT, REMEMBERED, shapley_values
from nsmc.tasks.predictions import PredictionT, rounded_number
from nsmc.tasks.task import ExplainedNumber, Value


@dataclass(frozen=True)
class Part:
    """A morpheme and its contribution; the jamo of a syllable are one part together."""

    start: int
    end: int
    """The morpheme's code points in the comment as typed, from ``start`` to before ``end``."""
    morpheme: str
    """As the tokenizer gave it, so normalized; several units are joined."""
    contribution: float
    """In the explanation's unit: above 0 for what is explained, below 0 against it."""
    typed: str | None = None
    """What was typed in its place, where that was read as something else."""

    @property
    def shown(self) -> str:
        """The morpheme, with what was typed beside it: ``감덩 → 감동``."""
        return self.morpheme if self.typed is None else f"{self.typed} → {self.morpheme}"

    def to_dict(self) -> dict[str, Any]:
        """The object for JSON; ``typed`` only where it says something."""
        part = {**vars(self), "contribution": round(self.contribution, 6)}
        return part if self.typed is not None else {k: part[k] for k in part if k != "typed"}


@dataclass(frozen=True)
class Explanation(Generic[PredictionT]):
    """Why a comment got its result: ``baseline`` and all contributions sum to ``value``."""

    prediction: PredictionT
    """The same as `nsmc.Classifier.predict` gives."""
    of: str
    """What is explained: 긍정 whatever the label, the class predicted, or ★."""
    explains: ExplainedNumber
    """What all numbers here are."""
    value: float | None
    """The number explained, such as ln(p / (1 - p)) of 긍정; None if nothing is legible."""
    baseline: float
    """The value without any morpheme: the network's for one morpheme of zeros."""
    parts: tuple[Part, ...]
    """The morphemes in the comment's order."""
    units: str = "morphemes"
    """What the parts are, such as syllables."""

    @property
    def logit(self) -> float:
        """``value``, by its name where it is in log odds; NaN where there is none."""
        return math.nan if self.value is None else self.value

    def _repr_html_(self) -> str:
        """The comment in a notebook: each morpheme on green or red, its number as tooltip."""
        text, pieces, place = self.prediction.text, [], 0
        scale = max([1.0, *(abs(part.contribution) for part in self.parts)])
        for part in self.parts:
            number = part.contribution
            colour = "0 158 115" if number > 0 else "213 74 0"
            pieces.append(
                f"{html.escape(text[place : part.start])}"
                f'<span title="{html.escape(part.morpheme)} {number:+.2f}" '
                f'style="background:rgb({colour} / {abs(number) / scale * 0.6:.2f})">'
                f"{html.escape(text[part.start : part.end])}</span>"
            )
            place = part.end
        pieces.append(html.escape(text[place:]))
        unit = "★" if self.explains == "stars" else "log odds"
        value = "–" if self.value is None else f"{self.value:+.2f}"
        head = f"<b>{html.escape(self.of)}</b> {value} {unit}"
        return f'<p lang="ko" style="line-height:2">{head}<br>{"".join(pieces)}</p>'

    def to_dict(self) -> dict[str, Any]:
        """The object that ``--json --explain`` prints; None where there is no value."""
        value = rounded_number(self.value)
        return {
            **self.prediction.to_dict(),
            "of": self.of,
            "unit": "stars" if self.explains == "stars" else "log odds",
            "value": value,
            **({"logit": value} if self.explains != "stars" else {}),
            "baseline": round(self.baseline, 6),
            "parts": [part.to_dict() for part in self.parts],
        }


def baseline_outputs(network: Network, size: int) -> NDArray[np.float32]:
    """Outputs [O] of one morpheme whose vector [E] is zeros, so that it says nothing."""
    vectors = np.zeros((1, size), dtype=np.float32)  # [U, E]
    outputs: NDArray[np.float32] = network(vectors, np.array([0]), np.array([1]))[0]  # [O]
    return outputs


Subsets = Callable[[NDArray[np.bool_]], NDArray[np.float32]]
"""Subsets of a comment's morphemes [N, T] to something of each, [N, O]."""

UnitShares = Callable[[NDArray[np.float64], float, int, int], NDArray[np.float64]]
"""As `nsmc.inference.network.NumpyNetwork.unit_shares`, of one comment's units."""

DEEP_ORDERS, WIDE_ORDERS = 24, 96
"""Orders of a comment's parts by which the network is explained, and what the wide layer alone says
beside it: half of the noise is of the wide layer's n-grams, which take a tenth of the time."""
PAIRS = ((45, 74), (280, 36))
"""Pairs of subsets for the same noise where `SubsetOutputs.unit_shares` makes more of them: for up
to so many units so many pairs."""
NGRAM_PAIRS = 192
"""Those of the wide layer then."""


@dataclass(frozen=True)
class SubsetOutputs:
    """The outputs of subsets of a comment's morphemes: those of both layers together."""

    deep: Subsets
    """The network's; no subset may be empty."""
    wide: Subsets | None
    """The wide layer's part; None without one."""
    unit_shares: UnitShares | None = None
    """The units' shares in a sum of the network's outputs, if what is explained is one and a
    constant; None where the network can't tell them."""

    def __call__(self, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The outputs [N, O] of subsets [N, T], none empty."""
        deep = self.deep(mask)  # [N, O]
        return deep if self.wide is None else deep + self.wide(mask)


def contributions(
    outputs_of: SubsetOutputs,
    number: Value,
    baseline: float,
    whole: NDArray[np.float32],
    *,
    part_of: NDArray[np.int64],
    seed: int = 0,
) -> NDArray[np.float64]:
    """Share out the comment's value less the baseline among P parts of it: [P].

    The shares are Shapley values. A set of parts has the value of the comment which they alone
    make, in their order: absent parts are deleted, not replaced by something with a meaning of its
    own. Where they are sampled, what the wide layer alone says is a control variate: its shares and
    those of the rest sum to those of both, and the rest takes fewer orders.

    Args:
        outputs_of: the model's, of subsets of T morphemes, T at least 1.
        number: what is explained, from outputs.
        baseline: the value of no morpheme.
        whole: outputs [O] of the whole comment.
        part_of: [T] each morpheme's part, from 0 on and never falling.
        seed: of the sampled orders.
    """
    count, deep, wide = int(part_of[-1]) + 1, outputs_of.deep, outputs_of.wide
    value = float(number(whole[None])[0])
    share = partial(shapley_values, parts=count, units=len(part_of), seed=seed)
    pairs = next((pairs for longest, pairs in PAIRS if count <= longest), 0)
    if outputs_of.unit_shares and EXACT < count == len(part_of) and pairs:
        constant = float(number(np.zeros_like(whole[None]))[0])
        weights = number(np.eye(len(whole), dtype=np.float32)) - constant  # [O]
        empty = baseline - constant
        shares: NDArray[np.float64] = outputs_of.unit_shares(weights, empty, pairs, seed)  # [P]
        if wide is not None:
            sets, parts = _guessed(count, NGRAM_PAIRS, seed)  # [N, P], [P, N]
            shares = shares + parts @ ((wide(sets) - wide(~sets)) @ weights)
        shares += (value - baseline - shares.sum()) / count  # what was rounded
        return shares
    if wide is None or count <= EXACT:
        both = lambda subsets: number(outputs_of(subsets[:, part_of]))  # noqa: E731
        return share(both, empty=baseline, full=value)
    ends = np.array([[False], [True]]).repeat(len(part_of), axis=1)  # [2, T], none and all
    usual = whole - wide(ends[1:])  # [1, O], the network's of the whole comment

    def by_wide(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
        return number(wide(mask) + usual)  # [N]

    def rest(subsets: NDArray[np.bool_]) -> NDArray[np.float64]:
        mask = subsets[:, part_of]  # [N, T]
        added = wide(mask)  # [N, O]
        return number(deep(mask) + added) - number(added + usual)  # [N]

    none, everything = by_wide(ends).tolist()
    cheap = lambda subsets: by_wide(subsets[:, part_of])  # noqa: E731
    return share(rest, empty=baseline - none, full=value - everything, orders=DEEP_ORDERS) + share(
        cheap, empty=none, full=everything, orders=WIDE_ORDERS
    )


@lru_cache(REMEMBERED)
def _guessed(units: int, pairs: int, seed: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Subsets [N, T] of units, and weights [T, N] of what they have above their complements."""
    from nsmc.inference.designs import subsets
    from nsmc.inference.set_games import subset_weights

    with one_thread():
        half = subsets(units, pairs, seed)
        sets = np.concatenate([np.ones((1, units), np.bool_), half])  # [N, T]
        return sets, subset_weights(sets)
