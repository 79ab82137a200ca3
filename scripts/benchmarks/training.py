"""Training on one CPU thread: beside the classic loop, and beside what matrix products allow."""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks.common import Row, Sizes, in_turn, median_ratio, spread
from benchmarks.contenders import ClassicLoop

if TYPE_CHECKING:
    from nsmc.config.schema import Config
    from nsmc.data.corpus import Corpus

GATES = {"gru": 3, "lstm": 4}
CLASSIC_BATCH = 64
"""What the tutorials use; ours takes the recipe's own."""


class OurLoop:
    """`nsmc.training.loop` itself, a few steps at a time."""

    def __init__(self, config: "Config", corpus: "Corpus") -> None:
        import numpy as np
        import torch

        from nsmc.data.batches import EqualLengthIterator, make_dataset
        from nsmc.model.inputs import field_for
        from nsmc.model.network import RecurrentNetwork
        from nsmc.tasks.registry import make_task
        from nsmc.training.loop import StepDone, train_epochs
        from nsmc.training.optimizers import make_optimizers
        from nsmc.training.state import TrainingState

        torch.manual_seed(1)
        cpu = torch.device("cpu")
        rows = np.arange(len(corpus))
        task = make_task(config).learn(corpus.labels, corpus.source["name"])
        targets = task.corpus_targets(corpus)
        field = field_for(corpus, config.model, task)
        field.count_vocabulary(rows, config.data)
        training = make_dataset(field, rows, targets)
        network = RecurrentNetwork(len(field.vocab), config.model, task, sparse=True)
        optimizers = make_optimizers(network, config.training, cpu)
        state = TrainingState(network, optimizers, totals=torch.zeros(4))
        size = config.training.batch_size

        loop = self

        class Counted(EqualLengthIterator):
            def __iter__(self) -> Iterator[Any]:
                for batch in super().__iter__():
                    loop._units += batch.text.positions.numel()
                    yield batch

        def batches(epoch: int) -> EqualLengthIterator:
            return Counted(training, size, seed=epoch, device=cpu)

        validation = EqualLengthIterator(
            make_dataset(field, rows[:512], targets), 512, seed=None, device=cpu
        )
        self._units = 0
        """Trained so far: T of each review."""
        self._mean = float(corpus.lengths.mean())
        self._steps: Iterator[StepDone] = (
            event
            for event in train_epochs(state, task, batches, validation, config.training)
            if isinstance(event, StepDone)
        )

    def rate(self, steps: int) -> float:
        """Reviews of the mean length trained a second over some steps: batches differ in length."""
        self._units, started = 0, time.perf_counter()
        for _ in range(steps):
            next(self._steps)
        return self._units / self._mean / (time.perf_counter() - started)


def matrix_rate(size: int, gates: int, batch: int) -> float:
    """Operations a second of torch's products in the shapes that a step's recurrence has."""
    import torch

    states, weights = torch.randn(batch, size), torch.randn(size, gates * size)  # [B, H], [H, G·H]
    repeats, started = 500, time.perf_counter()
    for _ in range(repeats):
        states @ weights
    return repeats * 2 * batch * size * gates * size / (time.perf_counter() - started)


def training_rows(data: Path, sizes: Sizes) -> list[Row]:
    """Our loop with and without adversarial training, the classic loop, and the limit."""
    import torch

    from nsmc.config.schema import Config
    from nsmc.data.cache import training_corpus
    from nsmc.data.corpus import Encoding
    from nsmc.tasks.registry import make_task

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    config = Config()
    corpus = training_corpus(
        data, Encoding(config.text, label_columns=make_task(config).label_columns())
    )
    rows = [row for cell in GATES for row in _rows_of_cell(cell, corpus, sizes)]
    torch.set_num_threads(threads)
    return rows


def _rows_of_cell(cell: str, corpus: "Corpus", sizes: Sizes) -> list[Row]:
    from nsmc.config.schema import load_config
    from nsmc.tasks.registry import make_task

    config = load_config(None, [f"model.cell={cell}"])
    plain = load_config(None, [f"model.cell={cell}", "training.adversarial_norm=0"])
    size, batch, gates = config.model.hidden_size, config.training.batch_size, GATES[cell]
    task = make_task(config)
    labels = task.corpus_targets(corpus)[:, 0]
    reviews = list(zip(corpus.units(), labels.astype(int).tolist(), strict=True))
    ours, adversarial = OurLoop(plain, corpus), OurLoop(config, corpus)
    classic = ClassicLoop(reviews, CLASSIC_BATCH, cell, size)
    ours.rate(1), adversarial.rate(1), classic.rate(1)  # the order of an epoch
    result = in_turn(
        sizes.repeats,
        {
            "plain": lambda: ours.rate(sizes.training_steps),
            "classic": lambda: classic.rate(2 * sizes.training_steps),
            "adversarial": lambda: adversarial.rate(sizes.training_steps),
            "products": lambda: matrix_rate(size, gates, batch),
        },
    )
    # Every input, and every state but the first, which is zero; both directions, every gate, a
    # multiplication and an addition each. A backward pass has two such products for every one of a
    # forward pass.
    products = 2 * float(corpus.lengths.mean()) - 1
    forward = 2 * 2 * gates * size * size * products
    times = median_ratio(result["classic"], result["plain"])
    name = f"Bi{cell.upper()} {size}"
    rows = [
        Row(
            f"training a {name}, reviews a second, without adversarial training",
            spread(result["plain"], "/s", 0),
            f"the classic loop {spread(result['classic'], '/s', 0)}",
            times,
            "at least 2 × as many",
            times >= 2,
            f"one thread; the classic: torchtext batches of {CLASSIC_BATCH}, packed, dense Adam",
            result,
        )
    ]
    for kind, passes in (("plain", 3), ("adversarial", 6)):
        shares = [
            rate * passes * forward / limit
            for rate, limit in zip(result[kind], result["products"], strict=True)
        ]
        share = median(shares)
        rows.append(
            Row(
                f"training a {name}, share of what matrix products allow, {kind}",
                f"{share:.0%}",
                f"{spread([v / 1e9 for v in result['products']], 'GFLOP/s', 0)}",
                share,
                "at least 60%",
                share >= 0.6,
                f"{median(result[kind]):,.0f} reviews/s of {passes * forward / 1e6:.1f} MFLOP each",
            )
        )
    return rows
