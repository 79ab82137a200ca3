"""A search: trainings whose fields Optuna draws, the later ones near what went well.

The study is an SQLite file beside the trainings, which other programs of Optuna open as well. The
sampler is seeded anew for each trial by its number, so a search that was killed and goes on draws
what it would have drawn.
"""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.config.schema import Config
from nsmc.errors import DeviceError, DivergedError, UsageError
from nsmc.training.output import OutputDirectory
from nsmc.training.several import (
    Budget,
    Outcome,
    Say,
    Train,
    is_comparable,
    read_history,
    train_one,
)
from nsmc.training.sweep_file import Range, Sweep
from nsmc.training.variants import Variant, variant

if TYPE_CHECKING:
    from optuna import Study, Trial

    from nsmc.training.run import Event, Listener
    from nsmc.training.state import TrainingState

STUDY = "study.db"
RECORD = "nsmc"
"""The study's attribute that holds what it was begun with."""
REPEATS = 20
"""Trials in a row that were there before, after which nothing is left to try."""
FAILURES = 5
"""Trials in a row that failed, after which something else is wrong."""
SPREAD = 1_000_003
"""Between the seeds of the sampler for two values of ``sweep.seed``."""
NOT_PRUNED = 5
"""Trials that have to be finished before one is pruned."""


def search(
    config: Config,
    parent: Path,
    sweep: Sweep,
    seeds: Sequence[int],
    data: Path | None,
    train: Train,
    say: Say,
) -> Iterator[Outcome]:
    """Train trial after trial below a directory; yields those that were trained to their end.

    The trials of an earlier call there count, and one that was cut short goes on.

    Args:
        config: what all have in common.
        parent: the directory; the study is in it.
        sweep: what is drawn, how often and for how long.
        seeds: of ``training.seed``, for each of which a trial is trained; its loss is their mean.
            None leaves the config's.
        data: the reviews; None are the official ones.
        train: trains a config.
        say: called with messages for a person.

    Raises:
        BudgetSpent: the time is over.
        UsageError: the sweep differs from the one that was begun there, or can't be searched.
        NsmcError: as `nsmc.train`; also where `FAILURES` trials in a row can't be trained.
        ModuleNotFoundError: Optuna isn't there.
    """
    _check(config, sweep)
    budget = Budget(sweep.options.minutes)
    with OutputDirectory(parent).claimed(), _quiet():
        study = _open(parent / STUDY, config, sweep, seeds, data)
        yield from _Search(study, config, parent, sweep, seeds, budget, train, say).outcomes()


def _check(config: Config, sweep: Sweep) -> None:
    """Refuse values that no config takes, before anything is trained.

    Raises:
        UsageError: one of them.
    """
    for name, values in sweep.fields.items():
        if name == "training.seed" or not is_comparable(name, config.task):
            raise UsageError(
                f"{name} can't be searched: with other values of it, losses don't compare; use "
                "--seeds for seeds, or a grid, which has neither ranges nor trials"
            )
        ends = [values.low, values.high] if isinstance(values, Range) else values
        for value in ends:
            variant(config, "", {name: value})


def _open(
    path: Path, config: Config, sweep: Sweep, seeds: Sequence[int], data: Path | None
) -> "Study":
    """Open the study, or begin it.

    Raises:
        UsageError: it was begun with something else.
    """
    import optuna
    from optuna.storages import RDBStorage

    record = {
        "config": config.to_dict(),
        "fields": {name: _plain(values) for name, values in sweep.fields.items()},
        "seeds": list(seeds),
        "data": None if data is None else str(data.resolve()),
        "sweep.seed": sweep.options.seed,
        "sweep.prune": sweep.options.prune,
    }
    study = optuna.create_study(
        study_name="nsmc",
        storage=RDBStorage(f"sqlite:///{path.resolve()}"),
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=NOT_PRUNED),
    )
    begun = study.user_attrs.get(RECORD)
    if begun is None:
        study.set_user_attr(RECORD, record)
    elif changed := [name for name, value in record.items() if begun.get(name) != value]:
        raise UsageError(
            f"{path.parent} holds a search that was begun with another {', '.join(changed)}; name "
            "another --output. Only sweep.trials and sweep.minutes may change"
        )
    return study


def _plain(values: list[Any] | Range) -> Any:
    return values if isinstance(values, list) else vars(values)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let Optuna say no more than its warnings."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


class _Search:
    """The state of a search."""

    def __init__(
        self,
        study: "Study",
        config: Config,
        parent: Path,
        sweep: Sweep,
        seeds: Sequence[int],
        budget: Budget,
        train: Train,
        say: Say,
    ) -> None:
        self._study, self._config, self._parent, self._sweep = study, config, parent, sweep
        self._seeds, self._budget, self._train, self._say = seeds, budget, train, say
        self._values: dict[str, Outcome] = {}
        """Those trained, by what was drawn."""

    def outcomes(self) -> Iterator[Outcome]:
        """Train, after those that an earlier call trained."""
        from optuna import TrialPruned
        from optuna.trial import TrialState

        self._recall()
        yield from self._values.values()
        failed = repeated = 0
        while repeated < REPEATS and (trial := self._next()):
            setting = {name: self._draw(trial, name) for name in self._sweep.fields}
            name = _name(trial.number)
            if earlier := self._values.get(repr(setting)):
                self._say(f"{name}: the same as {earlier.name}")
                self._study.tell(trial.number, earlier.loss)
                repeated += 1
                continue
            repeated = 0
            try:
                outcome = self._trained(trial, name, setting)
            except TrialPruned:
                self._say(f"{name}: pruned")
                self._study.tell(trial.number, state=TrialState.PRUNED)
                continue
            except (DivergedError, DeviceError) as error:
                self._study.tell(trial.number, state=TrialState.FAIL)
                failed += 1
                if failed == FAILURES:
                    raise
                self._say(f"{name} failed: {error}")
                continue
            failed = 0
            self._values[repr(setting)] = outcome
            self._study.tell(trial.number, outcome.loss)
            yield outcome

    def _recall(self) -> None:
        """Find the trials that were trained before."""
        from optuna.trial import TrialState

        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)):
            setting = {name: trial.params[name] for name in self._sweep.fields}
            one = self._variant(_name(trial.number), setting)
            places = [OutputDirectory(self._parent / name) for name in one.configs]
            if all(place.has_ended() for place in places):  # else it is one that was there before
                histories = [read_history(place) for place in places]
                self._values[repr(setting)] = Outcome(one.name, setting, histories)

    def _next(self) -> "Trial | None":
        """The trial that was cut short, else a new one; None if there are enough."""
        import optuna
        from optuna.trial import TrialState

        options, trials = self._sweep.options, self._study.get_trials(deepcopy=False)
        running = [trial for trial in trials if trial.state == TrialState.RUNNING]
        number = running[0].number if running else len(trials)
        # Its own numbers for each trial, whatever was drawn before in this process.
        seed = (options.seed * SPREAD + number) % 2**32
        self._study.sampler = optuna.samplers.TPESampler(seed=seed)
        if running:
            return optuna.Trial(self._study, running[0]._trial_id)
        if options.trials and len(trials) >= options.trials:
            return None
        self._budget.check()
        return self._study.ask()

    def _draw(self, trial: "Trial", name: str) -> Any:
        """A field's value; of a trial that was cut short, the one it had."""
        values = self._sweep.fields[name]
        if not isinstance(values, Range):
            return trial.suggest_categorical(name, values)
        low, high, step, log = values.low, values.high, values.step, values.log
        if isinstance(low, int) and isinstance(high, int):
            return trial.suggest_int(name, low, high, step=int(step) or 1, log=log)
        return trial.suggest_float(name, low, high, step=step or None, log=log)

    def _variant(self, name: str, setting: dict[str, Any]) -> Variant:
        return variant(self._config, name, setting, self._seeds)

    def _trained(self, trial: "Trial", name: str, setting: dict[str, Any]) -> Outcome:
        """Train a trial with each seed; the first decides whether it is pruned."""
        from optuna import TrialPruned

        histories = []
        trials = self._sweep.options.trials
        of_all = f" of {trials}" if trials else ""
        for number, (path, config) in enumerate(self._variant(name, setting).configs.items()):
            place = OutputDirectory(self._parent / path)
            shown = " ".join(f"{field}={value}" for field, value in setting.items())
            title = f"{trial.number + 1}{of_all}, {path}: {shown}"
            prunes = self._pruner(trial) if self._sweep.options.prune and not number else None
            budget, train, say = self._budget, self._train, self._say
            try:
                histories.append(train_one(config, place, budget, train, say, title, also=prunes))
            except (TrialPruned, DivergedError) as error:
                place.record_stop("pruned" if isinstance(error, TrialPruned) else "failed")
                raise
        return Outcome(name, setting, histories)

    def _pruner(self, trial: "Trial") -> "Listener":
        def listen(event: "Event", state: "TrainingState") -> None:
            import optuna

            from nsmc.training.loop import EpochDone

            if isinstance(event, EpochDone):
                trial.report(state.counters.history[-1]["validation_loss"], event.epoch)
                if event.epoch < self._config.training.epochs and trial.should_prune():
                    raise optuna.TrialPruned

        return listen


def _name(number: int) -> str:
    return f"trial-{number:03}"
