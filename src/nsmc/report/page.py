"""The report as one HTML page that needs nothing outside itself."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nsmc.report.examples import Example
from nsmc.report.fonts import font_face
from nsmc.report.templating import render, writable
from nsmc.report.view import View


def report_page(
    metrics: Mapping[str, Any],
    views: Sequence[View],
    examples: Sequence[Mapping[str, Sequence[Example]]],
) -> str:
    """The page of all metrics, the views, and explained comments of each by their lists' names."""
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    charts = [view.charts(metrics) for view in views]
    body = render(
        "report.html",
        metrics=metrics,
        answers=[
            {
                "template": view.template,
                "leading": view.leading,
                "units": view.units,
                "charts": drawn,
                "examples": lists,
            }
            for view, drawn, lists in zip(views, charts, examples, strict=True)
        ],
    )
    data = {
        "charts": {f"chart-{name}": one for drawn in charts for name, one in drawn.items()},
        "thresholds": metrics.get("thresholds"),
    }
    text = writable(json.dumps(data, ensure_ascii=False, allow_nan=False))
    return render(
        "page.html",
        title=f"nsmc report: {Path(metrics['data']['path']).name}",
        font=Markup(font_face(body + text)),
        body=Markup(body),
        # "<" is only in JSON's strings, where this means the same and ends no script.
        data=Markup(text.replace("<", "\\u003c")),
        plotly=Markup(get_plotlyjs()),
    )
