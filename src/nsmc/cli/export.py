"""`nsmc export`: a trained model in a smaller form, or in one that other programs run."""

import argparse
from pathlib import Path

from nsmc.cli.common import add_model_option, show
from nsmc.errors import UsageError

EPILOG = """examples:
  nsmc export --model runs/first --int8 --output small
  nsmc export --model runs/syllable --web site
  nsmc export --model runs/syllable --onnx network.onnx

Score with a directory as with any other: nsmc predict --model small.

--web writes the page of nsmc serve with the model inside: open site/index.html, or put the
directory on any static host. Comments are scored in the browser. It needs a model without Mecab,
which takes minutes to train: nsmc train --config configs/syllable.toml --output runs/syllable.

An ONNX graph gives the task's outputs: the log odds of 긍정, a logit for each class, or stars from
-1 to 1 for the ends of their scale; its metadata holds the config and the classes (pip install
"nsmc[onnx]"). Of syllables or jamo without n-grams it takes the units' rows, and network.json
beside it says how a comment becomes them: docs/exporting.md has a program that does so. Of other
models it takes the units' vectors; with [model.wide] a second input, added, is the sum of the
character n-grams' weights: nsmc.inference.wide.WideOutputs."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    add_model_option(parser)
    form = parser.add_mutually_exclusive_group(required=True)
    form.add_argument(
        "--output", type=Path, metavar="PLACE", help="a new model directory, or a file in .onnx"
    )
    form.add_argument(
        "--onnx",
        type=Path,
        metavar="FILE",
        help="an ONNX graph, for other programs: FILE.onnx",
    )
    form.add_argument(
        "--web",
        type=Path,
        metavar="DIR",
        help="a page that scores in the browser, without a server: a new directory",
    )
    parser.add_argument(
        "--int8",
        action="store_true",
        help="embedding tables in 8 bits: half the size, the same answers but for rare draws",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace the model directory, the file or the page that is there",
    )


def run(args: argparse.Namespace) -> int:
    """Export and print where."""
    options = {"int8": args.int8, "overwrite": args.overwrite}
    if args.web is not None:
        from nsmc.exporting.web import export_web

        show(export_web(args.model, args.web, **options))
        return 0
    if args.onnx is not None and args.onnx.suffix != ".onnx":
        raise UsageError(
            "--onnx: expected the name of a file in .onnx, found {path}", path=args.onnx
        )
    from nsmc.exporting.quantization import export

    show(export(args.model, args.output or args.onnx, **options))
    return 0
