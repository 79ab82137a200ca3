"""`nsmc train`: reviews to a model directory."""

import argparse
import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import add_device_option, format_duration, say, show
from nsmc.cli.tables import read_options
from nsmc.cli.training_data import add_training_data_options, chosen_config
from nsmc.errors import UsageError
from nsmc.messages.translate import tr

if TYPE_CHECKING:
    from nsmc.config.schema import Config
    from nsmc.sweeps.trials import Executor
    from nsmc.training.run import Trained

EPILOG = """examples:
  nsmc train --data data/sample --config configs/sample.toml --output runs/first
  nsmc train --from shipped --data labelled.csv
  nsmc train --config configs/classic-bilstm.toml --set training.epochs=3
  nsmc train --config configs/own-labels.toml --data topics.csv --column text --label-column topic
  nsmc train --seeds 1 2 3 --output runs/three         (then: nsmc runs runs/three)
  nsmc train --sweep search.toml --output runs/search  (once more goes on where it was)
  nsmc train --sweep search.toml --output runs/search --jobs 4          (four at a time)
  nsmc train --resume --output runs/first
  nsmc train --resume --output runs/first --epochs 20   (also where it has ended)

Rows with an empty comment are left out and counted. A label that the task doesn't know is an error
that names its row; for 긍정 and 부정 any other than 1 and 0. `nsmc train --fields` lists the fields
of a config with their meaning. A terminal shows live curves; `nsmc runs` lists trainings and
draws their curves into one picture."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_training_data_options(parser, ", or one that `nsmc prepare` wrote")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="default: a new directory under runs"
    )
    add_device_option(parser)
    parser.add_argument(
        "--epochs",
        type=int,
        metavar="N",
        help="the same as --set training.epochs=N; with --resume, to train on to so many",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="continue an interrupted training: that in --output, or the newest under runs",
    )
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        metavar="N",
        help="a training for each seed, below --output; one that was cut short goes on",
    )
    parser.add_argument(
        "--sweep",
        type=Path,
        metavar="FILE",
        help="a training for each combination of the values in a TOML file, which has a list for "
        "every field: [model] cell = ['gru', 'lstm']; with a range for one, {low = 1, high = 8}, "
        "or [sweep] trials = 20, Optuna draws; [sweep] minutes = 60 is enough",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        metavar="N",
        help="with --seeds or --sweep: train N at a time, each in a process of its own (default: "
        "1; with --engine as many as there is room for)",
    )
    parser.add_argument(
        "--engine",
        choices=["ray"],
        help="with --seeds or --sweep: train by Ray Tune, at RAY_ADDRESS or on this machine",
    )
    parser.add_argument(
        "--log-to",
        action="extend",
        nargs="+",
        default=[],
        choices=("tensorboard", "mlflow"),
        help="write the metrics for TensorBoard, into the output directory, or for MLflow, where "
        "MLFLOW_TRACKING_URI says (default: ./mlflow.db)",
    )
    parser.add_argument(
        "--fields", action="store_true", help="list the fields of a config with their meaning"
    )


def run(args: argparse.Namespace) -> int:
    """Train and print the path of the model directory."""
    if args.fields:
        print(_fields())
        return 0
    if args.resume and (args.seeds or args.sweep):
        raise UsageError("--seeds and --sweep go on by themselves; leave --resume out")
    epochs = [] if args.epochs is None else [f"training.epochs={args.epochs}"]
    config = None if args.resume else chosen_config(args, epochs)
    if args.seeds or args.sweep:
        return _train_several(config, args)
    if args.jobs is not None or args.engine:
        option = "--engine" if args.engine else "--jobs"
        raise UsageError(
            "{option} is for several trainings; give --seeds or --sweep, or leave it out",
            option=option,
        )
    from nsmc.training.api import RUNS
    from nsmc.training.output import OutputDirectory, new_output, newest_output
    from nsmc.training.ranks import Ranks

    output = args.output or (newest_output if args.resume else new_output)(RUNS)
    if args.resume:
        config = chosen_config(args, [], OutputDirectory(output).started_with()[0])
    trained = _train(config, output, args)
    if not Ranks.started().first:
        return 0
    metrics, metric = trained.metrics, trained.task.metric
    validation = metrics["validation"]
    say(
        "best epoch {best} of {epochs}: validation {metric} {value}, loss {loss:.4f}; {time}",
        best=metrics["best_epoch"],
        epochs=metrics["epochs"],
        metric=tr(metric.words),
        value=metric.show(validation[metric.name]),
        loss=validation["loss"],
        time=format_duration(metrics["seconds"]),
    )
    command, text = "predict", "재밌다"
    if trained.task.head == "next-unit":
        command, text = "complete", "이 영화는"
    line = f'nsmc {command} --model {shlex.quote(str(trained.model))} "{text}"'
    say("score with it: {command}", command=line)
    show(trained.model)
    return 0


def _train(config: "Config | None", output: Path, args: argparse.Namespace) -> "Trained":
    from nsmc.cli.training_report import Reporter
    from nsmc.tables.options import ReadOptions
    from nsmc.training.api import train

    reading = read_options(args)
    try:
        with closing(Reporter()) as reporter:
            return train(
                config,
                data=args.data,
                reading=None if args.resume and reading == ReadOptions() else reading,
                output=output,
                device=args.device,
                resume=args.resume,
                epochs=args.epochs if args.resume else None,
                listen=reporter.hear,
                tokenized=reporter.tokenized,
                warn=say,
                log_to=args.log_to,
            )
    except (KeyboardInterrupt, SystemExit):
        if (output / "recipe.json").is_file():
            line = f"nsmc train --resume --output {shlex.quote(str(output))}"
            say("go on where it was with: {command}", command=line)
        raise


def _train_several(config: "Config | None", args: argparse.Namespace) -> int:
    """Train what isn't trained yet; print the path of the directory that holds all."""
    if args.jobs is not None:
        from nsmc.workers import check_processes

        # Ray's machines may have more cores than this one.
        check_processes("--jobs", args.jobs, here=args.engine is None)
    from nsmc.cli.sweep_report import SweepReporter, say_best
    from nsmc.config.schema import Config
    from nsmc.sweeps.run import run_sweep
    from nsmc.sweeps.sweep_file import Sweep, read_sweep
    from nsmc.sweeps.trials import Training
    from nsmc.tasks.registry import make_task
    from nsmc.training.api import RUNS
    from nsmc.training.output import new_output
    from nsmc.training.ranks import Ranks

    if Ranks.started().count > 1:
        raise UsageError(
            "--seeds and --sweep train each model in one process; leave torchrun out, or give "
            "it one training at a time. --jobs and --engine train several at a time"
        )
    sweep = read_sweep(args.sweep) if args.sweep else Sweep()
    reading = read_options(args)
    task = make_task(config or Config()).reading(None, reading)
    config, parent = task.config, args.output or new_output(RUNS)
    training = Training(parent.absolute(), args.data, reading, args.device, args.log_to)
    execute = _executor(config, args)
    where = f"--output {shlex.quote(str(parent))}"
    try:
        result = run_sweep(config, sweep, args.seeds or (), training, execute, SweepReporter())
    except (KeyboardInterrupt, SystemExit):
        if parent.is_dir():
            say("the same command goes on from here: {where}", where=where)
        raise
    if result.out_of_time:
        say(
            "the {minutes:g} minutes are over; the same command goes on from here: {where}",
            minutes=sweep.options.minutes,
            where=where,
        )
    if sweep.fields:
        options = argparse.ArgumentParser()
        add_arguments(options)
        say_best(result.outcomes, task, args, options)
    say("compare them: nsmc runs {place}", place=shlex.quote(str(parent)))
    show(parent)
    return 0 if result.is_whole else 1


def _executor(config: "Config", args: argparse.Namespace) -> "Executor":
    """Who trains several: Ray, processes, or this one.

    Raises:
        DeviceError: the device isn't there.
    """
    if args.engine:
        from nsmc.ray.tune import ByRayTune

        return ByRayTune(args.jobs, config.training.threads)
    from nsmc.model.device import choose_device
    from nsmc.sweeps.executors import InProcesses, in_this_process

    device = choose_device(args.device)
    jobs = args.jobs or 1
    if jobs == 1:
        return in_this_process
    devices = [args.device]
    if device.type == "cuda" and args.device in ("auto", "cuda"):
        import torch

        devices = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return InProcesses(jobs, devices)


def _fields() -> str:
    from nsmc.config.fields import field_help, nested
    from nsmc.config.schema import Config, flat

    lines: list[str] = []
    values = flat(Config().to_dict())
    for path, section in nested(Config):
        if path:
            lines.append(f"[{path}]")
        for field, text in field_help(section).items():
            name = f"{path}.{field}".lstrip(".")
            if name not in values:  # a section of its own
                continue
            value = values[name]
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            lines += [f"{field} = {shown}", f"    {tr(text)}"]
    return "\n".join(lines)
