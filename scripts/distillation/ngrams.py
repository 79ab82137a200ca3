"""A linear teacher: the wide layer alone, over the character n-grams of whole reviews.

Shapes: R reviews, B reviews of a batch, G n-grams of some reviews end to end, K rows.
"""

from collections.abc import Sequence

import numpy as np
import torch
from distillation.reviews import Reviews, Track
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Adam

from nsmc.config.model import WideConfig
from nsmc.data.fields import MorphemeBatch
from nsmc.model.wide import WideLinear
from nsmc.text.character_ngrams import character_ngrams
from nsmc.text.normalize import normalize
from nsmc.training.optimizers import RowAdam, set_learning_rate

CONFIG = WideConfig(buckets=1 << 21, longest=5, dropout=0.5)
EPOCHS, EPOCHS_OF_ALL, BATCH, RATE = 3, 2, 256, 0.006
DRAWN = 250_000
"""Reviews of a pass at most."""
FOLDS = 4
AT_ONCE = 4096


class Linear(torch.nn.Module):
    """The wide layer, and a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.wide = WideLinear(CONFIG, 1, sparse=True)
        self.bias = torch.nn.Parameter(torch.zeros(1))

    def forward(self, batch: MorphemeBatch) -> Tensor:
        """Log odds of positive [B, 1]."""
        return self.wide(batch) + self.bias  # type: ignore[no-any-return]


class Grams:
    """The n-grams of R reviews, kept as flat arrays; spaces don't count, as in the network."""

    def __init__(self, texts: Sequence[str]) -> None:
        ids, counts = [], []
        for start in range(0, len(texts), AT_ONCE):
            some = [normalize(t, 1000).replace(" ", "") for t in texts[start : start + AT_ONCE]]
            result, number = character_ngrams([[t] for t in some], CONFIG.longest, CONFIG.buckets)
            ids.append(result.astype(np.int32))
            counts.append(number)
        self._ids = np.concatenate(ids)
        self._counts = np.concatenate(counts)  # [R]
        self._starts = np.cumsum(self._counts) - self._counts  # [R]

    def batch(self, rows: NDArray[np.int64]) -> MorphemeBatch:
        """The n-grams of some reviews."""
        counts = self._counts[rows]
        offsets = np.cumsum(counts) - counts
        picks = np.repeat(self._starts[rows] - offsets, counts) + np.arange(counts.sum())
        ids = self._ids[picks].astype(np.int64)  # [G]
        # The layer reads nothing of the morphemes.
        none = torch.empty(0, dtype=torch.int64)
        return MorphemeBatch(
            none, none, none, none, torch.from_numpy(ids), torch.from_numpy(counts)
        )


def learnt(grams: Grams, rows: NDArray[np.int64], labels: NDArray[np.float64], seed: int) -> Linear:
    """Train the layer on some reviews, as if their ``labels``, 0 and 1, were as frequent.

    Both labels equally often, and not all of the more frequent one's reviews. What is left of a
    skew (the rarer label's reviews come again and are known better than new ones will be), the
    weighing of teachers takes out.
    """
    generator = np.random.default_rng(seed)
    drawn = min(len(rows), DRAWN)
    passes = (_as_many_of_each(labels, drawn, generator) for _ in range(EPOCHS))
    return _trained(grams, rows, labels, np.concatenate([*passes]), seed)


def learnt_twice(
    grams: Grams, rows: NDArray[np.int64], labels: NDArray[np.float64], seed: int
) -> Linear:
    """The mean of `learnt` and of a layer that has seen all reviews as they come.

    The latter learns with the log odds of the labels added, which are left out afterwards (Menon
    et al., "Long-tail learning via logit adjustment", ICLR 2021). The two err differently: both
    together are worth 0.7% of the log loss beside another teacher, in one table as small as before.
    """
    first = learnt(grams, rows, labels, seed)
    generator = np.random.default_rng(seed)
    order = np.concatenate([generator.permutation(len(rows)) for _ in range(EPOCHS_OF_ALL)])
    share = labels.mean()
    second = _trained(grams, rows, labels, order, seed, float(np.log(share / (1 - share))))
    with torch.no_grad():
        for ours, theirs in zip(first.parameters(), second.parameters(), strict=True):
            ours.lerp_(theirs, 0.5)
    return first


def _trained(
    grams: Grams,
    rows: NDArray[np.int64],
    labels: NDArray[np.float64],
    order: NDArray[np.int64],
    seed: int,
    prior: float = 0.0,
) -> Linear:
    """A layer after one step for every `BATCH` of ``order``, places in ``rows`` and ``labels``."""
    torch.manual_seed(seed)
    layer = Linear()
    optimizers = [RowAdam([layer.wide.weight]), Adam([layer.bias])]
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        set_learning_rate(optimizers, RATE * (1 - start / len(order)))
        layer.zero_grad()
        outputs = layer(grams.batch(rows[some])) + prior
        targets = torch.from_numpy(labels[some, None]).float()  # [B, 1]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(outputs, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in optimizers:
            optimizer.step()
    return layer.eval()


def _as_many_of_each(
    labels: NDArray[np.float64], count: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Places of some ``count`` labels, shuffled, half of them 1; none twice before it has to be."""
    result: list[NDArray[np.int64]] = []
    for label in (0, 1):
        places = generator.permutation(np.flatnonzero(labels == label))
        result.append(np.resize(places, count // 2))
    return generator.permutation(np.concatenate(result))


@torch.inference_mode()
def log_odds(layer: Linear, grams: Grams, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """What a layer says of some reviews, in their order."""
    parts = [
        layer(grams.batch(rows[start : start + AT_ONCE]))[:, 0].numpy()
        for start in range(0, len(rows), AT_ONCE)
    ]
    return np.concatenate(parts).astype(np.float64)


def teach(reviews: Reviews, track: Track) -> NDArray[np.float64]:
    """Log odds of positive [R], of each labelled review by a layer that hasn't learnt from it.

    A weight for every n-gram learns labels by heart; what it says of its own reviews would be
    these labels again. So those are said by `FOLDS` layers of the other reviews, and the rest by
    one of all.
    """
    torch.set_num_threads(1)  # a step is so small that threads only wait for one another
    grams = Grams(reviews.texts)
    labels = reviews.known(track)
    rows = np.flatnonzero(~np.isnan(labels) & ~reviews.validates)
    result = log_odds(learnt(grams, rows, labels[rows], 0), grams, np.arange(len(labels)))
    folds = np.random.default_rng(0).integers(0, FOLDS, len(rows))
    for fold in range(FOLDS):
        others, own = rows[folds != fold], rows[folds == fold]
        result[own] = log_odds(learnt(grams, others, labels[others], 1 + fold), grams, own)
    return result
