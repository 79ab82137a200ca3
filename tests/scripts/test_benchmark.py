"""The benchmark runs from end to end; what it finds in so little is not looked at."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


@pytest.mark.slow
def test_every_part_gives_its_rows(tmp_path: Path, sample: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "benchmark.py"), "--smoke"]
    command += ["--data", str(sample), "--data-name", "the sample", "--work", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "results" / "performance.json").read_text(encoding="utf-8"))
    rows = [row["what"] for part in result["parts"].values() for row in part]
    for words in (
        *("whole process", "resident memory", "nsmc --help", "mistyped option", "beyond Mecab"),
        *("file to file", "transformer", "memory for 600 rows", "encoded corpus"),
        *("without adversarial", "matrix products allow, adversarial"),
    ):
        assert any(words in row for row in rows), words
    assert all(row["ratio"] > 0 for part in result["parts"].values() for row in part)
    assert result["growth"]["reviews"] == [200, 400]
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert all(row["target"] in page for part in result["parts"].values() for row in part)
    methods = result["costs"]
    assert {"nsmc", "exact", "tfidf", "transformer"} <= methods.keys()
    assert all(one["cpu_seconds"] > 0 and 0 < one["accuracy"] <= 1 for one in methods.values())
    for picture in ("growth.svg", "costs.svg"):
        assert "<svg" in (tmp_path / picture).read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_rows_of_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    sample: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    rows = importlib.import_module("benchmarks.cuda").cuda_rows
    smoke = importlib.import_module("benchmarks.common").SMOKE
    here = rows(sample, tmp_path, smoke, device="cpu")  # the same commands, wherever they run
    assert [row.ratio > 0 for row in here] == [True, True]
    if not importlib.import_module("torch").cuda.is_available():
        assert rows(sample, tmp_path, smoke) == []
        assert "there is no CUDA device here" in capsys.readouterr().err


def test_the_page_shows_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    table = importlib.import_module("benchmark").as_table
    page = (DOCS / "performance.md").read_text(encoding="utf-8")
    *machines, busy = (
        json.loads((DOCS / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("performance", "performance-avx2", "performance-busy")
    )
    for content in machines:
        assert table(content) in page
    (row,) = busy["parts"]["neighbours"]
    assert f"takes {row['ours']} with numpy's products on one thread" in page
    assert f"{row['beside'].rpartition('thread ')[2]} with one for each core" in page.replace(
        "\n", " "
    )


def test_the_readmes_metrics_were_measured() -> None:
    file = DOCS / "results" / "performance.json"
    today = json.loads(file.read_text(encoding="utf-8"))["parts"]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    def of(words: str) -> dict[str, Any]:
        (row,) = [row for part in today.values() for row in part if words in row["what"]]
        return dict(row)

    assert f"`import torch`의 {of('whole process')['ratio']:.2f}배" in readme
    assert f"{of('resident memory')['ours']}" in readme
    assert f"{of('median over real comments')['ours']}" in readme
    assert f"초당 {of('transformer')['ours'].split()[0]}개" in readme
    assert f"{of('transformer')['ratio']:.0f}배" in readme
    assert f"{of('beside fastText, word bigrams and')['ratio']:.2f}배" in readme
