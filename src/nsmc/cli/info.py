"""`nsmc info`: what a model is, for a person, a program or as a card."""

import argparse
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import align, format_duration, model_named, parameter_lines, print_json, show

if TYPE_CHECKING:
    from nsmc.inspection.info import ModelInfo

EPILOG = """Every file is checked against its hash first, so what is shown is what scores.

examples:
  nsmc info
  nsmc info runs/mine --json
  nsmc info runs/mine --card > CARD.md"""
NOT_RECORDED = "not recorded"
CLASSES = 12
"""Classes shown."""


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
    """Print what the model is."""
    from nsmc.inspection.info import info

    about = info(model_named(args.model))
    if args.json:
        print_json({**about.to_dict(), "words": _words()})
    elif args.card:
        from nsmc.inspection.card import model_card

        show(model_card(about).rstrip("\n"))
    else:
        for name, texts in [*_sections(about), ("your words", [_words_line()])]:
            for index, text in enumerate(texts or [NOT_RECORDED]):
                show(f"{'' if index else name:<12}{text}")
    return 0


def _words() -> dict[str, Any]:
    """Where the user's own table of new words is, and how many it has."""
    from nsmc.data.paths import user_words_file
    from nsmc.text.new_words import read_words

    file = user_words_file()
    return {"file": str(file), "words": len(read_words(file).meanings) if file.exists() else 0}


def _words_line() -> str:
    words = _words()
    return f"{words['words']:,} in {words['file']} (nsmc words add WORD MEANING)"


def _sections(about: "ModelInfo") -> list[tuple[str, list[str]]]:
    """The lines of each section under its name; none for what isn't recorded."""
    tensors = [(t["name"], t["shape"], t["parameters"]) for t in about.tensors]
    files = [(f["name"], f"{f['bytes']:,} bytes") for f in about.files]
    versions = [", ".join(f"{name} {version}" for name, version in about.versions.items())]
    return [
        ("model", [f"{about.model}{'  (inside the package)' if about.shipped else ''}"]),
        ("task", _task(about)),
        ("network", _network(about)),
        ("vocabulary", _vocabulary(about.vocabulary)),
        ("tokenizer", _tokenizer(about.tokenizer)),
        *_threshold(about),
        ("data", _data(about.data)),
        ("training", _training(about.training)),
        ("validation", _validation(about)),
        *([("early exit", _exit(about.exit))] if about.exit else []),
        ("seen", _seen(about.seen)),
        ("recipe", _recipe(about.changes)),
        ("versions", versions if about.versions else []),
        ("parameters", parameter_lines(tensors)),
        ("files", align([*files, ("all", f"{about.bytes:,} bytes")], right=(1,))),
    ]


def _task(about: "ModelInfo") -> list[str]:
    """What the model does, and its classes, the largest first, as many as a line holds."""
    lines = [f"{about.task}: {about.purpose}"]
    state = about.task_state
    if sizes := state.get("reviews"):
        classes = sorted(zip(state["classes"], sizes, strict=True), key=lambda one: -one[1])
        shown = ", ".join(f"{name} {size:,}" for name, size in classes[:CLASSES])
        more = f" and {len(classes) - CLASSES} more: see --json" if classes[CLASSES:] else ""
        lines.append(f"trained on {shown}{more}")
    return lines


def _network(about: "ModelInfo") -> list[str]:
    from nsmc.inspection.info import head_name, network_name, wide_name

    network = about.network
    ngrams = " + n-grams" if network["subword_buckets"] else ""
    parts = [f"Embedding {network['embedding_size']}{ngrams}", network_name(network)]
    parts.append(head_name(about))
    if about.head == "pooled":
        parts.append("Linear")
    wide = wide_name(network)
    return [" → ".join(parts), *([f"+ {wide}"] if wide else [])]


def _vocabulary(vocabulary: dict[str, Any]) -> list[str]:
    from nsmc.config.text import UNIT_NAMES

    units, coverage = UNIT_NAMES[vocabulary["unit"]], vocabulary["coverage"]
    covered = f"coverage {NOT_RECORDED}"
    if coverage is not None:
        covered = f"{coverage:.2%} of the validation part's running {units} are among them"
    return [f"{vocabulary['morphemes']:,} {units}; {covered}"]


def _tokenizer(identity: dict[str, str]) -> list[str]:
    # Only morphemes have a choice of tokenizers; other units are cut in one way.
    by = "tokenizer" if "tokenizer" in identity else "unit"
    rest = ", ".join(f"{k} {v}" for k, v in identity.items() if k != by)
    return [f"{identity[by]} ({rest})"]


def _threshold(about: "ModelInfo") -> list[tuple[str, list[str]]]:
    """The threshold, of a task that has one, and the calibration, if there is any."""
    temperature = about.temperature
    calibrated = f"calibration {NOT_RECORDED}"
    if temperature is not None:
        calibrated = f"calibrated by a temperature of {temperature:.3f}, already in the weights"
    if about.has_threshold:
        return [("threshold", [f"긍정 from {about.threshold:g} on; {calibrated}"])]
    return [("calibration", [calibrated])] if temperature is not None else []


def _data(data: dict[str, Any]) -> list[str]:
    if not data:
        return []
    return [
        f"{data['name']}: {data['reviews']:,} reviews, {data['skipped']:,} empty ones left out",
        f"SHA-256 {data['sha256']}",
    ]


def _training(training: dict[str, Any]) -> list[str]:
    if training["epochs"] is None:
        return []
    written = training["written"].replace("T", " ").replace("Z", " UTC")
    best = training["best_epoch"] or "the linear fit before them"
    return [
        f"{training['epochs']} epochs, the best was {best}; "
        f"{format_duration(training['seconds'])} on {training['device']}; written {written}"
    ]


def _validation(about: "ModelInfo") -> list[str]:
    """The metrics of the finished model, and why they are not those of its best epoch."""
    from nsmc.inspection.info import metric_of

    validation, metric = about.validation, metric_of(about)
    if not validation:
        return []
    reviews = f" ({validation['reviews']:,} reviews)" if "reviews" in validation else ""
    shown = metric.show(validation[metric.name])
    lines = [f"{metric.words} {shown}, loss {validation['loss']:.4f}{reviews}"]
    if about.after_training:
        lines.append(f"after the last epoch: {'; '.join(about.after_training)}")
    return lines


def _exit(early: dict[str, Any]) -> list[str]:
    lines = [
        f"n-grams alone answer {early['share']:.1%} of the validation part, with log odds from "
        f"{early['threshold']:.2f} on",
        f"that costs {100 * early['accuracy_on_labels']:.3f} points of accuracy and "
        f"{early['log_loss_on_labels']:.4f} of log loss there; --exact asks the whole network",
    ]
    if "narrow_share" in early:
        lines[1:1] = [
            f"a narrow network answers another {early['narrow_share']:.1%}, with log odds from "
            f"{early['narrow_threshold']:.2f} on"
        ]
    return lines


def _seen(seen: dict[str, Any] | None) -> list[str]:
    if seen is None:
        return []
    rate = seen["false_positive_rate"]
    share = f"{rate:.1%}" if rate >= 0.001 else f"one in {1 / max(rate, 1e-6):,.0f}"
    less = "less than " if rate < 1e-6 else ""
    return [
        f"{seen['texts']:,} distinct texts in training, as hashes; of others {less}{share} is "
        "taken for one of them"
    ]


def _recipe(changes: dict[str, dict[str, Any]]) -> list[str]:
    fields = [
        (f"{name} = {change['value']}", f"(default: {change['default']})")
        for name, change in changes.items()
    ]
    return align(fields) or ["the default one"]
