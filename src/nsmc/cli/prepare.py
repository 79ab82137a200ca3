"""`nsmc prepare`: tokenize here, train where Mecab isn't installed."""

import argparse
from pathlib import Path

from nsmc.cli.common import show
from nsmc.cli.tables import read_options
from nsmc.cli.training_data import add_training_data_options, chosen_config
from nsmc.messages.translate import tr
from nsmc.progress import review_progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_training_data_options(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", required=True, help="directory to train from later"
    )


def run(args: argparse.Namespace) -> int:
    """Write the tokenized reviews and print where they are."""
    from nsmc.config.schema import Config
    from nsmc.data.cache import prepare
    from nsmc.data.corpus import Encoding
    from nsmc.data.download import official_data
    from nsmc.tasks.registry import make_task
    from nsmc.training.fine_tuning import learned_units

    config = chosen_config(args, []) or Config()
    reading = read_options(args)
    task = make_task(config).reading(None, reading)
    learned = learned_units(config) if config.training.init_from else None
    with review_progress(tr("tokenizing")) as advance:
        place = prepare(
            args.data or official_data(),
            args.output,
            Encoding.of(config, task.label_columns(), learned, reading),
            check=task.learn,
            progress=advance,
        )
    show(place)
    return 0
