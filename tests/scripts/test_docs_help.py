"""The site's page of commands has the help of each, as the terminal shows it."""

from pathlib import Path

import pytest
from docs_help import MARK, on_page_markdown

from nsmc.cli.main import COMMANDS, make_parser
from nsmc.messages.translate import in_language

PAGE = (Path(__file__).parent.parent.parent / "docs" / "commands.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page() -> str:
    return on_page_markdown(PAGE)


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_has_what_help_prints(
    page: str,
    command: str,
    language: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    with in_language(language), pytest.raises(SystemExit):
        make_parser().parse_args([command, "--help"])
    assert f"```\n{capsys.readouterr().out}```\n" in page


def test_the_page_has_a_heading_for_each_command(page: str) -> None:
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == ["## nsmc", *(f"## nsmc {name}" for name in COMMANDS)]
    assert MARK not in page
    assert on_page_markdown("another page") == "another page"
