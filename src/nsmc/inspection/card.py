"""A model card as Markdown, from what is in a model directory and ``templates/card.md``, or
``card.ko.md`` where the language is Korean.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nsmc.config.schema import Config
from nsmc.config.text import UNIT_NAMES
from nsmc.errors import printable
from nsmc.inspection.info import ModelInfo, head_name, metric_of, network_name, wide_name
from nsmc.inspection.purpose import purpose
from nsmc.messages.translate import language, tr
from nsmc.tasks.registry import make_task


def model_card(
    about: ModelInfo,
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
        about: what `nsmc.inspection.info.info` returns.
        title, note: the heading, None for one with the model's path, and a paragraph below it.
        data_name: the name of the training reviews; None leaves the name of their file.
        facts, limits: further items, in Markdown, of the list at the top and of that at the end.
        metrics: the section of metrics with its heading; None takes those of the validation part.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    data = about.recipe["data"]
    held_back = f"{data['validation']:.0%}"
    if column := data["validation_column"]:
        held_back = tr("those marked in `{column}`", column=column)
    metric = metric_of(about) if about.validation else None
    task = make_task(Config.from_dict(about.recipe), about.task_state)
    # Markdown shows text as it is, so nothing but control characters is escaped.
    environment = Environment(
        autoescape=False,
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        finalize=lambda value: printable(value) if isinstance(value, str) else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"count": "{:,}".format, "toml": _toml}
    return environment.get_template("card.ko.md" if language() == "ko" else "card.md").render(
        about=replace(about, task_state={"reviews": None, **about.task_state}),
        title=title,
        note=note,
        data_name=data_name,
        facts=facts,
        metrics=metrics,
        limits=limits,
        units=tr(UNIT_NAMES[about.vocabulary["unit"]]),
        held_back=held_back,
        training_facts=_training_facts(about),
        metric=metric,
        metric_words=tr(metric.words) if metric else None,
        purpose=purpose(task, about.threshold),
        head_name=head_name,
        network_name=network_name,
        wide_name=wide_name,
    )


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _training_facts(about: ModelInfo) -> list[str]:
    training = about.training
    facts = []
    if training["epochs"]:
        best, epochs = training["best_epoch"], training["epochs"]
        if best:
            facts.append(tr("epoch {best} of {epochs}, the best", best=best, epochs=epochs))
        else:
            facts.append(tr("the linear fit before {epochs} epochs, the best", epochs=epochs))
    if training["seconds"] is not None:
        seconds = training["seconds"]
        time = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        facts.append(tr("{time} on {device}", time=time, device=training["device"]))
    facts += [f"{name} {version}" for name, version in about.versions.items()]
    if training["written"]:
        facts.append(tr("written {date}", date=training["written"][:10]))
    return facts
