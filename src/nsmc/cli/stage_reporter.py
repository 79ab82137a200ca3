"""The progress of a command in stages: an audit, a cross-validation."""

import sys
import time
from typing import Any

from nsmc.cli.common import format_duration, is_terminal, say
from nsmc.messages.translate import tr
from nsmc.progress import progress_bar

SECONDS_BETWEEN_LINES = 15


class StageReporter:
    """Progress as a bar on a terminal and as a line now and then elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._total = self._done = 0
        self._last_line = time.monotonic()
        self._at_start = (0.0, 0)

    def say(self, message: str) -> None:
        """Print a message between two bars."""
        self.close()
        say(message)

    def report(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage has come."""
        now = time.monotonic()
        # A stage begins: its sum is another, or it starts over.
        if total != self._total or done < self._done:
            self.close()
            self._total, self._at_start = total, (now, done)
        self._done = done
        if is_terminal(sys.stderr):
            if self._bar is None:
                self._bar = progress_bar(total=total, initial=done, unit=tr("comments"))
            self._bar.set_description_str(stage, refresh=False)
            self._bar.update(done - self._bar.n)
        elif now - self._last_line >= SECONDS_BETWEEN_LINES and done > self._at_start[1]:
            began, first = self._at_start
            left = (now - began) / (done - first) * (total - done)
            say(
                "{stage}  {done:,}/{total:,} comments  {time} left",
                stage=stage,
                done=done,
                total=total,
                time=format_duration(left),
            )
            self._last_line = now

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
