"""torchtext datasets and the iterator that cuts them into batches of one length."""

import random
from collections import defaultdict
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchtext.data import BucketIterator, Dataset, Example

from nsmc.data.fields import MorphemeField, sentiment_field


def split_rows(count: int, share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part ``count`` reviews at random into training and validation rows, each in file order.

    Both parts get at least one review.
    """
    order = np.random.default_rng(seed).permutation(count)
    size = min(max(1, round(count * share)), count - 1)
    return np.sort(order[size:]), np.sort(order[:size])


def make_dataset(field: MorphemeField, rows: NDArray[np.int64]) -> Dataset:
    """Reviews as torchtext examples: ``text`` is the row in the corpus, ``label`` its label."""
    labels = field.corpus.labels
    fields = [("text", field), ("label", sentiment_field())]
    examples = []
    for row in rows.tolist():
        example = Example()
        example.text, example.label = row, int(labels[row])
        examples.append(example)
    return Dataset(examples, fields)


class EqualLengthIterator(BucketIterator):  # type: ignore[misc]
    """torchtext's ``BucketIterator`` with exact buckets: every batch holds reviews of one length.

    Then there is nothing to pad, pack or mask, which is both the fastest way through an RNN and
    one that can't let padding into a score. The order is a function of ``seed`` alone.

    Args:
        dataset: of `make_dataset`.
        batch_size: reviews in a batch at most; lengths that are rare give smaller batches.
        seed: None for a fixed order by length, for scoring.
        device: where the tensors go.
    """

    def __init__(
        self, dataset: Dataset, batch_size: int, *, seed: int | None, device: torch.device
    ) -> None:
        field = dataset.fields["text"]
        lengths = field.corpus.lengths
        super().__init__(
            dataset,
            batch_size,
            sort_key=lambda example: lengths[example.text],
            device=device,
            train=seed is not None,
        )
        self.random_shuffler.random_state = random.Random(seed).getstate()

    def create_batches(self) -> None:
        """Group the examples by length, cut the groups into batches and shuffle those."""
        groups: defaultdict[int, list[Any]] = defaultdict(list)
        for example in self.data():
            groups[self.sort_key(example)].append(example)
        batches = [
            group[start : start + self.batch_size]
            for group in groups.values()
            for start in range(0, len(group), self.batch_size)
        ]
        self.batches = self.random_shuffler(batches) if self.shuffle else batches

    def __len__(self) -> int:
        lengths = [self.sort_key(example) for example in self.dataset]
        return int(sum(-(-n // self.batch_size) for n in np.bincount(lengths)))

    def skip(self, batches: int) -> None:
        """Let the next pass begin after its first ``batches`` batches, to resume an epoch."""
        self.load_state_dict(
            {
                "iterations": batches,
                "iterations_this_epoch": batches,
                "random_state_this_epoch": self.random_shuffler.random_state,
            }
        )
