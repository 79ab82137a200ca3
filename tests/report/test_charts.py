"""Charts that Plotly's own checks accept, in series that a grey print keeps apart."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nsmc.evaluation.evaluate import evaluate_classifier
from nsmc.inference.classifier import load
from nsmc.report.charts import slice_chart
from nsmc.report.page import report_page
from nsmc.report.write import report_metrics, views_of

CHARTS = {"sentiment": 9, "classes": 7, "sentiment+stars": 15, "stars": 7}
UNITS = ("%", "characters", "probability", "no unit", "stars", "comments", "predicted", "labelled")


@pytest.fixture(scope="module", params=CHARTS)
def charts(
    request: pytest.FixtureRequest,
    small_model: Path,
    untrained: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("table") / "t.csv"
    rows = [
        f"{word} {'다 ' * (n % 4)},{n % 2},{n % 10 + 1}"
        for n, word in enumerate(["재밌다", "별로다", "그냥 <b>그렇다</b>", "노잼", "최고"] * 12)
    ]
    path.write_text("document,label,rating\n" + "\n".join(rows) + "\n", encoding="utf-8")
    task: str = request.param
    model = small_model
    if task != "sentiment":
        model = untrained(f"task={task}", classes=["0", "1"] if task == "classes" else ())
    result = evaluate_classifier(load(model), path)
    views = views_of(result.reviews)
    metrics = report_metrics(result, views)
    charts: dict[str, Any] = {}
    for view in views:
        drawn = view.charts(metrics)
        assert not charts.keys() & drawn.keys()
        charts |= drawn
    page = report_page(metrics, views, [{name: [] for name in view.chosen()} for view in views])
    assert {f"chart-{name}" for name in charts} == set(re.findall(r'id="(chart-[^"]*)"', page))
    assert len(charts) == CHARTS[task]
    return charts


def test_plotly_knows_every_field(charts: dict[str, Any]) -> None:
    import plotly.graph_objects as plotly

    for name, chart in charts.items():
        plotly.Figure(chart["data"], chart["layout"])  # raises for a field or value it doesn't know
        text = json.dumps(chart, allow_nan=False, ensure_ascii=False)
        assert "<b>" not in text, name
        for axis in ("xaxis", "yaxis"):
            title = chart["layout"][axis]["title"]["text"]
            assert any(unit in title for unit in UNITS), (name, title)


@pytest.mark.parametrize(("overall", "side"), [(0.995, "right"), (0.3, "left")])
def test_the_metric_of_all_is_written_where_there_is_room(overall: float, side: str) -> None:
    """At an end of the axis the middle of its words would be cut off."""
    values = {"bin": "to 50", "examples": 9, "accuracy": 0.5, "low": 0.2, "high": 0.9}
    chart = slice_chart({name: [value] for name, value in values.items()}, "length", overall)
    assert chart["layout"]["annotations"][0]["xanchor"] == side


def test_series_differ_without_colour(charts: dict[str, Any]) -> None:
    for name, chart in charts.items():
        marks = [
            (one.get("type"), one["line"]["dash"] if "dash" in one.get("line", {}) else "", symbol)
            for one in chart["data"]
            for symbol in [str(one.get("marker", {}).get("symbol"))]
        ]
        assert len(set(marks)) == len(marks), name
