"""Make docs/tutorial/tutorial.ipynb from the pages of the tutorial, so that the two can't differ.

    python scripts/make_notebook.py

Every block of Python becomes a code cell, all else markdown. Outputs are left out: whoever runs the
notebook sees their own.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "tutorial"
NOTEBOOK = PAGES / "tutorial.ipynb"
FIRST_CELL = """\
# 저장소의 맨 위 디렉터리로 갑니다. 이 노트북은 docs/tutorial에 있습니다.
import os

if not os.path.exists("data/sample"):
    os.chdir("../..")
os.makedirs("runs", exist_ok=True)"""


def pages() -> list[Path]:
    """The pages of the tutorial, in order."""
    return sorted(PAGES.glob("[0-9]*.md"))


def code_blocks(page: str) -> list[str]:
    """The blocks of Python of a page, in order."""
    return [block.strip("\n") for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)]


def notebook() -> dict[str, Any]:
    """The notebook in the format of Jupyter (nbformat 4.5)."""
    cells: list[tuple[str, str]] = [("code", FIRST_CELL)]
    for page in pages():
        # The notebook has no pages to turn.
        text = re.sub(r"^.*\[차례\]\(README\.md\).*\n\n", "", page.read_text("utf-8"), flags=re.M)
        for number, part in enumerate(re.split(r"```python\n(.*?)```\n", text, flags=re.DOTALL)):
            if part.strip():
                cells.append(("code" if number % 2 else "markdown", part.strip("\n")))
    return {
        "cells": [_cell(number, kind, source) for number, (kind, source) in enumerate(cells)],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(number: int, kind: str, source: str) -> dict[str, Any]:
    cell = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {},
        "source": source.splitlines(keepends=True),
    }
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def text() -> str:
    """The notebook as it stands in the file."""
    return json.dumps(notebook(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(text(), encoding="utf-8")
    print(NOTEBOOK)
