"""The pages show what was measured: every table as its script writes it from the figures."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


@pytest.mark.parametrize(
    ("script", "results", "page", "block"),
    [
        ("measure_cells", "cells", "cells", "cells"),
        ("measure_gradients", "gradients", "cells", "gradients"),
        ("measure_classes", "classes", "own-labels", "classes"),
        ("measure_stars", "stars", "own-labels", "stars"),
        ("measure_language_model", "language-model", "language-model", "language-model"),
        ("measure_init_from", "init-from", "language-model", "init-from"),
        ("measure_seen", "seen", "seen", "seen"),
        ("compare_accuracy", "accuracy", "accuracy", "accuracy"),
    ],
)
def test_a_table_is_of_the_committed_figures(
    script: str, results: str, page: str, block: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    written = importlib.import_module(script).as_table(
        json.loads((DOCS / "results" / f"{results}.json").read_text(encoding="utf-8"))
    )
    assert written.count("\n|") >= 3
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert f"<!-- measured: {block} -->\n{written}<!-- /measured -->" in text


def test_the_readmes_figures_were_measured() -> None:
    def of(name: str) -> Any:
        return json.loads((DOCS / "results" / f"{name}.json").read_text(encoding="utf-8"))

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    odd = of("language-model")["recipes"]["pretraining"]["odd one found"]
    assert f"원래 댓글을 {odd['forwards']:.1%}" in readme
    assert f"5-gram은 {odd['5-gram']:.1%}" in readme
    ways = of("init-from")["labels"]["1000"]
    plain, started = (
        ways[way]["test_accuracy"] for way in ("from nothing", "from the language model")
    )
    assert f"1,000개로 {plain:.1%}이던 것이 {started:.1%}가" in readme


def test_a_block_is_replaced_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    put = importlib.import_module("benchmarks.pages").put
    page = tmp_path / "page.md"
    put(page, "one\n", "a")
    put(page, "two\n", "b")
    page.write_text("# Title\n" + page.read_text(encoding="utf-8") + "The end.\n", "utf-8")
    put(page, "three\n", "a")
    assert page.read_text(encoding="utf-8") == (
        "# Title\n<!-- measured: a -->\nthree\n<!-- /measured -->\n"
        "<!-- measured: b -->\ntwo\n<!-- /measured -->\nThe end.\n"
    )
