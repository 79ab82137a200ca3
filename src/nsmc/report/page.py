"""The report as one HTML page that needs nothing outside itself."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from nsmc.report.explanation_html import EXPLAINED_CSS
from nsmc.report.fonts import font_face
from nsmc.report.parts import PagePart, Section, facts, note

HERE = Path(__file__).parent
# Whatever the page holds, a browser loads nothing from anywhere.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; "
    "img-src data: blob:"
)


def report_page(metrics: Mapping[str, Any], parts: Sequence[PagePart]) -> str:
    """Write the page.

    Args:
        metrics: what `nsmc.report.model_facts.report_metrics` gives.
        parts: one for each kind of answer that the model gives, the leading one first.
    """
    sections = [section for part in parts for section in part.sections]
    body = "".join(
        [
            _header(metrics, parts, sections),
            "<main>",
            *(section.html() for section in sections),
            "</main>",
            _footer(),
        ]
    )
    drawn = {
        f"chart-{name}": chart for section in sections for name, chart in section.charts.items()
    }
    more = {name: value for part in parts for name, value in part.data.items()}
    data = json.dumps({"charts": drawn, **more}, ensure_ascii=False, allow_nan=False)
    text = _utf8(body + data)
    # "<" stands in no JSON but in strings, where this means the same and ends no script.
    data = _utf8(data).replace("<", "\\u003c")
    return "".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>nsmc report: {escape(_utf8(Path(metrics['data']['path']).name))}</title>\n",
            f"<style>\n{font_face(text)}\n{_resource('report.css')}{EXPLAINED_CSS}</style>\n",
            f"</head>\n<body>\n{_utf8(body)}\n",
            f'<script type="application/json" id="page-data">{data}</script>\n',
            f"<script>{_plotly()}</script>\n<script>\n{_resource('report.js')}</script>\n",
            "</body>\n</html>\n",
        ]
    )


def _header(
    metrics: Mapping[str, Any], parts: Sequence[PagePart], sections: Sequence[Section]
) -> str:
    model, data = metrics["about"]["model"], metrics["data"]
    about = [
        ("comments", f"{data['path']} · SHA-256 {data['sha256'][:16]}…"),
        *(fact for part in parts for fact in part.facts),
        ("model", model["name"]),
        ("network", model["network"]),
        ("trained on", model["trained_on"]),
        ("made", f"{metrics['about']['made']} by nsmc {metrics['about']['nsmc']}"),
    ]
    if metrics["about"]["seen"]:
        about.insert(1, ("seen in training", metrics["about"]["seen"]))
    if metrics["skipped"]:
        about.insert(1, ("left out", f"{metrics['skipped']:,} rows with an empty comment"))
    links = "".join(f"<li><a href=#{one.key}>{one.link}</a></li>" for one in sections)
    return (
        "<header><h1>nsmc · evaluation report</h1>"
        f'<p class="verdict">{parts[0].verdict}</p>'
        + "".join(note(text) for part in parts for text in part.notes)
        + f"{facts(about)}</header><nav><ul>{links}</ul></nav>"
    )


def _footer() -> str:
    return (
        "<footer><p>The figures behind this page stand beside it in <code>figures.json</code> and "
        "CSV files. The page loads nothing from anywhere. The comments are set in a subset of "
        "Review Hangul, a modified NanumGothic (© NHN Corporation) under the SIL Open Font License "
        "1.1; the charts are drawn by Plotly (MIT).</p></footer>"
    )


def _utf8(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 can't hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _resource(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    source: str = get_plotlyjs()
    return source
