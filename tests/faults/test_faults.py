"""A command that a fault ends at any write step leaves the old result or the new one, and goes on.

One fault at the step where the result gets its name, one or a few at others. With NSMC_FAULTS=all
every fault happens at every step of every command; -n shares it out by command.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from nsmc.inference.directory import open_model
from nsmc.storage.leftovers import PREFIX
from nsmc.training.output import OutputDirectory
from tests.data.conftest import FileServer
from tests.faults.conftest import Done, Run
from tests.faults.process import FAULTS

if TYPE_CHECKING:
    from tests.conftest import Untrained

QUICK = ("predict", "prepare", "download")
"""Commands that need no torch."""
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
    kept: str = "$^"
    """What the next run takes over if a fault left it whole, as a regular expression."""


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
    "directory": Case(
        lambda _: ["predict", "--model", "model", "--input", "many", "--output", "scored"],
        ("scored/one.tsv", "scored/deep/two.jsonl", "scored/_SUCCESS"),
        compared=r"scored/.*",
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
        kept=r"work/fold-./scores.npy",
    ),
}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def server() -> Iterator[FileServer]:
    with FileServer() as web:
        Thread(target=web.serve_forever, daemon=True).start()
        yield web
        web.shutdown()


@pytest.fixture
def base(untrained: Untrained, server: FileServer, tmp_path: Path) -> Path:
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
    (place / "many" / "deep").mkdir(parents=True)
    shutil.copy(place / "data.tsv", place / "many" / "one.tsv")
    (place / "many" / "deep" / "two.jsonl").write_text('{"document": "최고다"}\n', "utf-8")
    (place / "out.csv").write_text("old\n", "utf-8")
    (place / "out.tsv").write_text("old\n", "utf-8")
    shutil.copytree(place / "model", place / "small")
    (place / "report").mkdir()
    (place / "report" / "figures.json").write_text('{"about": {"nsmc": "0"}}', "utf-8")
    (place / "report" / "report.html").write_text("old", "utf-8")
    (place / "report" / "notes.txt").write_text("mine", "utf-8")
    (place / "fetched").mkdir()
    (place / "fetched" / "data.tsv").write_text("old", "utf-8")
    server.files["data.tsv"] = (place / "data.tsv").read_bytes()
    (place / "url").write_text(server.url, "utf-8")
    return place


def timeless(name: str, data: bytes) -> bytes:
    """The bytes without when and how fast they were made."""
    if name.endswith((".json", ".html")):
        data = re.sub(rb"20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?", b"TIME", data)
        data = re.sub(rb'"seconds": [\d.e-]+', b'"seconds": 0', data)
    return data


Content = dict[str, bytes]


def content(place: Path) -> Content:
    """Every file below a directory by its name, without locks, which hold nothing."""
    files = sorted(
        path
        for path in place.rglob("*")
        if path.is_file() and path.name != ".lock" and path.parent.name != "locks"
    )
    return {
        (name := str(path.relative_to(place))): timeless(name, path.read_bytes()) for path in files
    }


def state(files: Content) -> str:
    """A digest of a directory's files; what is called after a process loses that name."""
    named = re.sub(rf"{re.escape(PREFIX)}[^/]*", PREFIX, "\0".join(files))
    hashed = hashlib.sha256(named.encode())
    for data in files.values():
        hashed.update(hashlib.sha256(data).digest())
    return hashed.hexdigest()


def within(files: Content, result: str) -> Content:
    return {k: v for k, v in files.items() if k == result or k.startswith(f"{result}/")}


@dataclass(frozen=True)
class Left:
    """What a fault has left."""

    fault: str
    at: int
    event: str
    """The step before which it happened."""
    done: Done
    place: Path


def at_chosen_steps(
    case: Case, base: Path, place: Path, run: Run, chosen: list[tuple[str, int]], steps: list[str]
) -> Iterator[Left]:
    """A run for each fault."""
    for fault, at in chosen:
        shutil.copytree(base, place)
        done = run(place, case.arguments(place), case.task, fault, at)
        yield Left(fault, at, steps[at], done, place)


def at_every_step(case: Case, base: Path, place: Path, run: Run) -> Iterator[Left]:
    """One run, whose forks meet the faults."""
    left = place.with_name("left")
    left.mkdir()
    shutil.copytree(base, place)
    steps = run(place, case.arguments(place), case.task, left=left).steps
    for at, event in enumerate(steps):
        for fault in FAULTS:
            name = left / f"{at}-{fault}"
            status = int(name.with_suffix(".status").read_text("utf-8"))
            errors = name.with_suffix(".stderr").read_text("utf-8", "replace")
            yield Left(fault, at, event, Done(status, steps, errors), name)


def check(
    case: Case, found: Left, old: Content, new: Content, run: Run, tried: dict[str, Left]
) -> None:
    """Look at what a fault has left, run again and look at that.

    A run depends on nothing but the files that it finds, so ``tried`` has each such state once.
    """
    fault, event, done, place = found.fault, found.event, found.done, found.place
    left = content(place)
    context = (fault, found.at, event, done.status, done.errors[-2000:])
    strays = [entry for entry in place.rglob("*") if entry.name.startswith(PREFIX)]
    # What an error of the disk kept from being deleted stays until the next run.
    assert not strays or fault == "SIGKILL" or event in ("os.remove", "os.rmdir"), (context, strays)
    for result in case.results:
        whole = within(left, result)
        assert whole in (within(old, result), within(new, result)), (context, result)
    if (place / "run" / "model").is_dir():
        open_model(place / "run" / "model")
    check_status(done, fault, context)
    if tried.setdefault(state(left), found) is not found:
        return
    kept = {name: (place / name).stat().st_ino for name in left if re.search(case.kept, name)}
    if arguments := case.arguments(place):
        again = run(place, arguments, case.task)
        assert again.status == 0, (context, again.errors)
    after = content(place)
    assert {name: (place / name).stat().st_ino for name in kept} == kept, context
    assert not arguments or after.keys() == new.keys(), (context, after.keys() ^ new.keys())
    for file in after:
        if re.search(case.compared, file):
            assert after[file] == new[file], (context, file)
    for file in old.keys() - {result.partition("/")[0] for result in case.results}:
        if not any(file == r or file.startswith(f"{r}/") for r in case.results):
            assert after[file] == old[file], (context, file)


def check_status(done: Done, fault: str, context: object) -> None:
    expected = {"SIGKILL": {-9}, "SIGTERM": {143}, "SIGINT": {130}}.get(fault, {1, 0})
    # A signal in the last moment finds a command that is done.
    assert done.status in expected or (done.status == 0 and fault != "SIGKILL"), context
    assert "Traceback" not in done.errors, context


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CASES],
)
def test_a_fault_leaves_the_old_result_or_the_new(
    name: str, base: Path, tmp_path: Path, run: Run
) -> None:
    case = CASES[name]
    shutil.copytree(base, tmp_path / "new")
    done = run(tmp_path / "new", case.arguments(tmp_path / "new"), case.task)
    assert done.status == 0, done.errors
    assert {"open", "fsync"} <= {*done.steps}
    # Two directories that change places are no event; the flush before it is.
    named = "os.rename" if "os.rename" in done.steps else "fsync"
    turn = list(CASES).index(name)
    parts = 4 if case.kept != "$^" else 2
    steps = [done.steps.index(named), *(len(done.steps) * n // parts for n in range(1, parts))]
    chosen = [(FAULTS[(turn + 2 * n) % len(FAULTS)], step) for n, step in enumerate(steps)]
    everything = os.environ.get("NSMC_FAULTS") == "all"
    if everything:
        chosen = [(fault, step) for step in range(len(done.steps)) for fault in FAULTS]
    # Forks would share a connection.
    if everything and case.task == "command":
        places = at_every_step(case, base, tmp_path / "place", run)
    else:
        places = at_chosen_steps(case, base, tmp_path / "place", run, chosen, done.steps)
    old, new = content(base), content(tmp_path / "new")
    tried: dict[str, Left] = {}
    failed, met = [], 0
    for left in places:
        met += 1
        try:
            check(case, left, old, new, run, tried)
        except AssertionError as error:
            failed.append(error)
        shutil.rmtree(left.place)
    print(f"{name}: {met} faults, {len(tried)} states left, {len(failed)} failures")
    assert met >= len(chosen)  # a training draws more often when it has to wait
    if failed:
        raise ExceptionGroup(f"{len(failed)} of {met} faults", failed)
