"""A head for new labels is fitted on what the network below gives, before anything is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

import nsmc
from nsmc.config.schema import Config, load_config
from nsmc.data.batches import EqualLengthIterator, make_dataset
from nsmc.errors import UsageError
from nsmc.inference.directory import open_model
from nsmc.model.inputs import field_for
from nsmc.model.network import RecurrentNetwork
from nsmc.model.pooling import pool
from nsmc.tasks.classes import Classes
from nsmc.training.linear_start import FOLDS, STATES, Features, fit_outputs, folds
from tests.training.conftest import interrupted

if TYPE_CHECKING:
    from nsmc.data.corpus import Corpus
    from tests.conftest import CorpusOf, Untrained

UNITS = ("영화", "음악", "연기", "재밌", "다", "좋", "는", "참", "별로", "네")


def config_of(buckets: int) -> Config:
    small = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=0")
    return load_config(None, ["task=classes", *small, f"model.wide.buckets={buckets}"])


class Table:
    """Reviews of random units, whose class is the first of three words that they hold."""

    def __init__(self, config: Config, corpus_of: "CorpusOf") -> None:
        rng = np.random.default_rng(0)
        reviews = [list(rng.choice(UNITS, rng.integers(3, 7))) for _ in range(200)]
        named = [next((u for u in UNITS[:3] if u in review), UNITS[2]) for review in reviews]
        self.numbers = np.array([UNITS.index(name) for name in named], np.float32)  # [R]
        self.task = Classes(config, {"classes": list(UNITS[:3])})
        self.corpus: Corpus = corpus_of(reviews)
        self.field = field_for(self.corpus, config.model, self.task)
        self.field.count_vocabulary(np.arange(200), config.data)
        torch.manual_seed(2)
        self.network = RecurrentNetwork(len(self.field.vocab), config.model, self.task)

    def batches(self, rows: Sequence[int]) -> EqualLengthIterator:
        dataset = make_dataset(self.field, np.array(rows), self.numbers[:, None])
        return EqualLengthIterator(dataset, 64, seed=None, device=torch.device("cpu"))

    def fit(self) -> str:
        training, held = self.batches(range(150)), self.batches(range(150, 200))
        return fit_outputs(self.network, self.task, training, held, self.corpus.morphemes)


def test_the_head_is_logistic_regression_on_the_pooled_states(
    corpus_of: "CorpusOf", monkeypatch: pytest.MonkeyPatch
) -> None:
    from sklearn.linear_model import LogisticRegression

    monkeypatch.setattr("nsmc.training.linear_start.PENALTIES", (3.0,))
    monkeypatch.setattr("nsmc.training.linear_start.STATES", STATES[-1:])
    made = Table(config_of(0), corpus_of)
    below = {k: v.clone() for k, v in made.network.state_dict().items() if "head" not in k}
    made.fit()
    for name, values in below.items():
        assert torch.equal(made.network.state_dict()[name], values), name
    parts: list[list[np.ndarray]] = [[], [], []]
    with torch.no_grad():
        for batch in made.batches(range(150)):
            encoded = made.network.encode(made.network.embed(batch.text))
            parts[0].append(pool(encoded, "max+mean", 2).numpy())
            parts[1].append(batch.label[:, 0].numpy())
            parts[2].append(made.network(batch.text).softmax(dim=1).numpy())
    states, numbers, ours = map(np.concatenate, parts)
    scaled = (states - states.mean(axis=0)) / (states.std(axis=0) + 1e-3)
    scaled /= states.shape[1] ** 0.5
    theirs = LogisticRegression(C=3.0, max_iter=1000, tol=1e-6).fit(scaled, numbers)
    np.testing.assert_allclose(ours, theirs.predict_proba(scaled), atol=0.01)


def test_ngrams_tell_what_the_states_do_not(corpus_of: "CorpusOf") -> None:
    alone, both = Table(config_of(0), corpus_of), Table(config_of(1 << 12), corpus_of)
    alone.fit()
    assert "n-grams" in both.fit()
    held = range(150, 200)
    with_states = alone.task.validate(alone.network, alone.batches(held))
    with_ngrams = both.task.validate(both.network, both.batches(held))
    assert with_ngrams.loss < with_states.loss
    assert with_ngrams.metric > 0.8
    assert both.network.wide is not None
    used = int((both.network.wide.weight != 0).any(dim=1).sum())
    assert 50 < used < 1 << 12  # of the n-grams there are, none besides


def test_folds_hold_each_review_once_with_its_own_ngrams() -> None:
    counts = torch.tensor([2, 0, 3, 1, 4, 2, 1])
    numbers = torch.arange(7)
    grams = torch.repeat_interleave(numbers, counts)
    features = Features(numbers[:, None].float(), grams, counts, numbers[:, None].float())
    apart = []
    for some, others in folds(features):
        for part in (some, others):
            rows = part.states[:, 0].long()
            assert torch.equal(part.grams, torch.repeat_interleave(rows, part.counts))
            assert torch.equal(part.counts, counts[rows])
            assert torch.equal(part.targets, part.states)
        assert len(some.counts) + len(others.counts) == 7
        apart += others.states[:, 0].tolist()
    assert sorted(apart) == list(range(7))
    assert FOLDS <= 7  # none was empty


def start_of(untrained: "Untrained") -> Path:
    return untrained(vocabulary=["<unk>", *UNITS])


def table_of_topics(place: Path) -> Path:
    rng = np.random.default_rng(1)
    lines = []
    for _ in range(120):
        topic, word = (str(rng.choice(["음악", "연기"])) for _ in range(2))
        word = topic if rng.random() < 0.6 else word  # nobody can be sure
        lines.append(f"{word} {' '.join(rng.choice(['참', '영화', '좋네', '별로'], 3))}\t{topic}")
    file = place / "topics.tsv"
    file.write_text("text\ttopic\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_training_with_new_labels_keeps_the_fit_if_no_epoch_is_better(
    untrained: "Untrained", tmp_path: Path
) -> None:
    fields = ["task=classes", "data.label_column=topic", "model.wide.buckets=4096"]
    ruinous = [*fields, "training.learning_rate=1"]
    config = nsmc.fine_tuning_config(start_of(untrained), overrides=ruinous)
    assert config.training.linear_start and config.model.exit.buckets == 0
    file = table_of_topics(tmp_path)
    whole = nsmc.train(config, data=file, output=tmp_path / "whole", device="cpu", verbose=False)
    assert whole.metrics["best_epoch"] == 0
    assert "fitted: the head" in whole.metrics["init_from"]["taken"]
    interrupted(lambda c: c.epoch == 1, config, data=file, output=tmp_path / "cut")
    resumed = nsmc.train(output=tmp_path / "cut", device="cpu", resume=True, verbose=False)
    assert resumed.metrics["init_from"] == whole.metrics["init_from"]
    second = open_model(resumed.model).weights()
    for name, values in open_model(whole.model).weights().items():
        np.testing.assert_array_equal(values, second[name])


def test_a_start_of_the_same_task_keeps_its_own_head(untrained: "Untrained") -> None:
    config = nsmc.fine_tuning_config(start_of(untrained))
    assert config.task == "sentiment" and not config.training.linear_start


def test_without_a_trained_network_there_is_nothing_to_fit_on() -> None:
    with pytest.raises(UsageError, match="linear_start needs a trained network"):
        load_config(None, ["training.linear_start=true"])
