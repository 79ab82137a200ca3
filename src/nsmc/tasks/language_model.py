"""A language model: which unit comes next, at every place of a text (many-to-many).

With ``model.bidirectional`` there are two language models that share the embedding and the softmax:
one reads forwards, the other backwards, and neither sees what it has to predict (Peters et al.,
"Deep contextualized word representations", NAACL 2018, section 3.1).

Shapes: T units of a text with `EOS` at both ends, B texts, V rows of the vocabulary.
"""

import math
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nsmc.config.schema import Config
from nsmc.config.tasks import LanguageModelConfig
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.errors import UsageError
from nsmc.tasks.metrics import Metric
from nsmc.tasks.task import StepLoss, Task, Validated

if TYPE_CHECKING:
    from torch import Tensor

GROUPS = 4
"""The second group of an adaptive softmax has this many times the units of the first."""
REDUCTION = 4
"""Each further group is predicted from this many times fewer numbers, at least `FEWEST`; 4 is Grave
et al.'s."""
FEWEST = 8


class LanguageModelTask(Task):
    """The next unit, cross-entropy, perplexity."""

    name = "language-model"
    metric = Metric("perplexity", "perplexity (a unit)", higher_is_better=False)
    head: ClassVar[Literal["pooled", "next-unit"]] = "next-unit"
    adds_eos = True

    def __init__(self, config: Config, state: Mapping[str, Any] | None = None) -> None:
        super().__init__(config, state)
        if config.model.conv.filters:
            raise UsageError(
                "configuration: a convolution would show a language model the unit that it has to "
                "predict: set model.conv.filters = 0 with task = 'language-model'"
            )
        if config.training.adversarial_norm:
            raise UsageError(
                "configuration: adversarial training is for tasks of one answer a text: set "
                "training.adversarial_norm = 0 with task = 'language-model'"
            )

    def label_columns(self) -> list[LabelColumnSpec]:
        """No labels."""
        return []

    def step_loss(self, network: Any, vectors: "Tensor", batch: Any) -> StepLoss:
        """An example is a unit, the boundary after a text included."""
        import torch

        rows = batch.text.words[batch.text.positions]  # [T, B]
        loss = network.head(network.encode(vectors), rows)  # []
        units = (len(rows) - 1) * rows.shape[1]
        tally = torch.stack([loss.detach() * units, loss.new_full((), units)])  # [2]
        return StepLoss(loss, units, tally)

    def scored(self, network: Any, batches: Iterable[Any]) -> "tuple[Tensor, ...]":
        """Of each batch, the sum of its losses and its number of units [batches, 2]."""
        import torch

        network.eval()
        sums = []
        with torch.inference_mode():
            for batch in batches:
                step = self.step_loss(network, network.embed(batch.text), batch)
                sums.append((float(step.loss) * step.examples, step.examples))
        return (torch.tensor(sums, dtype=torch.float64),)

    def validated(self, *scored: "Tensor") -> Validated:
        """The mean loss and the perplexity."""
        (sums,) = scored
        total, units = sums.sum(dim=0).tolist()
        return Validated(total / units, self.metric_value(total, units), int(units))

    def metric_value(self, total: float, count: float) -> float:
        """The perplexity a unit of ``count`` units whose losses sum to ``total`` nats."""
        return perplexity(total / count) if count else math.nan


def perplexity(loss: float) -> float:
    """exp of a mean loss in nats; infinite where a float ends."""
    try:
        return math.exp(loss)
    except OverflowError:
        return math.inf


def group_ends(vocabulary: int, options: LanguageModelConfig) -> list[int]:
    """Ends of the groups of rows that are predicted alike; the first group begins at row 0.

    The rows of a vocabulary of V are sorted by falling frequency. One group is a plain softmax,
    more are an adaptive one (Grave et al., "Efficient softmax approximation for GPUs", ICML 2017).
    """
    if vocabulary < options.adaptive_from:
        return [vocabulary]
    shortlist = options.shortlist
    return [end for end in (shortlist, (1 + GROUPS) * shortlist) if end < vocabulary] + [vocabulary]


def group_sizes(
    vocabulary: int, hidden: int, options: LanguageModelConfig
) -> list[tuple[int, int]]:
    """Units of each group of V, and the numbers that these are predicted from."""
    pairs = enumerate(pairwise([0, *group_ends(vocabulary, options)]))
    return [
        (end - start, hidden if not index else max(FEWEST, hidden // REDUCTION**index))
        for index, (start, end) in pairs
    ]
