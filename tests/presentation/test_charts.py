"""Charts that Plotly's own checks accept, in series that a grey print keeps apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from nsmc.evaluation.figures import report_figures
from nsmc.evaluation.scored import open_classifier, score_reviews
from nsmc.presentation.page import _charts


@pytest.fixture(scope="module")
def charts(small_model: Path, sample: Path) -> dict[str, Any]:
    from nsmc.evaluation.metrics import accuracy_interval, binary_metrics

    scored = score_reviews(sample / "ratings_test.txt", open_classifier(small_model))
    summary = binary_metrics(scored.labels, scored.scores, 0.5)
    summary |= {"threshold": 0.5, "accuracy_interval": accuracy_interval(150, 200)}
    return _charts(report_figures(scored, summary))


def test_plotly_knows_every_field(charts: dict[str, Any]) -> None:
    import plotly.graph_objects as plotly

    assert len(charts) == 9
    for name, chart in charts.items():
        plotly.Figure(chart["data"], chart["layout"])  # raises for a field or value it doesn't know
        json.dumps(chart, allow_nan=False)
        for axis in ("xaxis", "yaxis"):
            title = chart["layout"][axis]["title"]["text"]
            assert any(unit in title for unit in ("%", "characters", "probability", "no unit")), (
                name,
                title,
            )


def test_series_differ_without_colour(charts: dict[str, Any]) -> None:
    for name, chart in charts.items():
        marks = [
            (one.get("type"), one["line"]["dash"] if "dash" in one.get("line", {}) else "", symbol)
            for one in chart["data"]
            for symbol in [one.get("marker", {}).get("symbol")]
        ]
        assert len(set(marks)) == len(marks), name
