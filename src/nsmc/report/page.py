"""The report as one HTML page that needs nothing outside itself, in each language."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nsmc.config.text import UNIT_NAMES
from nsmc.inference.directory import SHIPPED, ModelDirectory
from nsmc.messages.translate import tr
from nsmc.report.examples import Example
from nsmc.report.fonts import font_face
from nsmc.report.metric_lines import overlap_line
from nsmc.report.templating import Bilingual, bilingual, in_each, merged, render, visible, writable
from nsmc.report.view import View


def report_page(
    metrics: Mapping[str, Any],
    views: Sequence[View],
    examples: Sequence[Mapping[str, Sequence[Example]]],
) -> str:
    """The page of all metrics, the views, and explained comments of each by their lists' names."""
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    charts = [merged(in_each(partial(view.charts, metrics))) for view in views]
    seen, model = metrics["seen"], views[0].scored.classifier.model
    about = in_each(partial(about_model, model))
    body = render(
        "report.html",
        metrics=metrics,
        facts={
            "seen": bilingual(partial(overlap_line, seen)) if seen else None,
            **{
                name: Bilingual({language: one[name] for language, one in about.items()})
                for name in about["en"]
            },
        },
        answers=[
            {
                "template": view.template,
                "leading": view.leading,
                "units": bilingual(partial(tr, view.units)),
                "charts": drawn,
                "examples": lists,
            }
            for view, drawn, lists in zip(views, charts, examples, strict=True)
        ],
    )
    data = {
        "charts": {f"chart-{name}": one for drawn in charts for name, one in drawn.items()},
        "thresholds": metrics.get("thresholds"),
        "words": merged(in_each(_script_words)),
    }
    text = writable(json.dumps(visible(data), ensure_ascii=False, allow_nan=False))
    return render(
        "page.html",
        title=f"nsmc: {Path(metrics['data']['path']).name}",
        font=Markup(font_face(body + text)),
        body=Markup(body),
        # "<" is only in JSON's strings, where this means the same and ends no script.
        data=Markup(text.replace("<", "\\u003c")),
        plotly=Markup(get_plotlyjs()),
    )


def about_model(model: ModelDirectory) -> dict[str, str]:
    """The model's ``name``, ``network`` and ``trained_on``."""
    config, data = model.config.model, model.metrics.get("data")
    network = tr(
        "{layers}-layer bidirectional {cell} of {size} units, {pooling} pooling, {count} {units}"
        if config.bidirectional
        else "{layers}-layer {cell} of {size} units, {pooling} pooling, {count} {units}",
        layers=config.layers,
        cell=config.cell.upper(),
        size=config.hidden_size,
        pooling=config.pooling,
        count=f"{len(model.vocabulary):,}",
        units=tr(UNIT_NAMES[model.config.text.unit]),
    )
    trained_on = tr("not recorded")
    if data:
        comments = tr("{name}, {reviews:,} comments", name=data["name"], reviews=data["reviews"])
        trained_on = f"{comments} · SHA-256 {data['sha256'][:16]}…"
    name = tr("the one inside the package") if model.path == SHIPPED else str(model.path)
    return {"name": name, "network": network, "trained_on": trained_on}


def _script_words() -> dict[str, str]:
    """What the page's script writes, with places for its numbers."""
    return {
        "precision": tr("{0} of {1} predicted 긍정 are"),
        "recall": tr("{0} of {1} 긍정 are predicted 긍정"),
        "accuracy": tr("{0} of {1} decided are right"),
        "decided": tr("{0} of {1}; {2} left open"),
        "sure": tr("{0} of the comments are decided, {1} of them right."),
        "none": tr("No comment is decided."),
    }
