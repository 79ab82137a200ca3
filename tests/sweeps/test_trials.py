"""The trainings of a trial, the time that they may take, and which setting is the best."""

from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nsmc.config.schema import Config, load_config
from nsmc.sweeps.executors import InProcesses, in_this_process
from nsmc.sweeps.outcomes import Outcome, best_of
from nsmc.sweeps.run import run_sweep
from nsmc.sweeps.sweep_file import read_sweep
from nsmc.sweeps.trials import Ended, Record, Training, Trial, train_trial
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from nsmc.training.run import Event
    from nsmc.training.state import TrainingState

TINY = load_config(
    None,
    [
        *("text.unit=syllable", "data.validation=0.2", "data.min_freq=1", "training.epochs=2"),
        *("model.embedding_size=4", "model.hidden_size=4", "model.subword_buckets=16"),
        *("training.adversarial_norm=0", "training.batch_size=4"),
    ],
)


class Link:
    """Hears of a training in this process; its clock shows 60 seconds for each step."""

    def __init__(self, prunes: bool = False) -> None:
        self.said: list[str] = []
        self.prunes, self.now, self.epochs = prunes, 0.0, 0

    def say(self, text: str) -> None:
        self.said.append(text)

    def epoch(self, place: str, record: Record) -> bool:
        self.epochs += 1
        return not self.prunes

    def watch(self) -> Link:
        return self

    def hear(self, event: Event, state: TrainingState) -> None:
        self.now = 60.0 * state.counters.step

    def tokenized(self, done: int, total: int) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def training(tmp_path: Path) -> Training:
    rows = [
        f"{noun} {word}\t{label}"
        for noun in ("배우", "연기", "대사", "음악")
        for word, label in (("최고", 1), ("최악", 0))
    ]
    data = tmp_path / "data.tsv"
    data.write_text("\n".join(["document\tlabel", *rows, ""]), "utf-8")
    return Training(tmp_path, data, device="cpu")


def test_a_training_that_the_time_ends_goes_on_from_its_last_step(training: Training) -> None:
    """It has the weights of one that nothing ended."""

    def trained(place: str, minutes: float | None) -> tuple[Ended, list[str]]:
        link, trial = Link(), Trial("t", "1 of 1", {place: TINY})
        deadline = None if minutes is None else 60 * minutes
        return train_trial(trial, training, deadline, link, lambda: link.now), link.said

    assert trained("whole", 9)[0].how == "trained"
    assert trained("cut", 3)[0].how == "out of time"
    cut = OutputDirectory(training.parent / "cut")
    assert max(path.name for path in cut.checkpoints.iterdir()) == "step-00000003"
    assert trained("cut", None)[0].how == "trained"
    name = Path("model", "weights.safetensors")
    assert (cut.path / name).read_bytes() == (training.parent / "whole" / name).read_bytes()
    # What is done takes no time; what isn't doesn't begin.
    ended, said = trained("cut", 0)
    assert (ended.how, said) == ("trained", ["1 of 1, cut: trained already"])
    assert trained("new", 0) == (Ended("out of time"), [])
    assert not (training.parent / "new").exists()


def test_a_pruned_trial_ends_with_its_epoch_and_begins_no_further_seed(training: Training) -> None:
    link, trial = Link(prunes=True), Trial("t", "1 of 1", {"one": TINY, "two": TINY})
    assert train_trial(trial, training, None, link) == Ended("pruned", place="one")
    assert link.epochs == 1
    assert len(OutputDirectory(training.parent / "one").history.read_text("utf-8").split("\n")) == 2
    assert not (training.parent / "two").exists()


def test_a_directory_in_use_is_left_to_who_uses_it(training: Training) -> None:
    trial = Trial("t", "1 of 1", {"one": TINY})
    with OutputDirectory(training.parent / "one").claimed():
        ended = train_trial(trial, training, None, Link())
    assert ended.how == "lost"
    assert "another training is writing into" in str(ended.error)


@pytest.mark.parametrize(
    ("field", "task", "best"),
    [
        ("model.cell", "sentiment", "b"),
        ("text.unit", "sentiment", "b"),
        ("text.unit", "language-model", None),
        ("data.min_freq", "language-model", None),
        ("data.validation", "sentiment", None),
    ],
)
def test_the_best_is_named_where_losses_compare(field: str, task: str, best: str | None) -> None:
    outcomes = [
        Outcome(name, {field: name}, histories)
        for name, histories in {
            "a": [[{"validation_loss": 0.5}, {"validation_loss": 0.4}], [{"validation_loss": 0.6}]],
            "b": [[{"validation_loss": 0.1}, {"validation_loss": 0.4}], [{"validation_loss": 0.8}]],
            "failed": [],
        }.items()
    ]
    found = best_of(outcomes, task)
    assert (found and found.name) == best
    assert [round(one.loss, 9) for one in outcomes[:2]] == [0.5, 0.45]


class Quiet:
    """Sees all trainings of a sweep and shows nothing."""

    def __init__(self) -> None:
        self.link = Link()

    def say(self, text: str) -> None:
        self.link.say(text)

    def epoch(self, place: str, config: Config, record: Record) -> None:
        """Only of trainings in other processes."""

    def watch(self) -> Link:
        return self.link


@pytest.mark.parametrize(
    ("file", "trials"),
    [
        ('[model]\ncell = ["gru", "rnn"]\n', 2),
        ("[sweep]\ntrials = 2\n[training]\nlearning_rate = {low = 0.001, high = 0.01}\n", 2),
    ],
    ids=["grid", "search"],
)
def test_a_sweep_is_done_once(training: Training, tmp_path: Path, file: str, trials: int) -> None:
    (tmp_path / "sweep.toml").write_text(file, encoding="utf-8")
    sweep = read_sweep(tmp_path / "sweep.toml")

    def run(observer: Quiet) -> list[list[Record]]:
        result = run_sweep(TINY, sweep, [1], training, in_this_process, observer)
        assert result.is_whole
        return [history for one in result.outcomes for history in one.histories]

    first, again = Quiet(), Quiet()
    histories = run(first)
    assert [len(history) for history in histories] == [2] * trials
    assert run(again) == histories
    assert first.link.now and not again.link.now  # nothing was trained again


class Killing(Quiet):
    """Kills the processes that train when it first hears of an epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def epoch(self, place: str, config: Config, record: Record) -> None:
        if not self.heard:
            for process in multiprocessing.active_children():
                process.kill()
        self.heard.append(place)


@pytest.mark.slow
def test_a_process_that_dies_leaves_its_trial_to_another(
    training: Training, tmp_path: Path
) -> None:
    """Each imports torch, which is most of this test's time."""
    (tmp_path / "sweep.toml").write_text('[model]\ncell = ["gru", "rnn"]\n', encoding="utf-8")
    sweep, observer, place = read_sweep(tmp_path / "sweep.toml"), Killing(), tmp_path / "apart"
    place.mkdir()
    apart = replace(training, parent=place)
    result = run_sweep(TINY, sweep, [1], apart, InProcesses(1, ["cpu"]), observer)
    alone = run_sweep(TINY, sweep, [1], training, in_this_process, Quiet())
    assert [one.loss for one in result.outcomes] == [one.loss for one in alone.outcomes]
    (died,) = [text for text in observer.link.said if "its process ended" in text]
    assert "(SIGKILL); it goes on in another" in died
    assert len(observer.heard) >= 4  # two epochs of either trial
