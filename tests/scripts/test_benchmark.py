"""The benchmark runs from end to end; what it finds in so little is not looked at."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_every_part_gives_its_rows(tmp_path: Path, sample: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "benchmark.py"), "--smoke"]
    command += ["--data", str(sample), "--data-name", "the sample", "--work", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "results" / "performance.json").read_text(encoding="utf-8"))
    rows = [row["what"] for row in found["rows"]]
    for words in ("whole process", "resident memory", "nsmc --help", "mistyped option"):
        assert any(words in row for row in rows), words
    for words in ("beyond Mecab", "file to file", "transformer", "memory for 600 rows"):
        assert any(words in row for row in rows), words
    for words in ("encoded corpus", "without adversarial", "matrix products allow, adversarial"):
        assert any(words in row for row in rows), words
    assert all(row["ratio"] > 0 for row in found["rows"])
    assert found["growth"]["reviews"] == [200, 400]
    page = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert page.count("\n| ") >= len(rows)
    assert "<svg" in (tmp_path / "growth.svg").read_text(encoding="utf-8")
