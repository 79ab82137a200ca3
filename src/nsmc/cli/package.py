"""`nsmc package`: a model as a wheel of its own, or as a folder for a model hub."""

import argparse
from pathlib import Path

from nsmc.cli.common import model_named

EPILOG = """examples:
  nsmc package runs/topics --name nsmc-topics --output dist
  pip install dist/nsmc_topics-1.0-py3-none-any.whl && nsmc predict --model nsmc-topics "…"
  nsmc package runs/topics --name nsmc-topics --hub --output hub

A hub's folder holds the model's files and README.md, its card. Whoever uploads it as owner/name can
open it by that name: nsmc predict --model owner/name (pip install "nsmc[hub]")."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "model", metavar="MODEL", help="a model directory, or `shipped` for that of the package"
    )
    parser.add_argument("--name", required=True, help="of the distribution, such as nsmc-topics")
    parser.add_argument("--version", default="1.0", metavar="V", help="of the wheel (default: 1.0)")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="where the wheel or folder goes"
    )
    parser.add_argument("--hub", action="store_true", help="a folder for a hub, not a wheel")


def run(args: argparse.Namespace) -> int:
    """Write it and print where."""
    from nsmc.exporting.package import check_name, write_hub_folder, write_wheel
    from nsmc.inference.directory import open_model
    from nsmc.inspection.card import model_card
    from nsmc.inspection.info import info

    check_name(args.name, args.version)
    model = open_model(model_named(args.model))
    card = model_card(info(model.path), title=args.name)
    if args.hub:
        print(write_hub_folder(model, args.output, card))
    else:
        print(write_wheel(model, args.output, card, args.name, args.version))
    return 0
