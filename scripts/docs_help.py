"""A hook of mkdocs: docs/commands.md gets the help of every command, in English and Korean."""

import os
import sys
from pathlib import Path
from typing import Any

MARK = "<!-- help -->"
SOURCES = Path(__file__).parent.parent / "src"


def on_page_markdown(markdown: str, **_: Any) -> str:
    """The page's markdown with the help in place of its mark."""
    return markdown.replace(MARK, commands_help()) if MARK in markdown else markdown


def commands_help() -> str:
    """A heading and two blocks for `nsmc` and each of its commands, 100 columns wide."""
    sys.path.insert(0, str(SOURCES))  # the site is built where the package isn't installed
    from nsmc.cli.main import COMMANDS, make_parser
    from nsmc.messages.translate import LANGUAGES, in_language

    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        helps: dict[str, list[str]] = {}
        for language in LANGUAGES:
            with in_language(language):
                parser = make_parser(whole=True)
                (commands,) = (a.choices for a in parser._actions if isinstance(a.choices, dict))
                for name in ("", *COMMANDS):
                    shown = (commands[name] if name else parser).format_help()
                    helps.setdefault(f"nsmc {name}".strip(), []).append(f"```\n{shown}```\n")
    finally:
        sys.path.remove(str(SOURCES))
        if before is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = before
    return "\n".join(f"## {name}\n\n" + "\n".join(both) for name, both in helps.items())
