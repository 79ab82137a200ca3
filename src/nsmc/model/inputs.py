"""The tensors that a network of a config reads."""

from nsmc.config.model import ModelConfig
from nsmc.data.corpus import Corpus
from nsmc.data.fields import MorphemeField
from nsmc.tasks.task import Task


def field_for(corpus: Corpus, config: ModelConfig, task: Task) -> MorphemeField:
    """The field whose batches a `RecurrentNetwork` of this config and task takes."""
    wide = config.wide
    return MorphemeField(
        corpus,
        config.subword_buckets,
        letters=config.subword_letters,
        grams=(wide.longest, wide.buckets) if wide.buckets and task.head == "pooled" else None,
        adds_eos=task.adds_eos,
    )
