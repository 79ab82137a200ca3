"""Waiting for what another process does."""

import time
from collections.abc import Callable

LIMIT = 300.0
"""Seconds after which what doesn't come about is a failure."""


def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    ends = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)
