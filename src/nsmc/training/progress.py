"""The progress of `nsmc.train` for whoever calls it from Python."""

import logging
from typing import TYPE_CHECKING, Any

from nsmc.messages.translate import tr
from nsmc.progress import progress_bar
from nsmc.training.loop import EpochDone, StepDone

if TYPE_CHECKING:
    from nsmc.training.run import Event
    from nsmc.training.state import TrainingState

log = logging.getLogger(__name__)


class TrainingBars:
    """A bar for the tokenizing and for each epoch; what an epoch brought is logged.

    Args:
        verbose: without it there are no bars.
    """

    def __init__(self, verbose: bool) -> None:
        self._verbose = verbose
        self._bar: Any = None
        self._size = self._epochs = 0

    def tokenized(self, done: int, total: int) -> None:
        """Show that ``done`` more reviews of ``total`` are tokenized."""
        self._advance(done, total, tr("tokenizing"))

    def hear(self, event: "Event", state: "TrainingState") -> None:
        """Show a step or the end of an epoch."""
        if isinstance(event, StepDone):
            self._advance(
                event.reviews,
                self._size,
                tr("epoch {epoch}/{epochs}", epoch=event.epoch, epochs=self._epochs),
            )
            return
        if isinstance(event, EpochDone):
            log.info("epoch %d/%d: %s", event.epoch, self._epochs, state.counters.history[-1])
        else:
            self._size, self._epochs = event.training, event.epochs
        self.close()

    def _advance(self, done: int, total: int, what: str) -> None:
        if self._bar is None and self._verbose:
            self._bar = progress_bar(total=total, unit=tr("reviews"), desc=what)
        if self._bar is not None:
            self._bar.update(done)

    def close(self) -> None:
        """End the bar."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None
