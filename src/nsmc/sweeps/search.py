"""The trials of a search: Optuna draws their fields, the later ones near what went well.

The study is an SQLite file beside the trainings, which other programs of Optuna open as well; the
process that leads the sweep alone writes it. The sampler is seeded anew for each trial by its
number, so a search that was killed and goes on draws what it would have drawn, as long as trials
are trained one after another: of several at a time, those that end first decide what the next
learns from.
"""

import contextlib
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nsmc.config.schema import Config
from nsmc.errors import UsageError
from nsmc.messages.translate import tr
from nsmc.storage.files import real_path
from nsmc.sweeps.outcomes import Outcome, SweepResult, is_comparable, read_histories
from nsmc.sweeps.sweep_file import Range, Sweep
from nsmc.sweeps.trials import Ended, Record, Training, Trial
from nsmc.sweeps.variants import Variant, variant
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from optuna import Study
    from optuna import Trial as Drawn
    from optuna.trial import FrozenTrial

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


class SearchTrials:
    """The source of the trials of a search, after those of an earlier call.

    A trial is trained with each of the ``seeds``, if there are any; its loss is their mean. The
    study is in the directory of ``training``.

    Raises:
        UsageError: the sweep differs from the one that was begun there, or can't be searched.
        ModuleNotFoundError: Optuna isn't there.
    """

    def __init__(
        self,
        config: Config,
        sweep: Sweep,
        seeds: Sequence[int],
        training: Training,
        deadline: float | None,
        say: Callable[[str], None],
    ) -> None:
        self.deadline = deadline
        self._config, self._sweep, self._seeds = config, sweep, seeds
        self._training, self._say = training, say
        self._check()
        with _quiet():
            self._study = self._open()
        self._interrupted = [trial.number for trial in self._trials("RUNNING")]
        """Those that an earlier call has left."""
        self._outcomes: dict[str, Outcome] = {}
        """Those trained, by what was drawn."""
        self._recall()
        self._drawn: dict[str, tuple[Drawn, dict[str, Any]]] = {}
        """What is trained now, by the trial's name."""
        self._same: dict[str, list[int]] = {}
        """By what was drawn, numbers of trials that wait for the loss of another."""
        self._result = SweepResult()
        self._repeated = self._failed = 0
        self._is_over = False

    def next(self) -> Trial | None:
        """The next that was cut short, else a new one; None if there are enough or no new ones."""
        while not self._is_over and self._repeated < REPEATS:
            with _quiet():
                drawn = self._draw()
            if drawn is None:
                break
            one, setting = drawn
            name, key = _name(one.number), repr(setting)
            if same := self._named(key):
                self._say(tr("{name}: the same as {other}", name=name, other=same))
                self._repeated += 1
                if key in self._outcomes:
                    self._study.tell(one.number, self._outcomes[key].loss)
                else:
                    self._same.setdefault(key, []).append(one.number)
                continue
            self._repeated = 0
            self._drawn[name] = one, setting
            trials = self._sweep.options.trials
            return Trial(
                name,
                tr("{number} of {count}", number=one.number + 1, count=trials)
                if trials
                else str(one.number + 1),
                self._variant(name, setting).configs,
                note=" ".join(f"{field}={value}" for field, value in setting.items()),
            )
        self._is_over = True  # or each call to come would draw as many again
        return None

    def epoch_done(self, trial: Trial, place: str, record: Record) -> bool:
        """Whether the trial is worth another epoch; its first seed decides."""
        if not self._sweep.options.prune or place != next(iter(trial.configs)):
            return True
        drawn, _ = self._drawn[trial.name]
        with _quiet():
            drawn.report(record["validation_loss"], record["epoch"])
            return record["epoch"] >= self._config.training.epochs or not drawn.should_prune()

    def end(self, trial: Trial, ended: Ended) -> None:
        """Tell the study; what was cut short or lost stays there as running, for another call.

        Raises:
            Exception: of a trial that is broken, or when `FAILURES` in a row have failed.
        """
        from optuna.trial import TrialState

        drawn, setting = self._drawn.pop(trial.name)
        numbers = [drawn.number, *self._same.pop(repr(setting), [])]
        if ended.how == "broken" and ended.error:
            raise ended.error
        if ended.how in ("pruned", "failed"):
            how: Any = ended.how
            OutputDirectory(self._training.parent / ended.place).record_stop(how)
            state = TrialState.PRUNED if how == "pruned" else TrialState.FAIL
            for number in numbers:
                self._study.tell(number, state=state)
            if ended.error:
                self._say(tr("{title} failed: {error}", title=trial.name, error=ended.error))
            else:
                self._say(tr("{name}: pruned", name=trial.name))
            self._failed = self._failed + 1 if ended.error else 0
            if self._failed == FAILURES and ended.error:
                raise ended.error
        elif ended.how == "trained":
            outcome = self._outcome(trial.name, setting)
            self._outcomes[repr(setting)] = outcome
            self._failed = 0
            for number in numbers:
                self._study.tell(number, outcome.loss)
        elif ended.error:
            self._result.lost.append(trial.name)
            title = f"{trial.title}, {trial.name}"
            self._say(tr("{title} is left out: {error}", title=title, error=ended.error))
        self._result.out_of_time |= ended.how == "out of time"

    def result(self) -> SweepResult:
        """What came of the trials that were trained to their end."""
        self._result.outcomes = list(self._outcomes.values())
        return self._result

    def _check(self) -> None:
        """Refuse values that no config takes, before anything is trained.

        Raises:
            UsageError: one of them.
        """
        for name, values in self._sweep.fields.items():
            if name == "training.seed" or not is_comparable(name, self._config.task):
                raise UsageError(
                    "{name} can't be searched: with other values of it, losses don't compare; "
                    "use --seeds for seeds, or a grid, which has neither ranges nor trials",
                    name=name,
                )
            ends = [values.low, values.high] if isinstance(values, Range) else values
            for value in ends:
                variant(self._config, "", {name: value})

    def _open(self) -> "Study":
        """Open the study, or begin it.

        Raises:
            UsageError: it was begun with something else.
        """
        import optuna
        from optuna.storages import RDBStorage

        data, options = self._training.data, self._sweep.options
        record = {
            "config": self._config.to_dict(),
            "fields": {
                name: values if isinstance(values, list) else vars(values)
                for name, values in self._sweep.fields.items()
            },
            "seeds": list(self._seeds),
            "data": None if data is None else str(real_path(data)),
            "sweep.seed": options.seed,
            "sweep.prune": options.prune,
        }
        parent = self._training.parent
        study = optuna.create_study(
            study_name="nsmc",
            storage=RDBStorage(f"sqlite:///{parent / STUDY}"),
            load_if_exists=True,
            pruner=optuna.pruners.MedianPruner(n_startup_trials=NOT_PRUNED),
        )
        begun = study.user_attrs.get(RECORD)
        if begun is None:
            study.set_user_attr(RECORD, record)
        elif changed := [name for name, value in record.items() if begun.get(name) != value]:
            raise UsageError(
                "{path} holds a search that was begun with another {changed}; name another "
                "--output. Only sweep.trials and sweep.minutes may change",
                path=parent,
                changed=", ".join(changed),
            )
        return study

    def _recall(self) -> None:
        """Find the trials that were trained before."""
        for trial in self._trials("COMPLETE"):
            setting = {name: trial.params[name] for name in self._sweep.fields}
            name = _name(trial.number)
            # Else it is one that was there before.
            places = self._places(name, setting)
            if all(place.has_ended() for place in places):
                for place in places:
                    self._training.check_reviews(place)
                self._outcomes[repr(setting)] = self._outcome(name, setting)

    def _trials(self, state: str) -> "list[FrozenTrial]":
        """The study's trials of a state."""
        from optuna.trial import TrialState

        return self._study.get_trials(deepcopy=False, states=(TrialState[state],))

    def _draw(self) -> "tuple[Drawn, dict[str, Any]] | None":
        """A trial with its values: of one that was cut short, those that it had."""
        import optuna

        options, trials = self._sweep.options, self._study.get_trials(deepcopy=False)
        number = self._interrupted[0] if self._interrupted else len(trials)
        if not self._interrupted and options.trials and number >= options.trials:
            return None
        if self.deadline is not None and time.time() >= self.deadline:
            self._result.out_of_time = True
            return None
        # Its own numbers for each trial, whatever was drawn before in this process.
        seed = (options.seed * SPREAD + number) % 2**32
        # What is trained now counts as bad, or several at a time would draw nearly the same.
        self._study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
        if self._interrupted:
            drawn = optuna.Trial(self._study, trials[self._interrupted.pop(0)]._trial_id)
        else:
            drawn = self._study.ask()
        return drawn, {name: self._suggest(drawn, name) for name in self._sweep.fields}

    def _suggest(self, drawn: "Drawn", name: str) -> Any:
        values = self._sweep.fields[name]
        if not isinstance(values, Range):
            return drawn.suggest_categorical(name, values)
        low, high, step, log = values.low, values.high, values.step, values.log
        if isinstance(low, int) and isinstance(high, int):
            return drawn.suggest_int(name, low, high, step=int(step) or 1, log=log)
        return drawn.suggest_float(name, low, high, step=step or None, log=log)

    def _named(self, key: str) -> str | None:
        """The trial that has what was drawn, done or going on; None if it is new."""
        if key in self._outcomes:
            return self._outcomes[key].name
        return next((name for name, (_, one) in self._drawn.items() if repr(one) == key), None)

    def _variant(self, name: str, setting: dict[str, Any]) -> Variant:
        return variant(self._config, name, setting, self._seeds)

    def _places(self, name: str, setting: dict[str, Any]) -> list[OutputDirectory]:
        configs = self._variant(name, setting).configs
        return [OutputDirectory(self._training.parent / place) for place in configs]

    def _outcome(self, name: str, setting: dict[str, Any]) -> Outcome:
        return Outcome(name, setting, read_histories(self._places(name, setting)))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Let Optuna say no more than its warnings, and not that what is asked of it is new."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _name(number: int) -> str:
    return f"trial-{number:03}"
