"""`nsmc info`: what a model is, for a person, a program or as a card."""

import argparse
import json
from typing import Any

from nsmc.cli.common import clock, model_named, parameter_lines

EPILOG = """Every file is checked against its hash first, so what is shown is what scores.

examples:
  nsmc info
  nsmc info runs/mine --json
  nsmc info runs/mine --card > CARD.md"""
NOT_RECORDED = "not recorded"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument(
        "model",
        nargs="?",
        default="shipped",
        metavar="MODEL",
        help="a model directory (default: the model inside the package, `shipped`)",
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="one JSON object")
    forms.add_argument("--card", action="store_true", help="a model card in Markdown")


def run(args: argparse.Namespace) -> int:
    """Print what the model is.

    Raises:
        NsmcError: it is missing or damaged.
    """
    from nsmc.inspection.info import info

    about = info(model_named(args.model))
    if args.json:
        print(json.dumps(about, ensure_ascii=False))
    elif args.card:
        from nsmc.inspection.card import model_card

        print(model_card(about), end="")
    else:
        print("\n".join(_lines(about)))
    return 0


def _lines(about: dict[str, Any]) -> list[str]:
    from nsmc.inspection.info import network_name

    network, vocabulary = about["network"], about["vocabulary"]
    ngrams = " + n-grams" if network["subword_buckets"] else ""
    coverage = vocabulary["coverage"]
    covered = f"coverage {NOT_RECORDED}"
    if coverage is not None:
        covered = f"{coverage:.2%} of the validation part's running morphemes are among them"
    inside = "  (inside the package)" if about["shipped"] else ""
    sections = [
        ("model", [f"{about['model']}{inside}"]),
        (
            "network",
            [
                f"Embedding {network['embedding_size']}{ngrams} → {network_name(network)} → "
                f"{network['pooling']} pooling → Linear"
            ],
        ),
        ("vocabulary", [f"{vocabulary['morphemes']:,} morphemes; {covered}"]),
        ("tokenizer", [_tokenizer(about["tokenizer"])]),
        ("threshold", [_threshold(about)]),
        ("data", _data(about["data"])),
        ("training", [_training(about["training"])]),
        ("validation", [_validation(about["validation"])]),
        ("recipe", _recipe(about["changes"])),
        ("versions", [", ".join(f"{k} {v}" for k, v in about["versions"].items())]),
        ("parameters", parameter_lines(_tensors(about))),
        ("files", _files(about)),
    ]
    lines = []
    for name, texts in sections:
        for index, text in enumerate(texts):
            lines.append(f"{'' if index else name:<12}{text or NOT_RECORDED}")
    return lines


def _tokenizer(identity: dict[str, str]) -> str:
    rest = ", ".join(f"{k} {v}" for k, v in identity.items() if k != "tokenizer")
    return f"{identity['tokenizer']} ({rest})"


def _threshold(about: dict[str, Any]) -> str:
    temperature = about["temperature"]
    if temperature is None:
        calibrated = f"calibration {NOT_RECORDED}"
    else:
        calibrated = f"calibrated by a temperature of {temperature:.3f}, already in the weights"
    return f"긍정 from {about['threshold']:g} on; {calibrated}"


def _data(data: dict[str, Any]) -> list[str]:
    if not data:
        return [""]
    return [
        f"{data['name']}: {data['reviews']:,} reviews, {data['skipped']:,} empty ones left out",
        f"SHA-256 {data['sha256']}",
    ]


def _training(training: dict[str, Any]) -> str:
    if training["epochs"] is None:
        return ""
    written = training["written"].replace("T", " ").replace("Z", " UTC")
    return (
        f"{training['epochs']} epochs, the best was {training['best_epoch']}; "
        f"{clock(training['seconds'])} on {training['device']}; written {written}"
    )


def _validation(validation: dict[str, Any]) -> str:
    if not validation:
        return ""
    reviews = f" ({validation['reviews']:,} reviews)" if "reviews" in validation else ""
    return f"accuracy {validation['accuracy']:.2%}, loss {validation['loss']:.4f} nats{reviews}"


def _recipe(changes: dict[str, dict[str, Any]]) -> list[str]:
    if not changes:
        return ["the default one"]
    fields = [(f"{name} = {c['value']}", c["default"]) for name, c in changes.items()]
    width = max(len(field) for field, _ in fields)
    return [f"{field:<{width}}  (default: {default})" for field, default in fields]


def _tensors(about: dict[str, Any]) -> list[tuple[str, tuple[int, ...], int]]:
    return [(t["name"], tuple(t["shape"]), t["parameters"]) for t in about["tensors"]]


def _files(about: dict[str, Any]) -> list[str]:
    files = [(file["name"], file["bytes"]) for file in about["files"]] + [("all", about["bytes"])]
    name, size = max(len(f[0]) for f in files), max(len(f"{f[1]:,}") for f in files)
    return [f"{n:<{name}}  {b:>{size},} bytes" for n, b in files]
