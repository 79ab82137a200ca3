"""`nsmc info`: what a model is, for a person, a program or as a card."""

import argparse
from typing import TYPE_CHECKING, Any

from nsmc.cli.common import align, format_duration, model_named, parameter_lines, print_json, show
from nsmc.messages.translate import tr
from nsmc.text.width import padded

if TYPE_CHECKING:
    from nsmc.inspection.info import ModelInfo

EPILOG = """Every file is checked against its hash first, so what is shown is what scores.

examples:
  nsmc info
  nsmc info runs/mine --json
  nsmc info runs/mine --card > CARD.md"""
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
        for name, texts in [*_sections(about), (tr("your words"), [_words_line()])]:
            for index, text in enumerate(texts or [tr("not recorded")]):
                show(padded("" if index else name, 12) + text)
    return 0


def _words() -> dict[str, Any]:
    """Where the user's own table of new words is, and how many it has."""
    from nsmc.data.paths import user_words_file
    from nsmc.storage.files import is_there
    from nsmc.text.new_words import read_words

    file = user_words_file()
    return {"file": str(file), "words": len(read_words(file).meanings) if is_there(file) else 0}


def _words_line() -> str:
    words = _words()
    return tr("{words:,} in {file} (nsmc words add WORD MEANING)", **words)


def _sections(about: "ModelInfo") -> list[tuple[str, list[str]]]:
    """The lines of each section under its name; none for what isn't recorded."""
    tensors = [(t["name"], t["shape"], t["parameters"]) for t in about.tensors]
    files = [(f["name"], tr("{bytes:,} bytes", bytes=f["bytes"])) for f in about.files]
    files.append((tr("all"), tr("{bytes:,} bytes", bytes=about.bytes)))
    versions = [", ".join(f"{name} {version}" for name, version in about.versions.items())]
    return [
        (tr("model"), [about.model + (tr("  (inside the package)") if about.shipped else "")]),
        (tr("task"), _task(about)),
        (tr("network"), _network(about)),
        (tr("vocabulary"), _vocabulary(about.vocabulary)),
        (tr("tokenizer"), _tokenizer(about.tokenizer)),
        *_threshold(about),
        (tr("data"), _data(about.data)),
        (tr("training"), _training(about.training)),
        (tr("validation"), _validation(about)),
        *([(tr("early exit"), _exit(about.exit))] if about.exit else []),
        (tr("seen"), _seen(about.seen)),
        (tr("recipe"), _recipe(about.changes)),
        (tr("versions"), versions if about.versions else []),
        (tr("parameters"), parameter_lines(tensors)),
        (tr("files"), align(files, right=(1,))),
    ]


def _task(about: "ModelInfo") -> list[str]:
    """What the model does, and its classes, the largest first, as many as a line holds."""
    from nsmc.config.schema import Config
    from nsmc.inspection.purpose import purpose
    from nsmc.tasks.registry import make_task

    state = about.task_state
    task = make_task(Config.from_dict(about.recipe), state)
    lines = [f"{about.task}: {purpose(task, about.threshold)}"]
    if sizes := state.get("reviews"):
        classes = sorted(zip(state["classes"], sizes, strict=True), key=lambda one: -one[1])
        shown = ", ".join(f"{name} {size:,}" for name, size in classes[:CLASSES])
        if classes[CLASSES:]:
            shown += tr(" and {count} more: see --json", count=len(classes) - CLASSES)
        lines.append(tr("trained on {shown}", shown=shown))
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

    units, coverage = tr(UNIT_NAMES[vocabulary["unit"]]), vocabulary["coverage"]
    covered = tr("coverage not recorded")
    if coverage is not None:
        covered = tr(
            "{coverage:.2%} of the validation part's running {units} are among them",
            coverage=coverage,
            units=units,
        )
    count = tr("{count:,} {units}", count=vocabulary["morphemes"], units=units)
    return [f"{count}; {covered}"]


def _tokenizer(identity: dict[str, str]) -> list[str]:
    # Only morphemes have a choice of tokenizers; other units are cut in one way.
    by = "tokenizer" if "tokenizer" in identity else "unit"
    rest = ", ".join(f"{k} {v}" for k, v in identity.items() if k != by)
    return [f"{identity[by]} ({rest})"]


def _threshold(about: "ModelInfo") -> list[tuple[str, list[str]]]:
    """The threshold, of a task that has one, and the calibration, if there is any."""
    temperature = about.temperature
    calibrated = tr("calibration not recorded")
    if temperature is not None:
        calibrated = tr(
            "calibrated by a temperature of {temperature:.3f}, already in the weights",
            temperature=temperature,
        )
    if about.has_threshold:
        positive = tr("긍정 from {threshold:g} on", threshold=about.threshold)
        return [(tr("threshold"), [f"{positive}; {calibrated}"])]
    return [(tr("calibration"), [calibrated])] if temperature is not None else []


def _data(data: dict[str, Any]) -> list[str]:
    if not data:
        return []
    return [
        tr("{name}: {reviews:,} reviews, {skipped:,} empty ones left out", **data),
        f"SHA-256 {data['sha256']}",
    ]


def _training(training: dict[str, Any]) -> list[str]:
    if training["epochs"] is None:
        return []
    written = training["written"].replace("T", " ").replace("Z", " UTC")
    return [
        tr(
            "{epochs} epochs, the best was {best}; {time} on {device}; written {written}",
            epochs=training["epochs"],
            best=training["best_epoch"] or tr("the linear fit before them"),
            time=format_duration(training["seconds"]),
            device=training["device"],
            written=written,
        )
    ]


def _validation(about: "ModelInfo") -> list[str]:
    """The metrics of the finished model, and why they are not those of its best epoch."""
    from nsmc.inspection.info import metric_of

    validation, metric = about.validation, metric_of(about)
    if not validation:
        return []
    shown = f"{tr(metric.words)} {metric.show(validation[metric.name])}"
    lines = [f"{shown}, {tr('loss')} {validation['loss']:.4f}"]
    if "reviews" in validation:
        lines[0] += tr(" ({reviews:,} reviews)", reviews=validation["reviews"])
    if about.after_training:
        lines.append(tr("after the last epoch: {texts}", texts="; ".join(about.after_training)))
    return lines


def _exit(early: dict[str, Any]) -> list[str]:
    lines = [
        tr(
            "n-grams alone answer {share:.1%} of the validation part, with log odds from "
            "{threshold:.2f} on",
            **early,
        )
    ]
    if "narrow_share" in early:
        lines.append(
            tr(
                "a narrow network answers another {narrow_share:.1%}, with log odds from "
                "{narrow_threshold:.2f} on",
                **early,
            )
        )
    costs = tr(
        "that costs {points:.3f} points of accuracy and {log_loss:.4f} of log loss there; --exact "
        "asks the whole network",
        points=100 * early["accuracy_on_labels"],
        log_loss=early["log_loss_on_labels"],
    )
    return [*lines, costs]


def _seen(seen: dict[str, Any] | None) -> list[str]:
    if seen is None:
        return []
    rate = seen["false_positive_rate"]
    share = f"{rate:.1%}"
    if rate < 0.001:
        share = tr(
            "less than one in {count:,.0f}" if rate < 1e-6 else "one in {count:,.0f}",
            count=1 / max(rate, 1e-6),
        )
    return [
        tr(
            "{texts:,} distinct texts in training, as hashes; of others {share} is taken for one "
            "of them",
            texts=seen["texts"],
            share=share,
        )
    ]


def _recipe(changes: dict[str, dict[str, Any]]) -> list[str]:
    fields = [
        (f"{name} = {change['value']}", tr("(default: {default})", default=change["default"]))
        for name, change in changes.items()
    ]
    return align(fields) or [tr("the default one")]
