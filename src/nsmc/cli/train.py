"""`nsmc train`: reviews to a model directory."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import add_recipe_options, is_terminal, progress_bar, say

if TYPE_CHECKING:
    from nsmc.training.run import Event, Started, Trained
    from nsmc.training.state import TrainingState

HELP = "train a model on labelled reviews"
EPILOG = """examples:
  nsmc train --data data/sample --output runs/first
  nsmc train --config configs/classic-bilstm.toml --set training.epochs=3
  nsmc train --resume --output runs/first

Rows with an empty comment are left out and counted; a label other than 0 and 1 is an error that
names its row. The fields of a recipe and their meaning: `nsmc train --fields`."""
SECONDS_BETWEEN_LINES = 15
STEPS_BETWEEN_UPDATES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_recipe_options(parser)
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="directory with ratings_train.txt, or one that `nsmc prepare` wrote "
        "(default: the official files, downloaded if need be)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="default: a new directory under runs"
    )
    parser.add_argument(
        "--device", default="auto", metavar="D", help="auto, cpu, cuda, cuda:N or mps"
    )
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="the same as --set training.epochs=N"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted training: that in --output, or the newest under runs",
    )
    parser.add_argument(
        "--fields", action="store_true", help="list the fields of a recipe with their meaning"
    )


def run(args: argparse.Namespace) -> int:
    """Train and print the path of the model directory.

    Raises:
        NsmcError: see `nsmc.training.api.train`.
    """
    from nsmc.config import load_config

    if args.fields:
        print(_fields())
        return 0
    overrides = list(args.set)
    if args.epochs is not None:
        overrides.append(f"training.epochs={args.epochs}")
    given = args.config is not None or bool(overrides)
    config = None if args.resume and not given else load_config(args.config, overrides)
    from nsmc.training.api import train

    with _Reporter() as reporter:
        trained = train(
            config,
            data=args.data,
            output=args.output,
            device=args.device,
            resume=args.resume,
            listen=reporter.hear,
            tokenized=reporter.tokenized,
            warn=say,
        )
    _tell_end(trained)
    return 0


class _Reporter:
    """Progress as bars on a terminal and as a line now and then elsewhere."""

    def __init__(self) -> None:
        self._terminal = is_terminal(sys.stderr)
        self._bar: Any = None
        self._since_update = 0
        self._last_line = time.monotonic()
        self._size = self._epochs = 0
        self._at_start = (0.0, 0)

    def __enter__(self) -> "_Reporter":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def tokenized(self, done: int, total: int) -> None:
        """Hear of ``done`` more reviews tokenized of ``total``."""
        if self._bar is None:
            self._bar = progress_bar(total=total, unit="reviews", desc="tokenizing")
            if not self._terminal:
                say(f"tokenizing {total:,} reviews; the result is kept for the next training")
        self._bar.update(done)

    def hear(self, event: "Event", state: "TrainingState") -> None:
        """Hear of the start, a step or the end of an epoch."""
        from nsmc.training.loop import EpochDone
        from nsmc.training.run import Started

        if isinstance(event, Started):
            self._close()
            self._size, self._epochs = event.training, event.epochs
            self._at_start = (state.counters.seconds, self._reviews(state))
            print(_describe(event), file=sys.stderr)
        elif isinstance(event, EpochDone):
            self._close()
            record = state.counters.history[-1]
            print(
                f"epoch {event.epoch}/{self._epochs}  loss {record['train_loss']:.4f}  accuracy "
                f"{record['train_accuracy']:.2%}  validation loss {record['validation_loss']:.4f}"
                f"  accuracy {record['validation_accuracy']:.2%}"
                f"  {_clock(record['seconds'])}{'  best' if event.is_best else ''}",
                file=sys.stderr,
                flush=True,
            )
        else:
            self._step(event.epoch, event.reviews, state)

    def _step(self, epoch: int, reviews: int, state: "TrainingState") -> None:
        if self._terminal and self._bar is None:
            self._bar = progress_bar(
                total=self._size,
                initial=state.counters.seen - reviews,
                unit="reviews",
                desc=f"epoch {epoch}/{self._epochs}",
            )
        self._since_update += 1
        now = time.monotonic()
        if self._terminal and self._since_update >= STEPS_BETWEEN_UPDATES:
            loss, accuracy = self._averages(state)
            self._bar.set_postfix_str(
                f"loss {loss:.4f}, accuracy {accuracy:.2%}, {self._left(state)} left in all",
                refresh=False,
            )
            self._bar.update(state.counters.seen - self._bar.n)
            self._since_update = 0
        elif not self._terminal and now - self._last_line >= SECONDS_BETWEEN_LINES:
            loss, accuracy = self._averages(state)
            say(
                f"epoch {epoch}/{self._epochs}  {state.counters.seen:,}/{self._size:,} reviews  "
                f"loss {loss:.4f}  accuracy {accuracy:.2%}  {self._rate(state):,.0f} reviews/s  "
                f"{self._left(state)} left"
            )
            self._last_line = now

    def _averages(self, state: "TrainingState") -> list[float]:
        averages: list[float] = (state.totals / state.counters.seen).tolist()
        return averages

    def _reviews(self, state: "TrainingState") -> int:
        return state.counters.epoch * self._size + state.counters.seen

    def _rate(self, state: "TrainingState") -> float:
        seconds, reviews = self._at_start
        return (self._reviews(state) - reviews) / max(1e-9, state.counters.seconds - seconds)

    def _left(self, state: "TrainingState") -> str:
        left = self._epochs * self._size - self._reviews(state)
        return _clock(left / max(1e-9, self._rate(state)))

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _describe(started: "Started") -> str:
    source = started.corpus.source
    lines = [
        f"data        {source['name']}: {source['reviews']:,} reviews, {started.training:,} to "
        f"train and {started.validation:,} to validate; {source['skipped']:,} empty ones left out",
        f"vocabulary  {started.vocabulary:,} morphemes",
        f"device      {started.device}",
        "parameters",
    ]
    width = max(len(name) for name, _, _ in started.parameters)
    lines += [
        f"  {name:<{width}}  {' × '.join(map(str, shape)):>13}  {count:>11,}"
        for name, shape, count in started.parameters
    ]
    total = sum(count for _, _, count in started.parameters)
    lines.append(f"  {'all':<{width}}  {'':>13}  {total:>11,}")
    if started.resumed_at:
        lines.append(f"resumed at step {started.resumed_at:,}")
    return "\n".join(lines)


def _tell_end(trained: "Trained") -> None:
    metrics = trained.metrics
    validation = metrics["validation"]
    say(
        f"best epoch {metrics['best_epoch']} of {metrics['epochs']}: validation accuracy "
        f"{validation['accuracy']:.2%}, loss {validation['loss']:.4f}; {_clock(metrics['seconds'])}"
    )
    say(f'score with it: nsmc predict --model {trained.model} "재밌다"')
    print(trained.model)


def _fields() -> str:
    import dataclasses

    from nsmc.config import SECTIONS, Config
    from nsmc.settings import field_help

    lines = []
    values = Config().to_dict()
    for section, kind in SECTIONS.items():
        lines.append(f"[{section}]")
        for field in dataclasses.fields(kind):
            value = values[section][field.name]
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            lines.append(f"{field.name} = {shown}")
            lines.append(f"    {field_help(kind)[field.name]}")
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
