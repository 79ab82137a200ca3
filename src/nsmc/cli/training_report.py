"""The progress of `nsmc train`: bars and a chart on a terminal, lines elsewhere."""

import sys
import time
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import format_duration, is_terminal, parameter_lines, say
from nsmc.cli.live_block import LiveBlock, can_redraw
from nsmc.cli.training_chart import TrainingChart
from nsmc.errors import printable
from nsmc.messages.translate import tr
from nsmc.progress import progress_bar
from nsmc.text.width import padded

if TYPE_CHECKING:
    from nsmc.tasks.task import Task
    from nsmc.training.run import Event, Started
    from nsmc.training.state import TrainingState

SECONDS_BETWEEN_LINES = 15
SECONDS_BETWEEN_CHARTS = 0.5
STEPS_BETWEEN_UPDATES = 20
Totals = tuple[float, float, float, float, int]
"""The four sums of `nsmc.training.state.TrainingState.totals`, and the reviews seen."""
ZERO: Totals = (0.0, 0.0, 0.0, 0.0, 0)


class Reporter:
    """Shows a training's progress on standard error."""

    _chart: TrainingChart
    _task: "Task"

    def __init__(self) -> None:
        self._terminal = is_terminal(sys.stderr)
        self._bar: Any = None
        self._block = LiveBlock(sys.stderr) if can_redraw(sys.stderr) else None
        self._since_update = self._size = self._epochs = 0
        self._last_line = self._last_chart = time.monotonic()
        self._at_start = (0.0, 0)
        self._at_update = ZERO

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def tokenized(self, done: int, total: int) -> None:
        """Show that ``done`` more reviews of ``total`` are tokenized."""
        if self._bar is None:
            self._bar = progress_bar(total=total, unit=tr("reviews"), desc=tr("tokenizing"))
            if not self._terminal:
                say(
                    "tokenizing {total:,} reviews; the result is kept for the next training",
                    total=total,
                )
        self._bar.update(done)

    def hear(self, event: "Event", state: "TrainingState") -> None:
        """Show the start, a step or the end of an epoch."""
        from nsmc.training.loop import EpochDone
        from nsmc.training.run import Started

        if isinstance(event, Started):
            self._start(event, state)
        elif isinstance(event, EpochDone):
            self._end_epoch(event.epoch, event.is_best, state)
        else:
            self._step(event.epoch, event.reviews, state)

    def _start(self, started: "Started", state: "TrainingState") -> None:
        self.close()
        self._size, self._epochs = started.training, started.epochs
        self._at_start = (state.counters.seconds, self._reviews(state))
        self._task = started.task
        self._at_update = _totals(state)
        print(printable(_describe(started)), file=sys.stderr)
        self._chart = TrainingChart(self._epochs, self._task.metric)
        for record in state.counters.history:
            self._chart.add_epoch(record)

    def _end_epoch(self, epoch: int, is_best: bool, state: "TrainingState") -> None:
        if self._block is not None:
            self._block.draw(())
            if self._bar is not None:
                self._bar.leave = False
        self.close()
        record, metric = state.counters.history[-1], self._task.metric
        train, validation = (
            self._metrics(record[f"{part}_loss"], record[f"{part}_{metric.name}"])
            for part in ("train", "validation")
        )
        print(
            f"{self._title(epoch)}  {train}  {tr('validation')} {validation}"
            f"  {format_duration(record['seconds'])}{'  ' + tr('best') if is_best else ''}",
            file=sys.stderr,
            flush=True,
        )
        self._at_update, self._since_update = ZERO, 0
        self._chart.add_epoch(record)
        self._draw()

    def _step(self, epoch: int, reviews: int, state: "TrainingState") -> None:
        now, title = time.monotonic(), self._title(epoch)
        seen = state.counters.seen
        if not self._terminal:
            if now - self._last_line >= SECONDS_BETWEEN_LINES:
                say(
                    "{title}  {seen:,}/{size:,} reviews  {metrics}  {rate:,.0f} reviews/s  "
                    "{time} left",
                    title=title,
                    seen=seen,
                    size=self._size,
                    metrics=self._metrics(*_means(self._task, _totals(state))),
                    rate=self._rate(state),
                    time=self._left(state),
                )
                self._last_line = now
            return
        if self._bar is None:
            start = seen - reviews
            self._bar = progress_bar(
                total=self._size, initial=start, unit=tr("reviews"), desc=title
            )
        self._since_update += 1
        if self._since_update >= STEPS_BETWEEN_UPDATES:
            self._update(state)
            self._since_update = 0
            if now - self._last_chart >= SECONDS_BETWEEN_CHARTS:
                self._draw()
                self._last_chart = now

    def _update(self, state: "TrainingState") -> None:
        """Move the bar on, and the training curves by what was learnt since the last time."""
        totals, seen = _totals(state), state.counters.seen
        metrics = self._metrics(*_means(self._task, totals), separator=", ")
        left = tr("{time} left in all", time=self._left(state))
        self._bar.set_postfix_str(f"{metrics}, {left}", refresh=False)
        self._bar.update(seen - self._bar.n)
        means = _means(self._task, totals, self._at_update)
        self._chart.add_training(state.counters.epoch + seen / self._size, *means)
        self._at_update = totals

    def _draw(self) -> None:
        """Draw the chart anew, for the terminal as it is now, and the bar below it."""
        if self._block is None:
            return
        size = self._block.size()
        self._block.draw(self._chart.lines(size.columns, size.lines))
        if self._bar is not None:
            self._bar.refresh()

    def _metrics(self, loss: float, value: float, separator: str = "  ") -> str:
        metric = self._task.metric
        return f"{tr('loss')} {loss:.4f}{separator}{tr(metric.words)} {metric.show(value)}"

    def _title(self, epoch: int) -> str:
        return tr("epoch {epoch}/{epochs}", epoch=epoch, epochs=self._epochs)

    def _reviews(self, state: "TrainingState") -> int:
        return state.counters.epoch * self._size + state.counters.seen

    def _rate(self, state: "TrainingState") -> float:
        seconds, reviews = self._at_start
        return (self._reviews(state) - reviews) / max(1e-9, state.counters.seconds - seconds)

    def _left(self, state: "TrainingState") -> str:
        left = self._epochs * self._size - self._reviews(state)
        return format_duration(left / max(1e-9, self._rate(state)))


def _totals(state: "TrainingState") -> Totals:
    """Read the running epoch's sums, which waits for the device and so isn't done at every step."""
    return (*state.totals.tolist(), state.counters.seen)


def _means(task: "Task", totals: Totals, before: Totals = ZERO) -> tuple[float, float]:
    """The mean loss and the task's metric of what was added since ``before``."""
    losses, examples, metrics, with_metric, _ = (
        new - old for new, old in zip(totals, before, strict=True)
    )
    return losses / examples, task.metric_value(metrics, with_metric)


def _describe(started: "Started") -> str:
    source = started.corpus.source
    device = str(started.device)
    if started.processes > 1:
        device += tr(", in each of {count} processes", count=started.processes)
    data = tr(
        "{name}: {reviews:,} reviews, {training:,} to train and {validation:,} to validate; "
        "{skipped:,} empty ones left out",
        name=source["name"],
        reviews=source["reviews"],
        training=started.training,
        validation=started.validation,
        skipped=source["skipped"],
    )
    units = tr("{count:,} units", count=started.vocabulary)
    rows = {tr("data"): data, tr("vocabulary"): units, tr("device"): device}
    lines = [
        *(f"{padded(name, 12)}{value}" for name, value in rows.items()),
        tr("parameters"),
        *(f"  {line}" for line in parameter_lines(started.parameters)),
    ]
    if started.start:
        path, taken = started.start.path, started.start.taken
        lines.append(tr("starts from {path}: {taken}", path=path, taken=taken))
    if started.resumed_at:
        lines.append(tr("resumed at step {step:,}", step=started.resumed_at))
    return "\n".join(lines)
