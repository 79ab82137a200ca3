"""Ray Tune trains the trials of a sweep, on the nodes of a cluster.

What is trained next, and what is pruned, is decided where the sweep is led, as without Ray: Tune
asks for it by a searcher and a scheduler of its own kinds. It places the trials, and begins one
again whose process has died; the trial then goes on from its checkpoint. The results are in the
sweep's directory, which must have the same path on every node.
"""

import logging
import os
import shutil
import sys
import traceback
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher
from ray.tune.stopper import Stopper

from nsmc.errors import UsageError
from nsmc.ray.cluster import connect, gpus, room
from nsmc.sweeps.trials import (
    TRIES,
    Ended,
    Observer,
    Record,
    Training,
    Trial,
    TrialSource,
    train_trial,
)

MESSAGE = "nsmc"
"""The name of the `_Report` in what a trial reports to Tune."""
NOTES = ".ray"
"""Where Tune keeps what it needs during one call, in the sweep's directory."""
SETTINGS = {
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",  # a process that has died is said in a line
    "RAY_AIR_NEW_OUTPUT": "0",  # the new one prints although it is told not to
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # the trainings write their metrics themselves
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is answered by the command
}


@dataclass(frozen=True)
class _Report:
    """What was said since the last one, and the place and record of an epoch, or the end."""

    said: list[str]
    message: Ended | tuple[str, Record]


@dataclass(frozen=True)
class ByRayTune:
    """Train the trials on a cluster: an `Executor`.

    The cluster is the one that this process is connected to, else that of ``RAY_ADDRESS``, else
    this machine.
    """

    jobs: int | None = None
    """Trials at a time; None is as many as the cluster has room for. More than it has GPUs share
    these."""
    cpus: int = 1
    """Cores of a trial."""

    def __call__(self, source: TrialSource, training: Training, observer: Observer) -> None:
        """Train them.

        Raises:
            UsageError: a device that the cluster can't choose.
            NsmcError: there is no cluster.
            Exception: what `TrialSource.end` raises.
        """
        if training.device not in ("auto", "cpu", "cuda"):
            raise UsageError(
                "with --engine ray each training takes the GPU that Ray gives it: expected "
                "--device auto, cpu or cuda, found {device!r}",
                device=training.device,
            )
        ours = not ray.is_initialized()
        connect()
        lead = _Lead(source, training, observer)
        try:
            self._fit(lead, training)
        finally:
            # What it knows of the trials is in their directories, too.
            shutil.rmtree(training.parent / NOTES, ignore_errors=True)
            if ours:
                ray.shutdown()  # and with it every trial, should Ctrl-C have come
        if lead.error:
            raise lead.error

    def _fit(self, lead: "_Lead", training: Training) -> None:
        share = 0.0
        if training.device != "cpu" and (there := gpus()):
            share = min(1.0, there / self.jobs) if self.jobs else 1.0
        most = room(share, self.cpus)
        directory = Path.cwd()

        def trainable(config: dict[str, Any]) -> None:
            _run(training, directory, config)

        os.environ.update(SETTINGS)
        tuner = tune.Tuner(
            tune.with_resources(trainable, {"cpu": self.cpus, "gpu": share}),
            tune_config=tune.TuneConfig(
                search_alg=_Searcher(lead),
                scheduler=_Scheduler(lead),
                num_samples=-1,
                max_concurrent_trials=min(self.jobs or most, most),
                trial_dirname_creator=lambda trial: trial.trial_id,
            ),
            run_config=tune.RunConfig(
                name="tune",
                storage_path=str(training.parent / NOTES),
                stop=_Stopper(lead),
                failure_config=tune.FailureConfig(max_failures=TRIES - 1),
                callbacks=[_Recovery(lead)],
                verbose=0,
            ),
        )
        logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # what it says is said here
        with redirect_stdout(sys.stderr):  # results alone go to standard output
            tuner.fit()


@dataclass
class _Lead:
    """The sweep, as Tune's parts see it, by Tune's names of the trials."""

    source: TrialSource
    training: Training
    observer: Observer
    trials: dict[str, Trial] = field(default_factory=dict)
    ended: dict[str, Ended] = field(default_factory=dict)
    error: Exception | None = None
    """What ends the sweep; Tune would swallow it."""

    def next(self, name: str) -> Trial | None:
        """A trial for a name."""
        if self.error is None:
            try:
                if trial := self.source.next():
                    self.trials[name] = trial
                    return trial
            except Exception as error:
                self.error = error
        return None

    def goes_on(self, name: str, report: _Report) -> bool:
        """Take a report of a trial; False if it is to end."""
        trial = self.trials[name]
        for text in report.said:
            self.observer.say(text)
        if isinstance(report.message, Ended):
            self.ended[name] = report.message
            return False
        place, record = report.message
        self.observer.epoch(place, trial.configs[place], record)
        if self.source.epoch_done(trial, place, record):
            return True
        self.ended[name] = Ended("pruned", place=place)
        return False

    def end(self, name: str) -> None:
        """Take the end of a trial."""
        trial = self.trials.pop(name)
        try:
            self.source.end(trial, self.ended.pop(name, Ended.died("Ray")))
        except Exception as error:
            self.error = self.error or error


class _Searcher(Searcher):  # type: ignore[misc]
    """Tells Tune what comes next."""

    def __init__(self, lead: _Lead) -> None:
        super().__init__()
        self._lead = lead

    def suggest(self, trial_id: str) -> Any:
        trial = self._lead.next(trial_id)
        return {"trial": trial, "deadline": self._lead.source.deadline} if trial else self.FINISHED

    def on_trial_complete(self, trial_id: str, result: Any = None, error: bool = False) -> None:
        self._lead.end(trial_id)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the sweep's directory holds what another call needs."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as above."""


class _Scheduler(FIFOScheduler):  # type: ignore[misc]
    """Lets Tune end the trials that have ended or are pruned."""

    def __init__(self, lead: _Lead) -> None:
        super().__init__()
        self._lead = lead

    def on_trial_result(self, tune_controller: Any, trial: Any, result: Any) -> Any:
        goes_on = self._lead.goes_on(trial.trial_id, result[MESSAGE])
        return TrialScheduler.CONTINUE if goes_on else TrialScheduler.STOP


class _Stopper(Stopper):  # type: ignore[misc]
    """Ends all trials after an error."""

    def __init__(self, lead: _Lead) -> None:
        self._lead = lead

    def __call__(self, trial_id: str, result: Any) -> bool:
        return False

    def stop_all(self) -> bool:
        return self._lead.error is not None


class _Recovery(tune.Callback):  # type: ignore[misc]
    """Says that a trial is begun again."""

    def __init__(self, lead: _Lead) -> None:
        self._lead = lead

    def on_trial_recover(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        self._lead.observer.say(self._lead.trials[trial.trial_id].begun_again("Ray"))


def _run(training: Training, directory: Path, config: dict[str, Any]) -> None:
    """Train a trial in a process of Tune; paths in a config are from ``directory``."""
    if directory.is_dir():
        os.chdir(directory)
    link = _Reports()
    try:
        ended = train_trial(config["trial"], training, config["deadline"], link)
    except Exception as error:
        error.add_note(traceback.format_exc())
        ended = Ended("broken", error)
    link.send(ended)


class _Reports:
    """The way from a process of Tune: each report waits until Tune lets the trial go on."""

    def __init__(self) -> None:
        self._said: list[str] = []

    def say(self, text: str) -> None:
        self._said.append(text)

    def epoch(self, place: str, record: Record) -> bool:
        self.send((place, record))
        return True  # else Tune has ended this thread

    def watch(self) -> None:
        return None

    def send(self, message: Ended | tuple[str, Record]) -> None:
        said, self._said = self._said, []
        tune.report({MESSAGE: _Report(said, message)})
