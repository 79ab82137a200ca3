"""Names in the documentation: paths, links, commands with their options, and names of Python."""

import argparse
import importlib
import pkgutil
import re
from pathlib import Path

import pytest
import trace_comment

from nsmc.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
BASES = [ROOT, ROOT / "docs", ROOT / "src" / "nsmc", ROOT / "scripts"]
"""What a path in the docs may be relative to."""


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request: pytest.FixtureRequest) -> Path:
    """Each page in turn."""
    return Path(request.param)


def test_links_and_paths_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+)[^):]*\)", text)
    assert [link for link in links if not (page.parent / link).exists()] == []
    paths = re.findall(r"(?:src|scripts|configs|tests|docs)/[\w./-]*\w|\b(?:\w+/)+\w+\.py", text)
    assert [path for path in paths if not any((base / path).exists() for base in BASES)] == []


def test_blocks_of_code_are_closed(page: Path) -> None:
    marks = re.findall(r"^```.*", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [mark for mark in marks[1::2] if mark != "```"] == []
    assert len(marks) % 2 == 0


def test_commands_have_the_options_shown(page: Path) -> None:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    unknown = []
    for name, arguments in re.findall(r"\bnsmc ([a-z][a-z-]+)\b([^`|#&\n]*)", text):
        options = re.findall(r"(?<!\S)--[a-z][a-z0-9-]*", arguments)
        if name in COMMANDS or options:
            unknown += [f"{name} {o}" for o in options if o not in _options(name)]
    assert unknown == []


def test_python_names_exist(page: Path) -> None:
    for name in re.findall(r"\bnsmc(?:\.[A-Za-z_]\w*)+", page.read_text(encoding="utf-8")):
        pkgutil.resolve_name(name)


def test_the_site_lists_every_page() -> None:
    listed = re.findall(r"- (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
    docs = ROOT / "docs"
    assert sorted(listed) == sorted(str(p.relative_to(docs).as_posix()) for p in docs.rglob("*.md"))


def test_the_flow_shows_what_its_script_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["trace_comment.py"])
    trace_comment.main()
    flow = (ROOT / "docs" / "flow.md").read_text(encoding="utf-8")
    assert f"```\n{capsys.readouterr().out}```" in flow


def _options(command: str) -> set[str]:
    """The options of a command; none where there is no such command."""
    if command not in COMMANDS:
        return set()
    parser = argparse.ArgumentParser()
    importlib.import_module(f"nsmc.cli.{command.replace('-', '_')}").add_arguments(parser)
    return {*parser._option_string_actions, "--debug"}
