"""What the task of a language model is by itself: groups of units, what it refuses, perplexity."""

import math

import numpy as np
import pytest

from nsmc.config.schema import load_config
from nsmc.config.tasks import LanguageModelConfig
from nsmc.data.corpus import Corpus
from nsmc.errors import UsageError
from nsmc.tasks.language_model import LanguageModelTask, group_ends, group_sizes, perplexity
from nsmc.tasks.registry import make_task

OPTIONS = LanguageModelConfig(adaptive_from=50, shortlist=10)


def task(*overrides: str) -> LanguageModelTask:
    fields = ["task=language-model", "training.adversarial_norm=0", *overrides]
    made = make_task(load_config(None, fields))
    assert isinstance(made, LanguageModelTask)
    return made


@pytest.mark.parametrize(
    ("vocabulary", "ends"),
    [(2, [2]), (49, [49]), (50, [10, 50]), (51, [10, 50, 51]), (1000, [10, 50, 1000])],
)
def test_groups_hold_every_row_once(vocabulary: int, ends: list[int]) -> None:
    assert group_ends(vocabulary, OPTIONS) == ends
    assert sum(count for count, _ in group_sizes(vocabulary, 64, OPTIONS)) == vocabulary


def test_rarer_groups_are_predicted_from_fewer_numbers() -> None:
    assert group_sizes(1000, 128, OPTIONS) == [(10, 128), (40, 32), (950, 8)]
    assert group_sizes(1000, 16, OPTIONS) == [(10, 16), (40, 8), (950, 8)]


def test_a_convolution_and_adversarial_training_are_refused() -> None:
    with pytest.raises(UsageError, match=r"model\.conv\.filters = 0"):
        task("model.conv.filters=4")
    with pytest.raises(UsageError, match=r"training\.adversarial_norm = 0"):
        make_task(load_config(None, ["task=language-model"]))


def test_there_are_no_labels() -> None:
    none = np.empty(0, np.int32)
    corpus = Corpus(none, np.zeros(4, np.int64), {}, [], identity={}, source={"name": "texts.txt"})
    assert task().learn({}, "texts.txt").corpus_targets(corpus).shape == (3, 0)
    assert task().label_columns() == []


def test_the_figure_is_the_perplexity() -> None:
    assert task().metric_value(total=10 * math.log(8), count=10) == pytest.approx(8)
    assert math.isnan(task().metric_value(0.0, 0.0))
    assert perplexity(1e6) == math.inf
    assert not task().metric.higher_is_better
