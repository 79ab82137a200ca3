"""Nothing heavy is imported before it is needed, and imports between the parts point one way."""

from __future__ import annotations

import ast
import graphlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nsmc
from nsmc.cli.main import COMMANDS

if TYPE_CHECKING:
    from tests.conftest import Untrained

PACKAGE = Path(nsmc.__file__).parent
HEAVY = {
    *("numpy", "torch", "torchtext", "pandas", "konlpy", "onnxruntime", "matplotlib", "sklearn"),
    *("pyarrow", "requests", "tqdm", "plotly", "fontTools", "onnx", "scipy", "safetensors"),
    *("sentencepiece", "wcwidth", "jinja2", "fastapi", "uvicorn", "prometheus_client"),
    *("optuna", "tensorboard", "mlflow", "sqlalchemy"),
}
NOT_FOR_SCORING = {
    *("torch", "torchtext", "pandas", "sklearn", "pyarrow", "matplotlib", "onnx", "onnxruntime"),
    "scipy",
}
SLOW_TO_START = {"json", "pathlib", "typing", "dataclasses", "inspect", "numpy"}
"""What would lengthen `nsmc --help` by a noticeable part."""


def modules() -> dict[str, Path]:
    """Every module of the package by its full name."""
    result = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        result[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return result


MODULES = modules()


def imported(*arguments: str, status: int = 0, timeout: float = 60) -> set[str]:
    """The top-level packages that a fresh interpreter imports for a command, by its own account."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=timeout,
    )
    assert done.returncode == status, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["-c", "import nsmc; dir(nsmc); nsmc.__version__"], 0),
        (["-m", "nsmc", "--help"], 0),
        (["-m", "nsmc", "--version"], 0),
        (["-m", "nsmc", "--nonsense"], 2),
        (["-m", "nsmc", "predcit"], 2),
        (["-m", "nsmc"], 0),
        (["-m", "nsmc", "predict", "--help"], 0),
        (["-m", "nsmc", "predict", "재밌다", "--nonsense"], 2),
        (["-m", "nsmc", "predict", "재밌다", "--input", "a.csv", "--output", "b.csv"], 2),
        (["-m", "nsmc", "predict", "재밌다", "--html", "why.html"], 2),
        (["-m", "nsmc", "train", "--help"], 0),
        (["-m", "nsmc", "train", "--fields"], 0),
        (["-m", "nsmc", "train", "--set", "model.cell=okt"], 2),
        (["-m", "nsmc", "evaluate", "--threshold", "much"], 2),
        (["-m", "nsmc", "evaluate", "--report"], 2),
        (["-m", "nsmc", "score-text", "--help"], 0),
        (["-m", "nsmc", "complete", "--model", "m", "--temperature", "-1"], 2),
        (["-m", "nsmc", "export", "--help"], 0),
        (["-m", "nsmc", "export", "--int8"], 2),
        (["-m", "nsmc", "audit", "--help"], 0),
        (["-m", "nsmc", "compare", "--help"], 0),
        (["-m", "nsmc", "compare", "shipped"], 2),
        (["-m", "nsmc", "info", "--help"], 0),
        (["-m", "nsmc", "runs", "--help"], 0),
        (["-m", "nsmc", "runs", "--plot", "curves.txt"], 2),
        (["-m", "nsmc", "audit", "table.csv", "--set", "model.cell=okt"], 2),
        (["-m", "nsmc", "serve", "--help"], 0),
        (["-m", "nsmc", "serve", "--workers", "0"], 2),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_help_and_wrong_usage_answer_without_heavy_imports(
    arguments: list[str], status: int
) -> None:
    result = imported(*arguments, status=status)
    assert "nsmc" in result
    assert not result & HEAVY


def test_what_finds_heavy_imports_would_find_them() -> None:
    assert "numpy" in imported("-c", "import nsmc.inference.vectors")


def loaded(*arguments: str, status: int) -> set[str]:
    """What stands in ``sys.modules`` of a real process after a command, beyond a bare Python's."""
    program = (
        "import sys\n"
        "bare = set(sys.modules)\n"
        "from nsmc.__main__ import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    status = ended.code or 0\n"
        "print(' '.join(set(sys.modules) - bare), file=sys.stderr)\n"
        "sys.exit(status)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("arguments", "status"),
    [(["--help"], 0), (["--version"], 0), ([], 0), (["--nonsense"], 2), (["predcit"], 2)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_first_answers_come_from_next_to_nothing(arguments: list[str], status: int) -> None:
    result = loaded(*arguments, status=status)
    assert {"argparse", "nsmc.cli.main"} <= result
    assert not result & SLOW_TO_START
    # The package's own part is this much and no command's module.
    ours = {name for name in result if name.startswith("nsmc")}
    assert ours == {"nsmc", "nsmc.__main__", "nsmc._version", "nsmc.cli", "nsmc.cli.main"} | {
        *("nsmc.cli.streams", "nsmc.errors", "nsmc.messages", "nsmc.messages.translate"),
    }


def test_a_mistyped_option_waits_for_no_dataclass() -> None:
    result = loaded("predict", "--modle", status=2)
    assert "nsmc.cli.predict" in result
    assert not result & {"dataclasses", "inspect", "numpy", "nsmc.storage.objects"}


def test_what_finds_slow_starts_would_find_them() -> None:
    result = loaded("predict", "--help", status=0)
    assert "nsmc.cli.predict" in result
    assert "pathlib" in result


def test_scoring_modules_import_neither_torch_nor_pandas() -> None:
    names = [
        name for name in MODULES if name.startswith(("nsmc.inference", "nsmc.tasks", "nsmc.text"))
    ]
    assert "nsmc.inference.classifier" in names
    assert "nsmc.text.mecab" in names
    program = (
        f"import {', '.join(names)}\n"
        "from nsmc.config.text import TextConfig; from nsmc.text.tokenizer import make_tokenizer\n"
        "assert make_tokenizer(TextConfig())('재밌다') == ['재밌', '다']"
    )
    result = imported("-X", "utf8", "-c", program)
    assert "konlpy" in result
    assert not result & NOT_FOR_SCORING


@pytest.mark.parametrize("task", ["sentiment", "classes", "stars", "sentiment+stars"])
def test_scoring_a_comment_imports_neither_torch_nor_pandas(
    task: str, untrained: Untrained
) -> None:
    model = untrained(f"task={task}", classes=["가", "나"] if task == "classes" else ())
    result = imported("-m", "nsmc", "predict", "--model", str(model), "재밌다")
    assert {"numpy", "konlpy"} <= result
    assert not result & (NOT_FOR_SCORING | {"http.client", "ssl", "zipfile", "_jpype"})


def test_a_typed_comment_waits_for_no_table_and_no_explanation() -> None:
    result = loaded("predict", "재밌다", status=0)
    assert "nsmc.inference.network" in result
    explaining = ("increments", "subsets", "designs", "set_games")
    assert not result & {"nsmc.tables.base", *(f"nsmc.inference.{name}" for name in explaining)}


@pytest.mark.parametrize(
    "command",
    [
        "evaluate --model MODEL --data TABLE",
        "predict --model MODEL --input TABLE --output {}.csv",
        "prepare --data TABLE --output {}",
    ],
)
def test_a_table_of_text_is_read_and_written_without_torch_and_pandas(
    command: str, untrained: Untrained, tmp_path: Path
) -> None:
    model = str(untrained("text.unit=syllable"))
    words = {"MODEL": model, "TABLE": "data/sample/ratings_test.txt"}
    command = command.format(tmp_path / "out")
    result = imported("-m", "nsmc", *(words.get(word, word) for word in command.split()))
    assert "numpy" in result
    assert not result & NOT_FOR_SCORING


@pytest.mark.slow
def test_a_training_imports_no_program_that_it_was_not_asked_for(tmp_path: Path) -> None:
    data = tmp_path / "t.tsv"
    data.write_text("document\tlabel\n" + "좋다\t1\n별로다\t0\n" * 8, encoding="utf-8")
    tiny = ("text.unit=syllable", "model.hidden_size=2", "training.epochs=1", "data.validation=0.3")
    fields = [part for field in tiny for part in ("--set", field)]
    command = ["-m", "nsmc", "train", "--data", str(data), "--device", "cpu", "--output"]
    result = imported(*command, str(tmp_path / "run"), *fields, "--seeds", "1", timeout=240)
    assert "torch" in result
    assert not result & {"optuna", "tensorboard", "mlflow", "sqlalchemy"}


def test_all_public_names_are_there() -> None:
    assert sorted(nsmc.__all__) == nsmc.__dir__()
    for name in nsmc.__all__:
        assert getattr(nsmc, name) is not None
    with pytest.raises(AttributeError, match="module 'nsmc' has no attribute 'lode'"):
        nsmc.lode  # noqa: B018


# What each part may import besides itself: all that stands below it. Of two that stand together,
# neither imports the other.
ORDER = [
    {"cli"},
    {"exporting"},
    {"serving"},
    {"report", "auditing", "inspection", "sklearn", "ray", "spark"},
    {"folds", "sweeps"},
    {"evaluation", "training"},
    {"pipeline"},
    {"model"},
    {"inference"},
    {"tasks"},
    {"data"},
    {"tables", "text"},
    {"config"},
    {"workers", "progress"},
    {"storage"},
    {"errors", "_version"},
    {"messages"},
]


def part_of(module: str) -> str:
    """``nsmc.text.mecab`` belongs to ``text``; the package itself is ``nsmc``."""
    return module.split(".")[1] if "." in module else module


def is_for_type_checking(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Name)
        and node.test.id == "TYPE_CHECKING"
    )


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes at any depth, functions included, but what only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt) and is_for_type_checking(node):
            continue
        yield node
        yield from statements(node)


def imports_of(path: Path) -> set[str]:
    """The modules of this package that a file imports."""
    result: set[str] = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            result.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                result.add(full if full in MODULES else str(node.module))
    return {name for name in result if name.partition(".")[0] == "nsmc"}


IMPORTS = {module: imports_of(path) for module, path in MODULES.items()}


RANK = {part: floor for floor, parts in enumerate(ORDER) for part in parts}
"""Rooms to their floors, the top one first."""


def may_import(importer: str, target: str) -> bool:
    """Whether a module may import another: one of its own room, or of a floor below."""
    mine, theirs = part_of(importer), part_of(target)
    if mine in ("nsmc", "__main__"):
        return theirs == {"nsmc": "_version", "__main__": "cli"}[mine]
    if mine not in RANK or theirs not in RANK:
        return False
    return mine == theirs or RANK[mine] < RANK[theirs]


def test_the_parts_are_those_of_the_rule() -> None:
    known = RANK.keys() | {"nsmc", "__main__"}
    assert {part_of(module) for module in MODULES} == known
    assert IMPORTS["nsmc.text.tokenizer"] >= {"nsmc.text.mecab", "nsmc.text.normalize"}
    assert IMPORTS["nsmc.pipeline.chunks"] == {"nsmc.workers"}
    # The commands are imported by name, when chosen.
    assert IMPORTS["nsmc.cli.main"] == {
        *("nsmc._version", "nsmc.cli.streams", "nsmc.errors", "nsmc.messages.translate"),
        "nsmc.cli.usage_words",  # in Korean alone
        "nsmc.cli.common",  # of what isn't installed alone
    }
    assert {f"nsmc.cli.{command.replace('-', '_')}" for command in COMMANDS} <= MODULES.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_one_way(module: str) -> None:
    assert [target for target in sorted(IMPORTS[module]) if not may_import(module, target)] == []


@pytest.mark.parametrize(
    ("importer", "target"),
    [
        ("nsmc.text.mecab", "nsmc.tables.table"),
        ("nsmc.tables.table", "nsmc.data.reviews"),
        ("nsmc.data.fields", "nsmc.model.network"),
        ("nsmc.inference.classifier", "nsmc.training.api"),
        ("nsmc.inference.classifier", "nsmc.pipeline.score_table"),
        ("nsmc.serving.app", "nsmc.exporting.web"),
        ("nsmc.workers", "nsmc.text.tokenizer"),
        ("nsmc.evaluation.evaluate", "nsmc.report.write"),
        ("nsmc.training.run", "nsmc.auditing.audit"),
        ("nsmc.config.schema", "nsmc.data.corpus"),
        ("nsmc.config.schema", "nsmc.text.mecab"),
        ("nsmc.storage.files", "nsmc.text.normalize"),
        ("nsmc.text.mecab", "nsmc"),
    ],
)
def test_an_import_the_other_way_would_be_found(importer: str, target: str) -> None:
    assert not may_import(importer, target)


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """A circle of a graph as the modules on the way round; empty if there is none."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_no_circle_of_imports() -> None:
    """Not between rooms, not inside one, not by an import inside a function."""
    assert circle_in(IMPORTS) == []


def test_a_circle_of_imports_would_be_found() -> None:
    assert circle_in(IMPORTS | {"nsmc.errors": {"nsmc.text.mecab"}})


def test_a_room_holds_no_two_names_alike() -> None:
    """`compare` and `compared`, `score` and `scores`: nobody could tell which is which."""
    stems: dict[str, list[str]] = {}
    for module in MODULES:
        room, _, name = module.rpartition(".")
        stem = re.sub(r"(ing|ed|es|s|e|d)$", "", name)
        stems.setdefault(f"{room}.{stem}", []).append(module)
    assert [twins for twins in stems.values() if len(twins) > 1] == []
