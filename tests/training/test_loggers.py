"""Metrics for TensorBoard and MLflow, read back by their own readers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nsmc.config.schema import load_config
from nsmc.errors import UsageError
from nsmc.training.api import train
from nsmc.training.loggers import STEPS, check_loggers
from tests.training.conftest import interrupted

TINY = load_config(
    None,
    [
        *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "training.epochs=4"),
        *("model.embedding_size=4", "model.hidden_size=4", "model.subword_buckets=16"),
        *("training.adversarial_norm=0", "training.batch_size=1", "training.patience=0"),
        "training.checkpoint_steps=10",
    ],
)
NOUNS = ("배우", "연기", "대사", "음악", "결말", "각본", "연출", "화면", "주인공", "장면")
DATA = (
    [f"{noun} {word}" for noun in NOUNS for word in ("최고", "멋짐", "최악", "지루함")],
    [1, 1, 0, 0] * len(NOUNS),
)
EPOCH = 32
"""Steps: a fifth of the 40 comments validates."""
Logged = dict[str, list[tuple[int, float]]]
"""Names to steps and values, in the order in which they come."""


class Kept:
    """A logger of one's own."""

    def __init__(self) -> None:
        self.logged: Logged = {}
        self.closed = 0

    def log(self, step: int, metrics: Mapping[str, float]) -> None:
        for name, value in metrics.items():
            self.logged.setdefault(name, []).append((step, value))

    def close(self) -> None:
        self.closed += 1


def trained_to(at: int, output: Path, **options: Any) -> None:
    """Train to so many steps."""
    interrupted(lambda counters: counters.step == at, TINY, data=DATA, output=output, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What a training that nothing interrupts logs."""
    logger = Kept()
    output = tmp_path_factory.mktemp("whole") / "run"
    trained = train(TINY, data=DATA, output=output, device="cpu", log_to=[logger])
    for part in ("train", "validation"):
        for name in ("loss", "accuracy"):
            records = [(r["step"], r[f"{part}_{name}"]) for r in trained.metrics["history"]]
            assert logger.logged[f"{part}/{name}"] == records
    assert logger.closed == 1
    return logger


def test_a_logger_of_ones_own(whole: Kept, tmp_path: Path) -> None:
    assert [step for step, _ in whole.logged["learning_rate"]] == [32, 64, 96, 128]
    assert [step for step, _ in whole.logged["step/loss"]] == [50, 100]
    assert all(0 < loss < 5 for _, loss in whole.logged["step/loss"])
    assert {name for name in whole.logged if name.startswith("step/")} == {
        *("step/loss", "step/accuracy")
    }
    cut = Kept()
    trained_to(40, tmp_path / "run", log_to=[cut])
    assert cut.closed == 1
    assert cut.logged["validation/loss"] == whole.logged["validation/loss"][:1]


def test_the_steps_of_two_epochs_are_means_of_their_own(whole: Kept) -> None:
    """At step 50, 18 steps of the second epoch; at step 100, 4 of the fourth."""
    assert STEPS == 50
    for _, accuracy in whole.logged["step/accuracy"]:
        assert 0 <= accuracy <= 1
    (_, first), (_, second) = whole.logged["step/accuracy"]
    assert (first * 18) == pytest.approx(round(first * 18))
    assert (second * 4) == pytest.approx(round(second * 4))


@pytest.mark.slow
@pytest.mark.parametrize("at", [7, 47, 57, 65])
def test_tensorboard_reads_each_step_once_after_an_interruption(
    at: int, whole: Kept, tmp_path: Path
) -> None:
    """Before a checkpoint, amid an epoch, after what was logged and at an epoch's end."""
    pytest.importorskip("tensorboard", reason="needs the extra tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    trained_to(at, tmp_path / "run", log_to=["tensorboard"])
    resumed = train(output=tmp_path / "run", resume=True, device="cpu", log_to="tensorboard")
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert tags["tensors"] == ["config/text_summary"]
    (config,) = events.Tensors("config/text_summary")
    assert b"model.cell = 'gru'" in config.tensor_proto.string_val[0]
    found = {
        name: [(event.step, event.value) for event in events.Scalars(name)]
        for name in tags["scalars"]
    }
    check_equal(found, whole.logged)
    assert len(resumed.metrics["history"]) == 4


def check_equal(found: Logged, expected: Logged) -> None:
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert [step for step, _ in found[name]] == [step for step, _ in values], name
        assert [value for _, value in found[name]] == pytest.approx([v for _, v in values]), name


@pytest.fixture
def _mlflow_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pytest.importorskip("mlflow", reason="needs the extra mlflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    levels = {name: logging.getLogger(name).level for name in ("mlflow", "alembic")}
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_mlflow_has_one_run_of_a_training_that_was_interrupted(
    whole: Kept, _mlflow_store: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trained_to(57, Path("run"), log_to=["mlflow"])
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("nsmc")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "KILLED"
    train(output="run", resume=True, device="cpu", log_to=["mlflow"], verbose=False)
    (run,) = client.search_runs([experiment.experiment_id])
    assert (run.info.status, run.info.run_name) == ("FINISHED", "run")
    assert run.data.params["model.cell"] == "gru"
    assert run.data.params["training.batch_size"] == "1"
    found = {
        name: [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, name)]
        for name in run.data.metrics
    }
    check_equal(found, whole.logged)
    assert "INFO" not in capfd.readouterr().err
    client._tracking_client.store._dispose_engine()


def test_what_cannot_be_written_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"expected tensorboard or mlflow or an object .* 'wandb'"):
        check_loggers(["wandb"])  # type: ignore[list-item]
    for name in ("tensorboard", "mlflow"):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ModuleNotFoundError, match=name):
            train(data=DATA, output=tmp_path / "run", log_to=[name])
    assert not (tmp_path / "run").exists()
