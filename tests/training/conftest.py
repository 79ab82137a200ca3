"""Trainings that are interrupted."""

from collections.abc import Callable
from typing import Any

import pytest

from nsmc.config.schema import Config
from nsmc.training.api import train
from nsmc.training.run import Event
from nsmc.training.state import Counters, TrainingState


def interrupted(when: Callable[[Counters], bool], config: Config, **options: Any) -> None:
    """Train until the counters are such, and a little further than what was kept."""

    def listen(event: Event, state: TrainingState) -> None:
        if when(state.counters):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(config, device="cpu", listen=listen, **options)
