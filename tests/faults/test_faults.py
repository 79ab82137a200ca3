"""A command that a fault ends at any write step leaves the old result or the new one, and goes on.

The quick tests let one fault happen at some steps of `predict`; the slow ones go through all steps
of every command, a fault each in turns. With NSMC_FAULTS=all every fault happens at every step.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from nsmc.inference.directory import open_model
from nsmc.storage.leftovers import PREFIX
from nsmc.training.output import OutputDirectory

if TYPE_CHECKING:
    from tests.conftest import Untrained
    from tests.faults.conftest import Content, Done, Run

EVERY = os.environ.get("NSMC_FAULTS") == "all"
TINY = (
    "text.unit=syllable",
    "model.embedding_size=4",
    "model.hidden_size=4",
    "model.subword_buckets=16",
    "data.validation=0.2",
    "data.min_freq=1",
    "training.adversarial_norm=0",
    "training.epochs=2",
    "training.checkpoint_steps=4",
    "training.batch_size=8",
)
SETTINGS = [part for field in TINY for part in ("--set", field)]
TRAIN = ["train", "--data", "data.tsv", "--output", "run", "--device", "cpu", *SETTINGS]
NOUNS = ("배우", "연기", "대사", "음악", "결말", "각본")
WORDS = (("최고다", "훌륭하다", "멋지다"), ("최악이다", "지루하다", "엉망이다"))


@dataclass(frozen=True)
class Case:
    """A command that writes."""

    arguments: Callable[[Path], list[Any]]
    """By the working directory; asked again for the run after a fault."""
    results: tuple[str, ...]
    """The files or directories that appear whole; of others there may be a part."""
    task: str = "command"
    compared: str = "."
    """What must be the same bytes after any fault and another run, as a regular expression."""


def resumable(place: Path) -> list[Any]:
    """A training anew, or its end; nothing of one that has ended."""
    output = OutputDirectory(place / "run")
    if output.has_ended():
        return []
    begun = output.recipe.exists() and ["--resume"]
    return [*TRAIN, *(begun or [])]


CASES = {
    "predict": Case(
        lambda _: ["predict", "--model", "model", "--input", "data.tsv", "--output", "out.csv"],
        ("out.csv",),
    ),
    "export": Case(
        lambda _: ["export", "--model", "model", "--int8", "--output", "small", "--overwrite"],
        ("small",),
    ),
    "prepare": Case(
        lambda _: ["prepare", "--data", "data.tsv", "--output", "prepared", *SETTINGS[:2]],
        ("prepared/ratings_train.corpus",),
    ),
    "report": Case(
        lambda _: ["evaluate", "--model", "model", "--data", "data.tsv", "--report", "report"],
        ("report/figures.json", "report/report.html"),
    ),
    "new report": Case(
        lambda _: ["evaluate", "--model", "model", "--data", "data.tsv", "--report", "another"],
        ("another",),
    ),
    "download": Case(
        lambda place: [
            (place / "url").read_text("utf-8"),
            "fetched",
            ["data.tsv", (place / "data.tsv").stat().st_size, digest(place / "data.tsv")],
        ],
        ("fetched/data.tsv",),
        task="fetch",
    ),
    "train": Case(resumable, (), compared=r"run/model/(weights|vocabulary|model)"),
    "audit": Case(
        lambda _: [
            *("audit", "data.tsv", "--work", "work", "--output", "out.tsv", "--folds", "2"),
            *("--device", "cpu", *SETTINGS),
        ],
        ("out.tsv",),
        compared=r"out\.tsv|work/fold-./scores.npy|work/fold-./model/weights",
    ),
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server on the loopback, and the directory whose files it serves."""
    place = tmp_path_factory.mktemp("served")

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(place))

        def log_message(self, format: str, *args: object) -> None:
            """Keep standard error for what is tested."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        Thread(target=web.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{web.server_address[1]}/", place
        web.shutdown()


@pytest.fixture
def base(untrained: Untrained, server: tuple[str, Path], tmp_path: Path) -> Path:
    """A directory with inputs, and with an older result of every command that replaces one."""
    place = tmp_path / "base"
    shutil.copytree(untrained("text.unit=syllable"), place / "model")
    rows = [
        f"{noun} {word}\t{label}"
        for noun in NOUNS
        for label, words in enumerate(reversed(WORDS))
        for word in words
    ]
    (place / "data.tsv").write_text("\n".join(["document\tlabel", *rows, ""]), "utf-8")
    (place / "out.csv").write_text("old\n", "utf-8")
    (place / "out.tsv").write_text("old\n", "utf-8")
    shutil.copytree(place / "model", place / "small")
    (place / "report").mkdir()
    (place / "report" / "figures.json").write_text('{"about": {"nsmc": "0"}}', "utf-8")
    (place / "report" / "report.html").write_text("old", "utf-8")
    (place / "report" / "notes.txt").write_text("mine", "utf-8")
    (place / "fetched").mkdir()
    (place / "fetched" / "data.tsv").write_text("old", "utf-8")
    url, served = server
    shutil.copy(place / "data.tsv", served / "data.tsv")
    (place / "url").write_text(url, "utf-8")
    return place


def timeless(name: str, data: bytes) -> bytes:
    """The bytes without when and how fast they were made."""
    if name.endswith((".json", ".html")):
        data = re.sub(rb"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", b"TIME", data)
        data = re.sub(rb'"seconds": [\d.e-]+', b'"seconds": 0', data)
    return data


def within(files: Content, result: str) -> Content:
    return {k: v for k, v in files.items() if k == result or k.startswith(f"{result}/")}


def check(
    name: str,
    base: Path,
    place: Path,
    run: Run,
    content: Callable[..., Content],
    fault: str,
    at: int,
    new: Content,
    event: str,
) -> None:
    """Let a fault happen, look at what it left, run again and look at that."""
    case = CASES[name]
    old = content(base, timeless)
    shutil.copytree(base, place)
    done = run(place, case.arguments(place), fault=fault, at=at, task=case.task)
    left = content(place, timeless)
    context = (name, fault, at, event, done.status, done.errors[-2000:])
    strays = [entry for entry in place.rglob("*") if entry.name.startswith(PREFIX)]
    # What an error of the disk kept from being deleted stays until the next run.
    assert not strays or fault == "SIGKILL" or event in ("os.remove", "os.rmdir"), (context, strays)
    for result in case.results:
        whole = within(left, result)
        assert whole in (within(old, result), within(new, result)), (context, result)
    if (place / "run" / "model").is_dir():
        open_model(place / "run" / "model")
    check_status(done, fault, context)
    if arguments := case.arguments(place):
        again = run(place, arguments, task=case.task)
        assert again.status == 0, (context, again.errors)
    after = content(place, timeless)
    assert not arguments or after.keys() == new.keys(), (context, after.keys() ^ new.keys())
    for file in after:
        if re.search(case.compared, file):
            assert after[file] == new[file], (context, file)
    for file in old.keys() - {result.partition("/")[0] for result in case.results}:
        if not any(file == r or file.startswith(f"{r}/") for r in case.results):
            assert after[file] == old[file], (context, file)
    shutil.rmtree(place)


def check_status(done: Done, fault: str, context: object) -> None:
    expected = {"SIGKILL": {-9}, "SIGTERM": {143}, "SIGINT": {130}}.get(fault, {1, 0})
    # A signal in the last moment finds a command that is done.
    assert done.status in expected or (done.status == 0 and fault != "SIGKILL"), context
    assert "Traceback" not in done.errors, context


def reference(
    name: str, base: Path, place: Path, run: Run, content: Callable[..., Content]
) -> tuple[Done, Content]:
    """The command without a fault: its steps and what it makes."""
    shutil.copytree(base, place)
    done = run(place, CASES[name].arguments(place), task=CASES[name].task)
    assert done.status == 0, done.errors
    return done, content(place, timeless)


def test_a_killed_prediction_goes_on(
    base: Path, tmp_path: Path, predict_in_fork: Run, content: Callable[..., Content]
) -> None:
    done, new = reference("predict", base, tmp_path / "new", predict_in_fork, content)
    assert {"open", "fsync", "os.rename"} <= {*done.steps}
    rename = done.steps.index("os.rename")
    for fault, at in (("SIGKILL", rename), ("ENOSPC", rename)):
        place = tmp_path / "place"
        event = done.steps[at]
        check("predict", base, place, predict_in_fork, content, fault, at, new, event)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(CASES))
def test_every_step(
    name: str,
    base: Path,
    tmp_path: Path,
    run_in_fork: Run,
    content: Callable[..., Content],
    faults: Callable[[int, bool], list[tuple[str, int]]],
) -> None:
    done, new = reference(name, base, tmp_path / "new", run_in_fork, content)
    assert len(done.steps) > 5
    chosen = faults(len(done.steps), EVERY)
    # A training has hundreds of steps, most of them the same in every epoch.
    most = len(chosen) if EVERY else 5 if name in ("train", "audit", "report", "new report") else 12
    for fault, at in chosen[:: max(1, len(chosen) // most)]:
        place = tmp_path / "place"
        check(name, base, place, run_in_fork, content, fault, at, new, done.steps[at])
