"""The clients of docs/serving.md and examples/serving do what they show, against a real server."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving.conftest import Server

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "serving.md").read_text(encoding="utf-8")
BIG_TABLE = (ROOT / "examples" / "serving" / "big_table.py").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def output(server: Server, place: Path, *command: str) -> str:
    (place / "comments.csv").write_text("id,document\n1,재밌다\n2,노잼\n", encoding="utf-8")
    ours = [part.replace(ADDRESS, server.url) for part in command]
    done = subprocess.run(ours, cwd=place, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_curl(server: Server, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl is installed here")
    (commands,) = (block for block in blocks("sh") if block.startswith("curl"))
    answer = json.loads(output(server, tmp_path, "bash", "-ec", commands))
    assert answer["label_ko"] == "긍정"
    scored = (tmp_path / "scored.csv").read_text(encoding="utf-8").splitlines()
    assert (scored[0], len(scored)) == ("id,document,label,label_ko,score", 3)


def test_python(server: Server, tmp_path: Path) -> None:
    (program,) = blocks("python")
    lines = output(server, tmp_path, sys.executable, "-X", "utf8", "-c", program).splitlines()
    assert [line.split()[0] for line in lines] == ["긍정", "부정"]


def test_a_big_table(server: Server, tmp_path: Path) -> None:
    command = (sys.executable, "-X", "utf8", "-c", BIG_TABLE, "comments.csv", "document")
    scored = output(server, tmp_path, *command).splitlines()
    assert (scored[0], len(scored)) == ("id,document,label,label_ko,score", 3)


def test_a_big_table_that_is_refused(server: Server, tmp_path: Path) -> None:
    (tmp_path / "table.doc").touch()
    program = BIG_TABLE.replace(ADDRESS, server.url)
    command = [sys.executable, "-X", "utf8", "-c", program, "table.doc", "document"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cannot tell the format of table.doc")


def test_javascript(server: Server, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("no Node is installed here")
    (program,) = blocks("js")
    command = ("node", "--input-type=module", "-e", program)
    assert output(server, tmp_path, *command).startswith("긍정 0.9")
