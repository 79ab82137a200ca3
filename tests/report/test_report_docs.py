"""The figures in docs/report.md are those that were measured."""

import json
from pathlib import Path

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_page_tells_the_measured_figures() -> None:
    results = json.loads((DOCS / "results" / "report.json").read_text(encoding="utf-8"))
    text = (DOCS / "report.md").read_text(encoding="utf-8")
    for name in ("length", "unknown"):
        table = results["slices"][name]
        columns = (table[c] for c in ("bin", "examples", "accuracy", "low", "high"))
        for label, examples, accuracy, low, high in zip(*columns, strict=True):
            interval = f"({100 * low:.1f}–{100 * high:.1f})"
            assert f"| {label} | {examples:,} | {accuracy:.1%} {interval} |" in text
    ece = results["ece"]
    assert f"from {ece['before']:.2%} to {ece['after']:.2%}" in text
    assert f"the page has {results['bytes']['report.html'] / 1e6:.1f} MB" in text
    assert f"drawn {results['milliseconds_to_draw'] / 1000:.1f} s after opening" in text.replace(
        "\n  ", " "
    )
    assert (DOCS / "report.png").stat().st_size < 200_000
