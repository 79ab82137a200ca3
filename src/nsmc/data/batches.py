"""torchtext datasets and the iterator that cuts them into batches of one length.

Shapes: R reviews of a corpus, K numbers of a target.
"""

import random
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torchtext.data import BucketIterator, Dataset, Example

from nsmc.data.fields import MorphemeField, TargetField


def make_dataset(
    field: MorphemeField, rows: NDArray[np.int64], targets: NDArray[np.float32]
) -> Dataset:
    """The reviews in ``rows`` as torchtext examples: ``text`` and ``label`` are row numbers.

    ``targets`` [R, K] are those of all reviews of the corpus; K is 0 for a task without labels.
    """
    fields = [("text", field), ("label", TargetField(targets))]
    examples = []
    for row in rows.tolist():
        example = Example()
        example.text = example.label = row
        examples.append(example)
    return Dataset(examples, fields)


class EqualLengthIterator(BucketIterator):  # type: ignore[misc]
    """torchtext's ``BucketIterator`` with exact buckets: every batch holds reviews of one length.

    Then there is nothing to pad, pack or mask, which is both the fastest way through an RNN and
    one that can't let padding into a score. The order is a function of ``seed`` alone.

    Args:
        dataset: of `make_dataset`.
        batch_size: reviews in a batch at most; rare lengths give smaller batches.
        seed: None for a fixed order by length, for scoring.
        device: where the tensors go.
        weights: [examples of ``dataset``] how likely each is drawn, relatively. As many as there
            are are drawn, with replacement, by ``seed``. None takes each once.
        part: which part of every batch to give, and of how many.

    A batch has its ``reviews``, those of all parts, and its own ``share`` of them. In a training,
    a part without a review has another's first one and a share of 0; in scoring it is left out.
    """

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int,
        *,
        seed: int | None,
        device: torch.device,
        weights: NDArray[np.float64] | None = None,
        part: tuple[int, int] = (0, 1),
    ) -> None:
        field = dataset.fields["text"]
        if weights is not None:
            # Any whole number seeds Python's generator, but numpy's wants none below 0.
            generator = np.random.default_rng(random.Random(seed).getrandbits(64))
            share = weights / weights.sum()  # [examples]
            drawn = generator.choice(len(share), len(share), p=share)  # [examples]
            dataset = Dataset([dataset[i] for i in drawn.tolist()], dataset.fields)
        lengths = field.corpus.lengths  # [R]
        super().__init__(
            dataset,
            batch_size,
            sort_key=lambda example: lengths[example.text],
            device=device,
            train=seed is not None,
        )
        self.random_shuffler.random_state = random.Random(seed).getstate()
        self._part = part

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
        batches = self.random_shuffler(batches) if self.shuffle else batches
        number, parts = self._part
        self.batches, self._shares = [], []
        for whole in batches:
            ours = whole[number::parts]
            if ours or self.train:
                self.batches.append(ours or whole[:1])
                self._shares.append((len(whole), len(ours) / len(whole)))

    def __iter__(self) -> Iterator[Any]:
        for batch in super().__iter__():
            batch.reviews, batch.share = self._shares[self._iterations_this_epoch - 1]
            yield batch

    def __len__(self) -> int:
        lengths = [self.sort_key(example) for example in self.dataset]
        return int(sum(-(-n // self.batch_size) for n in np.bincount(lengths)))

    def skip(self, batches: int) -> None:
        """Let the next pass begin after its first ``batches`` batches, to resume an epoch."""
        done = dict.fromkeys(("iterations", "iterations_this_epoch"), batches)
        order = {"random_state_this_epoch": self.random_shuffler.random_state}
        self.load_state_dict(done | order)
