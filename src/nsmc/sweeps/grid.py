"""The trials of seeds, or of every combination of a grid: a training each."""

import time
from collections.abc import Callable, Sequence

from nsmc.errors import DivergedError
from nsmc.messages.translate import tr
from nsmc.sweeps.outcomes import Outcome, SweepResult, read_histories
from nsmc.sweeps.trials import Ended, Record, Training, Trial, is_trained
from nsmc.sweeps.variants import Variant
from nsmc.training.output import OutputDirectory


class GridTrials:
    """The source of the trials of some settings: those that no earlier call has trained.

    Raises:
        UsageError: one was trained there with another config.
    """

    def __init__(
        self,
        variants: Sequence[Variant],
        training: Training,
        deadline: float | None,
        say: Callable[[str], None],
    ) -> None:
        self.deadline = deadline
        self._variants, self._training, self._say = variants, training, say
        self._result = SweepResult()
        jobs = [job for one in variants for job in one.configs.items()]
        trials = [
            Trial(name, tr("{number} of {count}", number=number, count=len(jobs)), {name: config})
            for number, (name, config) in enumerate(jobs, 1)
        ]
        self._left = iter([trial for trial in trials if not self._is_done(trial)])

    def next(self) -> Trial | None:
        """The next of the list."""
        if self.deadline is not None and time.time() >= self.deadline:
            self._result.out_of_time |= next(self._left, None) is not None
            return None
        return next(self._left, None)

    def epoch_done(self, trial: Trial, place: str, record: Record) -> bool:
        """None is pruned."""
        return True

    def end(self, trial: Trial, ended: Ended) -> None:
        """Record one that diverged; name one that another call may do."""
        title = f"{trial.title}, {trial.name}"
        if ended.how == "broken" and ended.error:
            raise ended.error
        if isinstance(ended.error, DivergedError):
            OutputDirectory(self._training.parent / ended.place).record_stop("failed")
            self._say(tr("{title} failed: {error}", title=title, error=ended.error))
        elif ended.error:
            self._result.lost.append(trial.name)
            self._say(tr("{title} is left out: {error}", title=title, error=ended.error))
        self._result.out_of_time |= ended.how == "out of time"

    def result(self) -> SweepResult:
        """What came of each setting of which all is trained, or one training failed."""
        for one in self._variants:
            places = [OutputDirectory(self._training.parent / name) for name in one.configs]
            if all(place.has_ended() for place in places):
                outcome = Outcome(one.name, one.setting, read_histories(places))
                self._result.outcomes.append(outcome)
            elif any(place.stopped() == "failed" for place in places):
                self._result.outcomes.append(Outcome(one.name, one.setting, []))
        return self._result

    def _is_done(self, trial: Trial) -> bool:
        """Whether an earlier call has trained it, or it diverged there."""
        ((name, config),) = trial.configs.items()
        output = OutputDirectory(self._training.parent / name)
        title = f"{trial.title}, {name}"
        if is_trained(output, config, self._training):
            self._say(tr("{title}: trained already", title=title))
            return True
        if output.stopped() == "failed":
            self._say(tr("{title}: failed before", title=title))
            return True
        return False
