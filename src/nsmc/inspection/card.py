"""The words of a model card, as Markdown, from what stands in a model directory.

Its form follows Mitchell et al., "Model cards for model reporting", FAT* 2019: what the model is,
what it was trained on, how it was measured, and where it should not be trusted.
"""

from collections.abc import Sequence
from typing import Any

from nsmc.config.text import UNIT_NAMES
from nsmc.inspection.info import head_name, metric_of, network_name, wide_name

LIMITS = (
    "It has learnt from reviews of one kind. Reviews of other things share much of the language, "
    "not all: measure it there before trusting it.",
    "Where labels are star ratings that users gave, some contradict the comment below them.",
)
VALIDATION_NOTE = (
    "These reviews chose the best epoch{more}, so the figures flatter the model a little. `nsmc "
    "evaluate` measures it on reviews that chose nothing."
)


def model_card(
    about: dict[str, Any],
    *,
    title: str | None = None,
    note: str | None = None,
    data_name: str | None = None,
    facts: Sequence[str] = (),
    metrics: str | None = None,
    limits: Sequence[str] = (),
) -> str:
    """Write the card of a model.

    Args:
        about: what `nsmc.inspection.info.info` says of it.
        title: the heading; None takes one with the model's path.
        note: a paragraph below it.
        data_name: what the training reviews are called; None leaves the name of their file.
        facts: further items of the list at the top, Markdown.
        metrics: the section of figures with its heading; None takes those of the validation part.
        limits: further items of the list at the end.
    """
    where = "inside the package" if about["shipped"] else about["model"]
    parts = [
        f"# {title or f'Model card: the model {where}'}",
        note,
        "\n".join(f"- {fact}" for fact in [*_facts(about, data_name), *facts]),
        metrics or _validation(about),
        "## Limits\n\n" + "\n".join(f"- {limit}" for limit in (*LIMITS, *limits)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(about: dict[str, Any], data_name: str | None) -> list[str]:
    network, vocabulary = about["network"], about["vocabulary"]
    buckets = network["subword_buckets"]
    kinds = "character and letter" if network["subword_letters"] else "character"
    ngrams = f", {buckets:,} hashed {kinds} n-grams" if buckets else ""
    coverage = vocabulary["coverage"]
    units = UNIT_NAMES[vocabulary["unit"]]
    covered = (
        f"; {coverage:.1%} of the validation part's {units} are among them" if coverage else ""
    )
    beside = f"; beside it {wide}" if (wide := wide_name(network)) else ""
    tokenizer = sorted(about["tokenizer"].items())
    facts = [
        f"**What it does**: {about['purpose']}.",
        f"**Network**: {network_name(network)} over {network['embedding_size']}-dimensional "
        f"{vocabulary['unit']} vectors, {head_name(about)}{beside}; "
        f"{about['parameters']:,} parameters, {about['bytes'] / 1e6:.1f} MB.",
        f"**Vocabulary**: {vocabulary['morphemes']:,} {units}{ngrams}{covered}.",
        f"**Trained on**: {_data(about, data_name)}.",
        f"**{units.capitalize()} by**: {', '.join(f'{k} {v}' for k, v in tokenizer)}.",
        f"**Recipe**: {_recipe(about['changes'])}.",
    ]
    if how := _training(about):
        facts.append(f"**Training**: {how}.")
    if sizes := about["task_state"].get("reviews"):
        classes = zip(about["task_state"]["classes"], sizes, strict=True)
        counts = ", ".join(f"{name} {size:,}" for name, size in classes)
        facts.insert(1, f"**Classes**, with the reviews of each: {counts}.")
    if about["temperature"]:
        facts.append(
            f"**Calibration**: a temperature of {about['temperature']:.2f}, already in its weights."
        )
    return facts


def _data(about: dict[str, Any], data_name: str | None) -> str:
    data, recipe = about["data"], about["recipe"]["data"]
    if not data:
        return "not recorded"
    file = f"`{data['name']}`, SHA-256 `{data['sha256'][:16]}…`"
    labelled = "labelled " if about["head"] == "pooled" else ""
    reviews = f"{data['reviews']:,} {labelled}reviews of "
    reviews += f"{data_name} ({file})" if data_name else file
    marks = recipe["validation_column"]
    held = f"those marked in `{marks}`" if marks else f"{recipe['validation']:.0%}"
    return f"{reviews}; {data['skipped']:,} empty ones left out and {held} held back for validation"


def _recipe(changes: dict[str, dict[str, Any]]) -> str:
    differing = ", ".join(f"`{name} = {_toml(c['value'])}`" for name, c in changes.items())
    return f"the default one but for {differing}" if differing else "the default one"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _training(about: dict[str, Any]) -> str:
    training, versions = about["training"], about["versions"]
    told = []
    if training["epochs"]:
        told.append(f"epoch {training['best_epoch']} of {training['epochs']}, the best")
    if training["seconds"] is not None:
        seconds = training["seconds"]
        time = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        told.append(f"{time} on {training['device']}")
    told += [f"{name} {version}" for name, version in versions.items()]
    if training["written"]:
        told.append(f"written {training['written'][:10]}")
    return ", ".join(told)


def _validation(about: dict[str, Any]) -> str:
    validation, lines = about["validation"], ["## Figures", ""]
    if not validation:
        return "\n".join([*lines, "None were recorded; `nsmc evaluate` measures it."])
    reviews = f" on {validation['reviews']:,} reviews" if "reviews" in validation else ""
    metric = metric_of(about)
    note = VALIDATION_NOTE.format(more=" and the temperature" if about["temperature"] else "")
    lines += [
        f"Validation{reviews}: {metric.words} **{metric.show(validation[metric.name])}**, loss "
        f"{validation['loss']:.4f}. {note}",
    ]
    if about["history"]:
        lines += [
            "",
            f"| epoch | training loss | {metric.words} | validation loss | {metric.words} |",
            "|---|---|---|---|---|",
        ]
    lines += [
        f"| {r['epoch']} | {r['train_loss']:.4f} | {metric.show(r[f'train_{metric.name}'])} "
        f"| {r['validation_loss']:.4f} | {metric.show(r[f'validation_{metric.name}'])} |"
        for r in about["history"]
    ]
    return "\n".join(lines)
