"""Whole trainings in this process: what they learn, keep and refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load_file

import nsmc
from nsmc.config.schema import load_config
from nsmc.data.corpus import Corpus
from nsmc.data.fields import MorphemeField
from nsmc.errors import NsmcError
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import ModelDirectory, open_model
from nsmc.model.network import RecurrentNetwork
from nsmc.model.on_device import TorchNetwork
from nsmc.training.api import train
from nsmc.training.loop import EpochDone, StepDone
from nsmc.training.run import Event, Started
from nsmc.training.save import save_network
from nsmc.training.state import TrainingState
from tests.nsmc_files import read_nsmc, write_nsmc

if TYPE_CHECKING:
    from tests.conftest import CorpusOf

TINY = (
    "data.min_freq=1",
    "model.embedding_size=8",
    "model.hidden_size=8",
    "model.subword_buckets=100",
    "training.batch_size=8",
)


def sample_rows(sample: Path, start: int, end: int) -> list[tuple[str, int]]:
    return read_nsmc(sample / "ratings_train.txt")[start:end]


def written(directory: Path, rows: Sequence[tuple[str, int]]) -> Path:
    directory.mkdir()
    write_nsmc(directory / "ratings_train.txt", rows)
    return directory


@pytest.fixture(scope="module")
def few(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four dozen reviews."""
    return written(tmp_path_factory.mktemp("few") / "data", sample_rows(sample, 0, 48))


def history_of(output: Path) -> list[dict[str, Any]]:
    lines = (output / "history.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def weights_of(output: Path) -> dict[str, NDArray[Any]]:
    weights: dict[str, NDArray[Any]] = load_file(output / "model" / "weights.safetensors")
    return weights


def torch_scores(model: ModelDirectory, corpus: Corpus) -> list[float]:
    """Scores by the network that training uses, embedding and all, one review at a time."""
    network = RecurrentNetwork(len(model.vocabulary), model.config.model, model.task).eval()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in model.weights().items()})
    field = MorphemeField(corpus, model.config.model.subword_buckets)
    rows = {m: row for row, m in enumerate(model.vocabulary)}

    class Rows:
        """A vocabulary as the field asks it: the unknown morpheme's row for what it lacks."""

        def __getitem__(self, morpheme: str) -> int:
            return rows.get(morpheme, 0)

    field.use_vocabulary(Rows())
    with torch.inference_mode():
        logits = [network(field.process([row])) for row in range(len(corpus))]
    return [float(torch.sigmoid(logit.double())) for logit in logits]


@pytest.mark.slow
def test_overfits_a_few_reviews_and_scores_them_the_same_everywhere(
    sample: Path, tmp_path: Path, corpus_of: CorpusOf
) -> None:
    rows = sample_rows(sample, 100, 112)
    # Each four times: what validates has been seen too, so the best epoch is one that overfits.
    data = written(tmp_path / "data", rows * 4)
    config = load_config(
        None,
        [
            *(*TINY, "data.validation=0.1", "model.dropout=0", "model.embedding_dropout=0"),
            *("training.learning_rate=0.02", "training.epochs=12", "training.patience=0"),
        ],
    )
    trained = train(config, data=data, output=tmp_path / "run", device="cpu")
    best = history_of(tmp_path / "run")[trained.metrics["best_epoch"] - 1]
    assert best["train_accuracy"] == 1.0
    assert trained.metrics["validation"]["accuracy"] == 1.0

    texts = [text for text, _ in rows] + ["처음 보는 말이네", "ㅋㅋㅋㅋㅋ 👍", "재밋다"]
    classifier = nsmc.load(tmp_path / "run")
    predictions = classifier.predict(texts)
    for prediction, (_, label) in zip(predictions, rows, strict=False):
        assert prediction.label == ("positive" if label else "negative")
    scores = [prediction.score for prediction in predictions]
    assert min(scores) < 0.1
    assert max(scores) > 0.9
    # One by one as all together.
    assert [classifier.predict(t).score for t in texts] == pytest.approx(scores, abs=1e-5)
    # By torch, from the morphemes on and from the vectors on, as by numpy.
    model = open_model(tmp_path / "run")
    morphemes = [classifier.tokenizer(text) for text in texts]
    assert torch_scores(model, corpus_of(morphemes)) == pytest.approx(scores, abs=1e-5)
    on_torch = Classifier(model, network=TorchNetwork(model, "cpu"))
    assert [p.score for p in on_torch.predict(texts)] == pytest.approx(scores, abs=1e-5)


@pytest.mark.slow
def test_the_best_epoch_is_kept_and_patience_ends_a_training(few: Path, tmp_path: Path) -> None:
    states: list[dict[str, torch.Tensor]] = []

    def keep(event: Event, state: TrainingState) -> None:
        if isinstance(event, EpochDone):
            states.append({k: v.clone() for k, v in state.network.state_dict().items()})

    config = load_config(
        None,
        [
            *(*TINY, "data.validation=0.4", "training.learning_rate=0.1"),
            *("training.schedule=constant", "training.epochs=6", "training.patience=2"),
        ],
    )
    trained = train(config, data=few, output=tmp_path / "run", device="cpu", listen=keep)
    history = history_of(tmp_path / "run")
    losses = [record["validation_loss"] for record in history]
    best = trained.metrics["best_epoch"]
    assert losses.index(min(losses)) + 1 == best
    assert best + 2 < 6
    assert len(history) == len(states) == best + 2
    weights, expected = weights_of(tmp_path / "run"), states[best - 1]
    for name, value in expected.items():
        if name.startswith("head."):
            value = value / trained.metrics["temperature"]
        rounded = value.numpy().astype(weights[name].dtype)
        np.testing.assert_allclose(weights[name], rounded, rtol=1e-6, err_msg=name)
    last = states[-1]["encoder.weight_hh_l0"].numpy()
    assert not np.allclose(weights["encoder.weight_hh_l0"], last)


def test_a_loss_that_is_no_number_ends_without_a_model(few: Path, tmp_path: Path) -> None:
    # One step an epoch: its loss is fine, and then the step ruins the weights.
    once = written(tmp_path / "data", [("재밌다", 1), ("재미없다", 0)] * 4)
    # Of stars, since the square of 1e30 is infinite on any processor.
    stars = ("task=stars", "stars.column=label", "stars.low=0", "stars.high=1")
    config = load_config(None, [*TINY, *stars, "training.epochs=1", "training.learning_rate=1e30"])
    words = r"the loss is no longer a number after epoch 1; use a lower training\.learning_rate"
    for number, data in enumerate((few, once)):
        with pytest.raises(NsmcError, match=words):
            train(config, data=data, output=tmp_path / f"run{number}", device="cpu")
    assert not list(tmp_path.glob("run*/model"))


class _At:
    """A listener that interrupts the training when an event fits."""

    def __init__(self, kind: type[Event], when: int) -> None:
        self.kind, self.left = kind, when

    def __call__(self, event: Event, state: TrainingState) -> None:
        if isinstance(event, self.kind):
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt


CUT_FIELDS = (*TINY, "training.epochs=2", "training.checkpoint_steps=1", "data.validation=0.25")
CUT = load_config(None, CUT_FIELDS)


@pytest.fixture(scope="module")
def uncut(few: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """A training that nothing interrupts, and what its listener heard."""
    output = tmp_path_factory.mktemp("uncut") / "run"
    events: list[Event] = []

    def hear(event: Event, state: TrainingState) -> None:
        events.append(event)
        assert not (output / "curves.png").exists()  # drawn at the end

    train(CUT, data=few, output=output, device="cpu", listen=hear)
    return output, events


def test_tells_of_the_start_each_step_and_each_epoch(uncut: tuple[Path, list[Event]]) -> None:
    output, (started, *rest) = uncut
    assert isinstance(started, Started)
    assert (started.training, started.validation, started.epochs) == (36, 12, 2)
    assert started.resumed_at == 0
    for epoch in (1, 2):
        steps = [e for e in rest if isinstance(e, StepDone) and e.epoch == epoch]
        assert sum(step.reviews for step in steps) == 36
    assert [e.epoch for e in rest if isinstance(e, EpochDone)] == [1, 2]
    assert isinstance(rest[-1], EpochDone)
    names = {path.name for path in output.iterdir()} - {".lock"}
    assert names == {"recipe.json", "history.jsonl", "history.csv", "curves.png", "model", "last"}


@pytest.mark.slow
def test_another_seed_gives_other_weights(
    few: Path, uncut: tuple[Path, list[Event]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[bool] = []

    def hear(event: Event, state: TrainingState) -> None:
        if isinstance(event, EpochDone):
            drawn.append((tmp_path / "run" / "curves.png").exists())

    config = load_config(None, [*CUT_FIELDS, "training.seed=2"])
    # When the time between two pictures is over, an epoch's end draws the next.
    monkeypatch.setattr("nsmc.training.run.SECONDS_BETWEEN_PICTURES", 0)
    train(config, data=few, output=tmp_path / "run", device="cpu", listen=hear)
    assert drawn == [True, True]
    one, other = weights_of(uncut[0]), weights_of(tmp_path / "run")
    assert not np.array_equal(one["head.weight"], other["head.weight"])
    # The split is not the seed's: the same reviews validate.
    name = "embedding.words.weight"
    assert len(one[name]) == len(other[name])


@pytest.mark.parametrize(
    ("kind", "when"),
    [
        pytest.param(Started, 1, id="before the first step", marks=pytest.mark.slow),
        pytest.param(StepDone, 3, id="in the first epoch"),
        pytest.param(
            StepDone,
            0,
            id="after the last step of an epoch, before its end",
            marks=pytest.mark.slow,
        ),
        pytest.param(EpochDone, 1, id="between epochs", marks=pytest.mark.slow),
        pytest.param(EpochDone, 2, id="after the last epoch", marks=pytest.mark.slow),
    ],
)
def test_resumes_from_any_moment_to_the_same_model(
    few: Path,
    uncut: tuple[Path, list[Event]],
    tmp_path: Path,
    kind: type[Event],
    when: int,
) -> None:
    output, events = uncut
    if not when:
        when = sum(isinstance(e, StepDone) and e.epoch == 1 for e in events)
    with pytest.raises(KeyboardInterrupt):
        train(CUT, data=few, output=tmp_path / "cut", device="cpu", listen=_At(kind, when))
    train(output=tmp_path / "cut", resume=True, device="cpu")
    for name in ("weights.safetensors", "vocabulary.txt"):
        whole, cut = (place / "model" / name for place in (output, tmp_path / "cut"))
        assert cut.read_bytes() == whole.read_bytes(), name
    for one, other in zip(history_of(output), history_of(tmp_path / "cut"), strict=True):
        assert {**one, "seconds": 0} == {**other, "seconds": 0}


@pytest.mark.slow
def test_a_training_cut_while_its_first_model_is_written_resumes(
    few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*arguments: Any) -> None:
        save_network(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nsmc.training.run.save_network", cut)
        with pytest.raises(KeyboardInterrupt):
            train(CUT, data=few, output=tmp_path / "run", device="cpu")
    assert (tmp_path / "run" / "model").is_dir()
    # The model of its first epoch stands there, and yet the training hasn't ended.
    assert train(output=tmp_path / "run", resume=True, device="cpu").metrics["epochs"] == 2


@pytest.mark.slow
def test_other_reviews_are_not_resumed_with(few: Path, sample: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(few, data)
    with pytest.raises(KeyboardInterrupt):
        train(CUT, data=data, output=tmp_path / "run", device="cpu", listen=_At(StepDone, 2))
    words = (
        r"was started with other reviews than those in .*data \(expected SHA-256 .*…, found .*…\)"
    )
    shutil.copy(sample / "ratings_test.txt", data / "ratings_train.txt")
    with pytest.raises(NsmcError, match=words):
        train(output=tmp_path / "run", resume=True, device="cpu")
    with pytest.raises(NsmcError, match=words):
        train(data=data, output=tmp_path / "run", resume=True, device="cpu")
    # The same reviews elsewhere are the same.
    train(data=few, output=tmp_path / "run", resume=True, device="cpu")
