"""What `nsmc train` and `nsmc prepare` share: the config, the reviews and their columns."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nsmc.cli.common import add_config_options
from nsmc.cli.tables import add_table_arguments
from nsmc.errors import UsageError

if TYPE_CHECKING:
    from nsmc.config.schema import Config


def add_training_data_options(parser: argparse.ArgumentParser, prepared: str = "") -> None:
    """Declare the config and the reviews; ``prepared`` names a further kind of directory."""
    add_config_options(parser, "a config in TOML (default: the best one known)")
    parser.add_argument(
        "--from",
        dest="start",
        metavar="shipped|DIR",
        help="start from the model inside the package or from another, with all its sizes and a "
        "step size for tables of up to some ten thousand rows",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="PATH",
        help="a table of reviews (.csv .tsv .txt .json .jsonl .parquet .xlsx), "
        f"a directory with ratings_train.txt{prepared} (default: the official files, downloaded "
        "if need be)",
    )
    parser.add_argument(
        "--column",
        metavar="NAME",
        help="text column, the same as --set data.column=NAME (default: document, else the only "
        "one of text)",
    )
    parser.add_argument(
        "--label-column",
        metavar="NAME",
        help="column of the labels, or of the stars where the config asks for these "
        "(default: the config's own, label or rating)",
    )
    add_table_arguments(parser, stars=True)


def chosen_config(
    args: argparse.Namespace, overrides: list[str], base: "Config | None" = None
) -> "Config | None":
    """The config that the options ask for, ``overrides`` among them; None if there are none.

    ``base`` is in place of the default one.

    Raises:
        UsageError: the config is wrong, or has no labels to name a column of.
    """
    from nsmc.config.schema import load_config
    from nsmc.tasks.registry import make_task

    overrides = [*args.set, *overrides]

    def load() -> "Config":
        if args.start is None:
            return load_config(args.config, overrides, base=base.to_dict() if base else None)
        from nsmc.training.fine_tuning import fine_tuning_config

        return fine_tuning_config(args.start, args.config, overrides)

    if args.column is not None:
        overrides.append(f"data.column={args.column}")
    if args.label_column is not None:
        task = make_task(load())
        if not task.label_setting:
            raise UsageError(
                "the task {task!r} learns from text without labels; leave --label-column out",
                task=task.name,
            )
        overrides.append(f"{task.label_setting}={args.label_column}")
    return load() if args.config or overrides or args.start else None
