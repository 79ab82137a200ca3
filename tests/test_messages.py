"""The catalog of Korean messages: complete, with no others, with the fields of the English ones."""

import ast
import contextlib
import io
import re
import string
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from jinja2.ext import extract_from_ast

import nsmc
from nsmc.cli.main import make_parser
from nsmc.messages import translate
from nsmc.messages.translate import VARIABLES, in_language, korean, language, tr

PACKAGE = Path(nsmc.__file__).parent


def keys_of_code() -> Iterator[str]:
    """What calls of `tr` and `mark` name, of two alternatives both."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tr", "mark"):
                named = node.args[0]
                texts = [named.body, named.orelse] if isinstance(named, ast.IfExp) else [named]
                yield from (str(text.value) for text in texts if isinstance(text, ast.Constant))


def keys_of_templates() -> Iterator[str]:
    environment = Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    for path in PACKAGE.glob("*/templates/*"):
        if path.suffix in (".html", ".md"):
            tree = environment.parse(path.read_text(encoding="utf-8"))
            for _, _, found in extract_from_ast(tree, ("_", "gettext"), babel_style=False):
                yield from [found] if isinstance(found, str) else filter(None, found or ())


class Asked(dict[str, str]):
    """The catalog, with what was looked up in it."""

    def __init__(self) -> None:
        super().__init__(korean())
        self.keys_asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.keys_asked.add(key)
        return super().get(key, default)


def keys_of_help() -> set[str]:
    """What `nsmc --help` says, and that of the commands for analysts."""
    commands = ("predict", "evaluate", "audit", "compare", "words", "serve")
    asked = Asked()
    with pytest.MonkeyPatch.context() as patch, in_language("ko"):
        patch.setattr(translate, "korean", lambda: asked)
        for arguments in ([], *([command] for command in commands)):
            with pytest.raises(SystemExit), contextlib.redirect_stdout(io.StringIO()) as shown:
                make_parser().parse_args([*arguments, "--help"])
            assert shown.getvalue().startswith("사용법: nsmc")
    return asked.keys_asked


def fields(text: str) -> set[str]:
    """The places for values: of Plotly, Jinja and `str.format`."""
    plotly, jinja = re.findall(r"%\{[^}]*\}", text), re.findall(r"%\(\w+\)s|%%", text)
    rest = re.sub(r"%\{[^}]*\}", "", text)
    formatted = [name for _, name, _, _ in string.Formatter().parse(rest) if name is not None]
    return {*plotly, *jinja, *formatted}


def tags(text: str) -> Counter[str]:
    return Counter(re.findall(r"</?\w+>", text))


def test_the_catalog_has_all_messages_and_no_others() -> None:
    used = {*keys_of_code(), *keys_of_templates(), *keys_of_help()}
    assert len(used) > 400
    assert used - korean().keys() == set()
    assert korean().keys() - used == set()


@pytest.mark.parametrize("name", ["fields", "tags"])
def test_translations_have_the_fields_and_tags_of_their_message(name: str) -> None:
    parts = {"fields": fields, "tags": tags}[name]
    different = {
        message: text for message, text in korean().items() if parts(message) != parts(text)
    }
    assert different == {}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "ko"}, "ko"),
        ({"LC_ALL": "ko_KR.UTF-8", "NSMC_LANG": "en"}, "en"),
        ({"LC_ALL": "en_US.UTF-8", "NSMC_LANG": "ko"}, "ko"),
        ({"LC_ALL": "", "LANG": "ko_KR"}, "ko"),
    ],
)
def test_the_environment_says_the_language(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == expected


def test_a_block_has_its_own_language() -> None:
    with in_language("ko"):
        assert tr("accuracy") == "정확도"
        with in_language("en"):
            assert tr("accuracy") == "accuracy"
        assert tr("{name}, {reviews:,} comments", name="a", reviews=1200) == "a, 댓글 1,200개"
        assert tr("what no catalog has") == "what no catalog has"
