"""`nsmc export`: a trained model in a smaller form, or in one that other programs run."""

import argparse
from pathlib import Path

from nsmc.cli.common import add_model_option, show

EPILOG = """examples:
  nsmc export --model runs/first --int8 --output small
  nsmc export --model runs/first --output network.onnx

Score with a directory as with any other: nsmc predict --model small. An ONNX graph holds the layers
after the embedding: vectors of the morphemes in, the task's outputs out. These are the log odds of
긍정, a logit for each class, or stars from -1 to 1 for the ends of their scale; its metadata holds
the config and the classes (pip install "nsmc[onnx]"). With [model.wide] a second input, added, is
the sum of the character n-grams' weights: nsmc.inference.wide.WideOutputs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_model_option(parser)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="PLACE",
        required=True,
        help="a new model directory, or a file in .onnx",
    )
    parser.add_argument(
        "--int8",
        action="store_true",
        help="embedding tables in 8 bits: half the size, the same answers but for rare draws",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace the model directory or the file at PLACE"
    )


def run(args: argparse.Namespace) -> int:
    """Export and print where."""
    from nsmc.exporting.quantization import export

    show(export(args.model, args.output, int8=args.int8, overwrite=args.overwrite))
    return 0
