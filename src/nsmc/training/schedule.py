"""The learning rate as a function of the step alone: a resumed run needs no memory of it."""

import math

from nsmc.config.training import TrainingConfig


def learning_rate(step: int, steps: int, config: TrainingConfig) -> float:
    """Adam's step size at ``step`` of ``steps``, counted from 0.

    It rises in a line over the first ``warmup`` share of the steps, then stays (``constant``) or
    falls to zero in a line (``linear``; Goyal et al. 2017 for the warm-up) or along half a cosine
    (``cosine``; Loshchilov and Hutter, ICLR 2017, without restarts).
    """
    rising = config.warmup * steps
    if step < rising:
        return config.learning_rate * (step + 1) / (rising + 1)
    if config.schedule == "constant":
        return config.learning_rate
    done = (step - rising) / max(1.0, steps - rising)
    left = 1 - done if config.schedule == "linear" else (1 + math.cos(math.pi * done)) / 2
    return config.learning_rate * left
