"""Who trains the trials of a sweep: this process, or several on this machine."""

import contextlib
import os
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nsmc.sweeps.trials import (
    TRIES,
    Ended,
    Observer,
    Record,
    Training,
    Trial,
    TrialSource,
    Watch,
    train_trial,
)
from nsmc.workers import Worker, first_ready, ignore_interrupts, starting

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def in_this_process(source: TrialSource, training: Training, observer: Observer) -> None:
    """Train one trial after another here: an `Executor`."""
    while trial := source.next():
        link = _Direct(source, trial, observer)
        source.end(trial, train_trial(trial, training, source.deadline, link))


@dataclass(frozen=True)
class _Direct:
    """No way at all: the sweep is led by the process that trains."""

    source: TrialSource
    trial: Trial
    observer: Observer

    def say(self, text: str) -> None:
        self.observer.say(text)

    def epoch(self, place: str, record: Record) -> bool:
        return self.source.epoch_done(self.trial, place, record)

    def watch(self) -> Watch:
        return self.observer.watch()


@dataclass(frozen=True)
class InProcesses:
    """Train several trials at a time, each in a process of this machine: an `Executor`.

    A trial whose process dies goes on in another, `TRIES` times in all. Ctrl-C ends all of them,
    and so does the death of this process, even by SIGKILL.
    """

    jobs: int
    """Processes at most."""
    devices: Sequence[str]
    """For the processes in turn, in place of the training's."""

    def __call__(self, source: TrialSource, training: Training, observer: Observer) -> None:
        """Train them.

        Raises:
            Exception: what `TrialSource.end` raises.
        """
        pool = _Pool(source, training, observer, self.devices)
        try:
            while pool.hand_out(self.jobs):
                pool.take()
        finally:
            pool.end()


@dataclass
class _Busy:
    """A trial and the process that does it."""

    worker: Worker
    number: int
    trial: Trial
    tries: int


class _Pool:
    """Processes that train, and what each of them is at."""

    def __init__(
        self, source: TrialSource, training: Training, observer: Observer, devices: Sequence[str]
    ) -> None:
        self._source, self._training, self._observer = source, training, observer
        self._devices = devices
        self._busy: dict[Connection, _Busy] = {}
        self._idle: list[tuple[int, Worker]] = []
        self._again: list[tuple[Trial, int]] = []
        """Trials whose process has died, and how often they were begun."""

    def hand_out(self, jobs: int) -> bool:
        """Give trials to processes until ``jobs`` of them are busy; False if none is."""
        while len(self._busy) < jobs:
            if self._again:
                trial, tries = self._again.pop()
            elif new := self._source.next():
                trial, tries = new, 0
            else:
                break
            self._give(trial, tries + 1)
        return bool(self._busy)

    def _give(self, trial: Trial, tries: int) -> None:
        if self._idle:
            number, worker = self._idle.pop()
            self._busy[worker.pipe] = _Busy(worker, number, trial, tries)
        else:
            taken = {one.number for one in self._busy.values()}
            number = next(n for n in range(len(taken) + 1) if n not in taken)
            device = self._devices[number % len(self._devices)]
            with starting():
                # Not as a daemon: to tokenize, it starts processes of its own.
                worker = Worker(_work, replace(self._training, device=device), daemon=False)
                self._busy[worker.pipe] = _Busy(worker, number, trial, tries)
        with _unless_dead():
            worker.pipe.send((trial, self._source.deadline))

    def take(self) -> None:
        """Wait for a message of a process, and answer it."""
        pipe = first_ready(list(self._busy))
        one = self._busy[pipe]
        try:
            message = pipe.recv()
        except (EOFError, ConnectionResetError):
            del self._busy[pipe]
            self._died(one)
            return
        if isinstance(message, str):
            self._observer.say(message)
        elif isinstance(message, Ended):
            del self._busy[pipe]
            self._idle.append((one.number, one.worker))
            self._source.end(one.trial, message)
        else:
            place, record = message
            self._observer.epoch(place, one.trial.configs[place], record)
            goes_on = self._source.epoch_done(one.trial, place, record)
            with _unless_dead():
                pipe.send(goes_on)

    def _died(self, one: _Busy) -> None:
        how = one.worker.died()
        if one.tries < TRIES:
            self._observer.say(one.trial.begun_again(how))
            self._again.append((one.trial, one.tries))
        else:
            self._source.end(one.trial, Ended.died(how))

    def end(self) -> None:
        """End all processes: what they were at has its last checkpoint."""
        for worker in (*(one.worker for one in self._busy.values()), *(w for _, w in self._idle)):
            worker.end()


def _unless_dead() -> contextlib.AbstractContextManager[None]:
    """Send to a process that may have died, which is noticed when it is heard."""
    return contextlib.suppress(BrokenPipeError, ConnectionResetError)


class _Pipe:
    """The way from a process that trains, by a pipe."""

    def __init__(self, pipe: "Connection") -> None:
        self._pipe = pipe

    def say(self, text: str) -> None:
        self._pipe.send(text)

    def epoch(self, place: str, record: Record) -> bool:
        self._pipe.send((place, record))
        return bool(self._pipe.recv())

    def watch(self) -> None:
        return None


def _work(pipe: "Connection", training: Training) -> None:
    """Train what comes through a pipe until the parent ends this process."""
    ignore_interrupts()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            trial, deadline = pipe.recv()
        except EOFError:
            return
        try:
            ended = train_trial(trial, training, deadline, _Pipe(pipe))
        except Exception as error:
            # Its traceback doesn't travel; to see it is to see the mistake.
            error.add_note(traceback.format_exc())
            ended = Ended("broken", error)
        pipe.send(ended)


def _end_with_parent() -> None:
    """End this process with its parent: a training that nobody leads would keep its directory."""
    import multiprocessing

    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
