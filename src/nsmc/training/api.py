"""`nsmc.train`: reviews, an output directory and a configuration to a trained model."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.config.schema import Config, changes
from nsmc.errors import UsageError
from nsmc.tasks.registry import make_task
from nsmc.training.output import OutputDirectory, new_output, newest_output

if TYPE_CHECKING:
    from nsmc.training.run import Listener, Trained

RUNS = Path("runs")


def train(
    config: Config | None = None,
    *,
    data: Path | str | None = None,
    output: Path | str | None = None,
    device: str = "auto",
    resume: bool = False,
    listen: "Listener | None" = None,
    tokenized: Callable[[int, int], None] | None = None,
    warn: Callable[[str], None] | None = None,
) -> "Trained":
    """Train a model and write it, with its history and curves, into a directory.

    Args:
        config: None for the default one, or with ``resume`` for the one it was started with.
        data: a table of reviews, a directory with ``ratings_train.txt``, or one that ``nsmc
            prepare`` wrote; None for the official files, downloaded if they aren't there yet. The
            configuration says which columns are read.
        output: the output directory; None makes one under ``runs``, named by the time, or with
            ``resume`` takes the newest there.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        resume: continue an interrupted training, to the same weights as without interruption.
        listen: called at the start, after each step and after each epoch.
        tokenized: called with the number of reviews just tokenized, and of all.
        warn: called with a message for what goes wrong without ending the training.

    Raises:
        UsageError: the configuration is wrong, or differs from the one to be resumed.
        DataError: the reviews are missing or can't be read.
        DownloadError: the official files are needed and can't be fetched.
        DeviceError: the device isn't there or ran out of memory.
        NsmcError: the output directory is in use or can't be written, or the reviews aren't those
            of the training to be resumed.
    """
    # A wrong device is an error before minutes of tokenizing, not after.
    from nsmc.model.device import choose_device

    choose_device(device)
    default = newest_output if resume else new_output
    place = OutputDirectory(Path(output) if output else default(RUNS))
    with_data = Path(data) if data else None
    if resume:
        config, with_data = _to_resume(place, config, with_data)
    config = config or Config()
    with place.claimed():
        place.check_usable(resume)
        from nsmc.data.cache import training_corpus
        from nsmc.data.corpus import Encoding
        from nsmc.data.download import official_data

        if config.training.init_from:
            # So is a model that doesn't fit.
            from nsmc.training.init_from import find_pretrained

            find_pretrained(config, place.path)
        reviews = with_data or official_data()
        task = make_task(config)
        corpus = training_corpus(
            reviews,
            Encoding.of(config, task.label_columns()),
            check=task.learn,
            progress=tokenized,
            warn=warn,
        )
        if resume:
            place.check_reviews(reviews, corpus.source["sha256"])
        else:
            place.start(config, reviews, corpus.source["sha256"])
        from nsmc.training.run import run_training

        trained = run_training(
            config, corpus, place, device=device, resume=resume, listen=listen, warn=warn
        )
        place.finish()
        return trained


def _to_resume(
    place: OutputDirectory, config: Config | None, data: Path | None
) -> tuple[Config, Path]:
    started, started_data = place.started_with()
    if config is not None and config != started:
        changed = [
            f"{name}: started with {old!r}, found {new!r}"
            for name, (old, new) in changes(config, started).items()
        ]
        raise UsageError(
            f"a training resumes with the configuration it was started with ({'; '.join(changed)})."
            " Leave --config and --set out, or start another with another --output"
        )
    return started, data or started_data
