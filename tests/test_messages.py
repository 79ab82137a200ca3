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
from nsmc.cli.comments import path_or_object
from nsmc.cli.main import COMMANDS, make_parser
from nsmc.cli.usage_words import FORMS
from nsmc.config.fields import field_help, nested
from nsmc.config.schema import Config
from nsmc.messages import translate
from nsmc.messages.translate import VARIABLES, in_language, korean, language, tr
from nsmc.tasks.registry import TASKS, task_class
from nsmc.text.width import display_width

PACKAGE = Path(nsmc.__file__).parent
TREES = {
    path.relative_to(PACKAGE): ast.parse(path.read_text(encoding="utf-8"))
    for path in PACKAGE.rglob("*.py")
}


def errors() -> set[str]:
    """The names of `NsmcError` and all that come from it."""
    names, before = {"NsmcError"}, 0
    classes = [
        node for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    while len(names) > before:
        before = len(names)
        names |= {one.name for one in classes if names & {*map(ast.unparse, one.bases)}}
    return names


MESSAGE = {"ApiError": 2, "require": 1, **dict.fromkeys(("tr", "mark", "say", *errors()), 0)}
"""What takes a message in English and gives or shows it in the reader's language; as which
argument."""


def calls_with_messages() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in MESSAGE:
                yield f"{path}:{node.lineno}", node


def keys_of_code() -> Iterator[str]:
    """What is given as a message, of two alternatives both."""
    for _, call in calls_with_messages():
        for text in call.args[MESSAGE[ast.unparse(call.func)] :][:1]:
            for one in [text.body, text.orelse] if isinstance(text, ast.IfExp) else [text]:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value


def is_assembled(text: ast.expr) -> bool:
    """Whether a text is put together from others, so that no catalog can have it."""
    if isinstance(text, ast.IfExp):
        return is_assembled(text.body) or is_assembled(text.orelse)
    return isinstance(text, ast.JoinedStr | ast.BinOp) or (
        isinstance(text, ast.Call) and ast.unparse(text.func).endswith((".format", ".join"))
    )


def test_messages_are_templates() -> None:
    """Also those that a method `say` passes on."""
    assembled = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                place = MESSAGE.get(ast.unparse(node.func).rpartition(".")[2], len(node.args))
                assembled += [
                    f"{path}:{node.lineno}" for one in node.args[place:][:1] if is_assembled(one)
                ]
    assert assembled == []
    samples = ('f"{a}"', '"a" + b', '"a %s" % b', '"a" if b else f"{c}"', '"{}".format(a)')
    assert all(is_assembled(ast.parse(text, mode="eval").body) for text in samples)
    assert not is_assembled(ast.parse('tr("{a}", a=f"{b}")', mode="eval").body)


def keys_of_declarations() -> Iterator[str]:
    """What fields of the config and metrics of tasks say of themselves."""
    for _, section in nested(Config):
        yield from field_help(section).values()
    for name in TASKS:
        yield task_class(name).metric.words


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
    """What `nsmc --help` says, and that of every command."""
    asked = Asked()
    with pytest.MonkeyPatch.context() as patch, in_language("ko"):
        patch.setattr(translate, "korean", lambda: asked)
        for arguments in ([], *([command] for command in COMMANDS)):
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
    used = {*keys_of_code(), *keys_of_declarations(), *keys_of_templates(), *keys_of_help()}
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


USAGE = {
    ("predict", "--top", "x"): "--top: 정수가 아닙니다: 'x'",
    ("predict", "--threshold", "x"): "--threshold: 수가 아닙니다: 'x'",
    ("predict", "--top"): "--top: 값을 하나 주세요",
    ("predict", "--json=yes"): "--json: 값을 받지 않는 선택지입니다: 'yes'",
    ("predict", "--ex"): "--ex만으로는 어느 선택지인지 모릅니다: --explain, --exact",
    ("compare", "shipped"): "빠진 인자가 있습니다: MODEL_B",
    ("compare", "a", "b", "--top", "-1"): "--top: 0 이상의 정수가 아닙니다: '-1'",
    ("audit", "f", "--top", "1", "--share", "1"): "--share: --top 인자와 함께 쓸 수 없습니다",
    ("train", "--seeds"): "--seeds: 값을 하나 이상 주세요",
    ("export",): "다음 가운데 하나를 주세요: --output --onnx --web",
    ("words", "drop"): "action: 'drop': 없는 값입니다. 이 가운데 고르세요: ",
    ("predict", "--explian"): "모르는 인자: --explian. '--explain'인가요?",
    ("predcit",): "'predcit'라는 명령은 없습니다. 'predict'인가요?",
}


@pytest.mark.parametrize(("arguments", "expected"), USAGE.items())
def test_wrong_usage_is_said_in_korean(
    arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """By argparse's own messages: whether they still have the forms that are translated."""
    with in_language("ko"), pytest.raises(SystemExit) as raised:
        make_parser().parse_args(arguments)
    usage, _, error = capsys.readouterr().err.rpartition(": 오류: ")
    assert (raised.value.code, usage.startswith("사용법: nsmc")) == (2, True)
    assert error.startswith(expected)


def test_all_types_of_options_have_words_for_a_wrong_value() -> None:
    parser = make_parser(whole=True)
    commands = next(a.choices for a in parser._actions if isinstance(a.choices, dict))
    types = {a.type for command in commands.values() for a in command._actions} - {
        None,
        Path,
        path_or_object,
    }
    forms = {f"invalid {of.__name__} value: {{value}}" for of in types}
    assert forms == {form for form in FORMS if form.startswith("invalid") and "choice" not in form}


def test_korean_help_is_no_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    with in_language("ko"), pytest.raises(SystemExit):
        make_parser().parse_args(["audit", "--help"])
    options = capsys.readouterr().out.partition("선택지:")[2].partition("예:")[0]
    widths = [display_width(line) for line in options.splitlines()]
    assert 70 < max(widths) <= 80
