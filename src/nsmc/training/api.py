"""`nsmc.train`: reviews, an output directory and a configuration to a trained model."""

import contextlib
import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.config.schema import Config, changes, load_config
from nsmc.errors import UsageError
from nsmc.messages.translate import tr
from nsmc.storage.files import atomic_write
from nsmc.tables.options import ReadOptions
from nsmc.tasks.registry import make_task
from nsmc.training.fine_tuning import KEPT_UNITS, fine_tuning_config, learned_units
from nsmc.training.output import OutputDirectory, new_output, newest_output
from nsmc.training.ranks import Ranks

if TYPE_CHECKING:
    from nsmc.tables.in_memory import InMemory
    from nsmc.training.loggers import LoggerName, MetricsLogger
    from nsmc.training.run import Event, Listener, Trained
    from nsmc.training.state import TrainingState

RUNS = Path("runs")


def train(
    config: Config | None = None,
    *,
    start: Path | str | None = None,
    data: "Path | str | InMemory | None" = None,
    reading: ReadOptions | None = None,
    output: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
    epochs: int | None = None,
    listen: "Listener | None" = None,
    tokenized: Callable[[int, int], None] | None = None,
    warn: Callable[[str], None] | None = None,
    log_to: "LoggerName | Sequence[LoggerName | MetricsLogger]" = (),
    verbose: bool = True,
) -> "Trained":
    """Train a model and write it, with its history and curves, into a directory.

    In each process that ``torchrun`` starts, they train it together, and the first one writes and
    calls; see docs/distributed.md.

    Args:
        config: None for the default one, or with ``resume`` for the one it was started with.
        start: a model directory, or ``shipped``, to start from with the config of
            `nsmc.fine_tuning_config`; for another config, give that function's.
        data: a table of reviews, a directory with ``ratings_train.txt``, or one that ``nsmc
            prepare`` wrote; None for the official files, downloaded if they aren't there yet. The
            configuration says which columns are read. What is in memory as well: a DataFrame, a
            mapping of columns, ``(comments, labels)``, or for a language model texts; tokenized,
            it is kept in the output directory.
        reading: how the table is read, where its name and content don't say; and which stars are
            positive and negative. With ``resume``, None takes what it was started with.
        output: the output directory; None makes one under ``runs``, named by the time, or with
            ``resume`` takes the newest there.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        resume: continue an interrupted training, to the same weights as without interruption.
        epochs: passes over the data at most, in place of the config's. With ``resume`` it makes a
            training longer, also one that has ended; the step sizes from there on are those of so
            many epochs.
        listen: called at the start, after each step and after each epoch.
        tokenized: called with the number of reviews just tokenized, and of all.
        warn: called with a message for what goes wrong without ending the training; None logs it.
        log_to: ``tensorboard`` writes event files into the output directory, ``mlflow`` a run to
            where MLflow keeps them; or what takes them (`nsmc.training.loggers.MetricsLogger`).
        verbose: show progress bars on a terminal or in a notebook, unless ``listen`` is given.

    Raises:
        ModuleNotFoundError: TensorBoard or MLflow is asked for and isn't installed.
        UsageError: the configuration is wrong, or differs from the one to be resumed.
        DataError: the reviews are missing or can't be read.
        DownloadError: the official files are needed and can't be fetched.
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the output directory is in use or can't be written, or the reviews aren't those
            of the training to be resumed.
    """
    if start is not None:
        if config is not None or resume:
            raise UsageError(
                "start makes the config of a new training; give it alone, or a config of "
                "nsmc.fine_tuning_config(start)"
            )
        config = fine_tuning_config(start)
    # A wrong device is an error before minutes of tokenizing, not after.
    from nsmc.model.device import choose_device

    if log_to:
        from nsmc.training.loggers import check_loggers

        if isinstance(log_to, str):
            log_to = (log_to,)
        check_loggers(log_to)
    ranks = Ranks.started()
    device = ranks.device(device)
    choose_device(device)
    warn = warn or logging.getLogger(__name__).warning
    default = newest_output if resume else new_output
    place = OutputDirectory(Path(output) if output else default(RUNS))
    with_data = Path(data) if isinstance(data, str) else data
    if resume:
        config, with_data, reading = _to_resume(place, config, with_data, reading)
    reading = reading or ReadOptions()
    config = make_task(config or Config()).reading(None, reading).config
    # One that was killed while it was extended has the number in its record already.
    extends = resume and epochs is not None
    extends = extends and (epochs != config.training.epochs or place.has_ended())
    if epochs is not None:
        config = load_config(None, [f"training.epochs={epochs}"], base=config.to_dict())
    with contextlib.ExitStack() as stack:
        if not ranks.first:
            listen, tokenized, warn = (lambda event, state: None), None, (lambda message: None)
        else:
            stack.enter_context(place.claimed())
        if listen is None:
            from nsmc.training.progress import TrainingBars

            bars = stack.enter_context(closing(TrainingBars(verbose)))
            listen, tokenized = bars.hear, tokenized or bars.tokenized
        if log_to and ranks.first:
            from nsmc.training.loggers import LoggedTraining

            logged = stack.enter_context(closing(LoggedTraining(log_to, place, config)))
            listen = _both(logged.hear, listen)
        if ranks.first:
            if extends:
                place.check_extendable(config.training.epochs)
            else:
                place.check_usable(resume)
        from nsmc.data.cache import PREPARED, training_corpus
        from nsmc.data.corpus import Encoding, save_corpus
        from nsmc.data.download import official_data
        from nsmc.training.memory import check_memory

        learned, kept = None, place.path / KEPT_UNITS
        if config.training.init_from:
            # So is a model that doesn't fit.
            from nsmc.training.init_from import find_pretrained

            find_pretrained(config, place.path)
            if resume and kept.exists():
                learned = kept.read_bytes() or None
            else:
                learned = learned_units(config)
        task = make_task(config)
        # Before minutes of tokenizing, what the config alone shows.
        check_memory(config, task, choose_device(device))
        with ranks.in_turn():
            reviews = official_data() if with_data is None else with_data
            corpus = training_corpus(
                reviews,
                Encoding.of(config, task.label_columns(), learned, reading),
                check=task.learn,
                progress=tokenized,
                warn=warn,
            )
        for note in corpus.source.get("notes", []):
            warn(note)
        if ranks.first:
            if not isinstance(reviews, Path):
                reviews = place.path / "data"  # an interrupted training goes on without the caller
                save_corpus(corpus, reviews / PREPARED)
            if resume:
                place.check_reviews(reviews, corpus.source["sha256"], corpus.identity)
                if extends:
                    place.extend(config.training.epochs)
            else:
                sha256, identity = corpus.source["sha256"], corpus.identity
                place.start(config, reviews, sha256, reading, identity)
                if config.training.init_from:
                    with atomic_write(kept) as partial:  # half of it would cut comments otherwise
                        partial.write_bytes(learned or b"")
        from nsmc.training.run import run_training

        trained = run_training(
            config,
            corpus,
            place,
            device=device,
            resume=resume,
            listen=listen,
            warn=warn,
            ranks=ranks,
        )
        if ranks.first:
            place.finish()
        model, metrics = ranks.result((str(trained.model), trained.metrics))
        return replace(trained, model=Path(model), metrics=metrics)


def _both(first: "Listener", second: "Listener") -> "Listener":
    def listen(event: "Event", state: "TrainingState") -> None:
        first(event, state)
        second(event, state)

    return listen


def _to_resume(
    place: OutputDirectory,
    config: Config | None,
    data: "Path | InMemory | None",
    reading: ReadOptions | None,
) -> "tuple[Config, Path | InMemory, ReadOptions]":
    started, started_data, started_reading = place.started_with()
    changed = changes(config or started, started)
    for name, old in asdict(started_reading).items():
        new = getattr(reading or started_reading, name)
        if new != old:
            changed[name] = (old, new)
    if changed:
        raise UsageError(
            "a training resumes with the configuration it was started with ({changed}). Leave "
            "--config, --set and the options of tables out, or start another with another --output",
            changed="; ".join(
                tr("{name}: started with {old!r}, found {new!r}", name=name, old=old, new=new)
                for name, (old, new) in changed.items()
            ),
        )
    return started, started_data if data is None else data, started_reading
