"""The pages show what was measured: every table as its script writes it from the figures."""

import json
import re
from pathlib import Path
from typing import Any

import compare_accuracy
import measure_ranks
import pytest
from experiment import block, named
from pages import put

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


TABLES = {name: (one.page, one.as_table) for name, one in named().items() if one.page}
TABLES["accuracy"] = ("accuracy", compare_accuracy.as_table)
TABLES["ranks"] = ("distributed", measure_ranks.as_table)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_of_the_committed_results(name: str) -> None:
    (page, as_table), marked = TABLES[name], block(name)
    assert as_table is not None
    results = json.loads((DOCS / "results" / f"{marked}.json").read_text(encoding="utf-8"))
    written = as_table(results)
    assert len(re.findall(r"\d+", written)) > 9
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    assert f"<!-- measured: {marked} -->\n{written}<!-- /measured -->" in text


def test_the_readmes_numbers_were_measured() -> None:
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


def test_the_page_on_own_labels_tells_the_metrics() -> None:
    def of(name: str) -> Any:
        return json.loads((DOCS / "results" / f"{name}.json").read_text("utf-8"))["methods"]

    page = (DOCS / "own-labels.md").read_text(encoding="utf-8")
    classes, stars = of("classes"), of("stars")
    accuracy = [classes[way]["accuracy"] for way in ("network none", "logistic regression")]
    assert "신경망은 {:.2%}, 문자 n-gram 로지스틱 회귀는 {:.2%}".format(*accuracy) in page
    off = [stars[way]["mean_absolute_error"] for way in ("network stars", "ridge regression")]
    assert "신경망 {:.3f}, 능형 회귀(ridge) {:.3f}".format(*off) in page
    assert f"중앙값이면 {stars['ridge regression']['mean_absolute_error_of_median']:.3f}" in page


def test_a_block_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    put(page, "one\n", "a")
    put(page, "two\n", "b")
    page.write_text("# Title\n" + page.read_text(encoding="utf-8") + "The end.\n", "utf-8")
    put(page, "three\n", "a")
    assert page.read_text(encoding="utf-8") == (
        "# Title\n<!-- measured: a -->\nthree\n<!-- /measured -->\n"
        "<!-- measured: b -->\ntwo\n<!-- /measured -->\nThe end.\n"
    )
