"""A sweep: its trials, and who trains them."""

import time
from collections.abc import Sequence

from nsmc.config.schema import Config
from nsmc.sweeps.grid import GridTrials
from nsmc.sweeps.outcomes import SweepResult
from nsmc.sweeps.search import SearchTrials
from nsmc.sweeps.sweep_file import Sweep
from nsmc.sweeps.trials import Executor, Observer, Training
from nsmc.sweeps.variants import grid
from nsmc.training.output import OutputDirectory


def run_sweep(
    config: Config,
    sweep: Sweep,
    seeds: Sequence[int],
    training: Training,
    execute: Executor,
    observer: Observer,
) -> SweepResult:
    """Train what isn't trained yet below a directory; what was cut short goes on.

    One call at a time leads the trainings of a directory, and it alone writes what they share.
    Every setting is trained with each of the ``seeds``; none leaves the config's. A ``sweep``
    without fields is for seeds alone.

    Raises:
        UsageError: something else was trained there, or the sweep can't be searched.
        ModuleNotFoundError: Optuna is needed and isn't there.
        NsmcError: as `nsmc.train`, but for a training that diverges: the others are trained; or
            another call leads the trainings of the directory.
    """
    minutes = sweep.options.minutes
    deadline = time.time() + 60 * minutes if minutes else None
    with OutputDirectory(training.parent).claimed():
        source: GridTrials | SearchTrials
        if sweep.is_grid:
            variants = grid(config, sweep.choices, seeds)
            source = GridTrials(variants, training, deadline, observer.say)
        else:
            source = SearchTrials(config, sweep, seeds, training, deadline, observer.say)
        execute(source, training, observer)
        return source.result()
