"""What users get wrong and systems run out of: one message, the right status, nothing lost."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Here, PretrainedModel, Result

TINY = (
    *("--set", "model.embedding_size=8", "--set", "model.hidden_size=8"),
    *("--set", "model.subword_buckets=100", "--set", "data.validation=0.1"),
    *("--set", "training.learning_rate=0.01", "--set", "training.patience=0", "--device", "cpu"),
)
EPOCHS = ("--epochs", "12")


def told(result: Result, status: int, *words: str) -> None:
    """Check that a failure was told in one message that holds these words."""
    assert result.code == status, result.err
    assert result.out == ""
    assert "Traceback" not in result.err
    said = [line for line in result.err.splitlines() if line.startswith("nsmc: ")]
    # The first training of all tokenizes; the others take that from the cache.
    assert len([line for line in said if not line.startswith("nsmc: tokenizing ")]) == 1
    last = result.err.splitlines()[-1]
    for word in words:
        assert word in last


def table(path: Path, text: str = "document\n좋다\n") -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def binary(path: Path) -> Path:
    path.write_bytes(random.Random(1).randbytes(4096))
    return path


def nothing(path: Path) -> Path:
    return path


def directory(path: Path) -> Path:
    path.mkdir()
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nothing, ["there is no file {path}", "check the name and the directory"]),
        (directory, ["expected a file of reviews, found the directory {path}", "name a file"]),
        (empty, ["{path} is empty", "a line of column names, found 0 bytes"]),
        (binary, ["{path}", "UTF-8", "CP949"]),
        (
            lambda path: table(path, "a,b\nx,y\n"),
            ["expected a column named 'document'", "a, b", "--column NAME"],
        ),
        (
            lambda path: table(path, "document,b\nx,y\nz\n"),
            ["row 2 (line 3)", "expected 2 comma-separated cells", "found 1"],
        ),
    ],
)
def test_a_table_that_cannot_be_read(
    make: Callable[[Path], Path], words: list[str], here: Here, small_model: Path, tmp_path: Path
) -> None:
    path, out = make(tmp_path / "in.csv"), tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    result = here("predict", "--model", small_model, "--input", path, "--output", out)
    told(result, 1, *(word.format(path=path) for word in words))
    assert out.read_text(encoding="utf-8") == "mine"
    assert {entry.name for entry in tmp_path.iterdir()} <= {"in.csv", "out.csv"}


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("out.xlsx", 1, ["cannot tell the format", ".csv, .tsv, .txt, .jsonl, .parquet", ".xlsx"]),
        ("no/such/out.csv", 1, ["there is no directory", "create it first"]),
        ("in.csv", 2, ["an output file other than the input"]),
        (".", 1, ["cannot tell the format"]),
    ],
)
def test_an_output_that_cannot_be(
    name: str, status: int, words: list[str], here: Here, small_model: Path, tmp_path: Path
) -> None:
    path = table(tmp_path / "in.csv")
    before = path.read_bytes()
    result = here("predict", "--model", small_model, "--input", path, "--output", tmp_path / name)
    told(result, status, *words)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.csv"]


@pytest.mark.parametrize(
    ("name", "kilobytes", "rows"),
    [
        ("out.csv", 16, 2_000),
        ("out.jsonl", 16, 2_000),
        ("out.parquet", 16, 2_000),
        ("out.tsv", 600, 20_000),  # the first chunk fits, the second doesn't
    ],
)
def test_a_full_disk_while_a_table_is_written(
    name: str,
    kilobytes: int,
    rows: int,
    here: Here,
    small_disk: Callable[[int], Path],
    small_model: Path,
    tmp_path: Path,
) -> None:
    out = table(small_disk(kilobytes) / name, "mine")
    text = "document\n" + "".join(f"좋다 {n}\n" for n in range(rows))
    path = table(tmp_path / "in.csv", text)
    result = here("predict", "--model", small_model, "--input", path, "--output", out)
    told(result, 1, f"cannot write {out}: ", "No space left on device", "free some space")
    assert [entry.name for entry in out.parent.iterdir()] == [name]
    assert out.read_text(encoding="utf-8") == "mine"


def test_a_label_of_two_in_evaluation(here: Here, small_model: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "t.txt", "id\tdocument\tlabel\n1\t좋다\t1\n2\t별로\t2\n3\t또\t\n")
    result = here("evaluate", "--model", small_model, "--data", path)
    told(result, 1, "expected 0 (negative) or 1 (positive)", "'2' in row 2", "nothing in row 3")


def test_a_label_of_two_in_training(here: Here, tmp_path: Path) -> None:
    table(tmp_path / "ratings_train.txt", "id\tdocument\tlabel\n1\t좋다\t1\n2\t별로\t2\n")
    result = here("train", *TINY, "--data", tmp_path, "--output", tmp_path / "run")
    told(result, 1, "expected 0 (negative) or 1 (positive), found '2' in row 2")
    assert not (tmp_path / "run" / "recipe.json").exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("missing", ["a table of reviews or ratings_train.txt in", "no such file or directory"]),
        (".", ["or ratings_train.txt in", "found notes.md", "--data data/sample"]),
        ("notes.md", ["cannot tell the format", ".csv, .tsv, .txt, .jsonl, .parquet"]),
    ],
)
def test_data_that_is_not_there(data: str, words: list[str], here: Here, tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    (place / "notes.md").touch()
    result = here("train", *TINY, "--data", place / data, "--output", tmp_path / "run")
    told(result, 1, *words)


def test_one_review_is_too_few(here: Here, tmp_path: Path) -> None:
    table(tmp_path / "ratings_train.txt", "id\tdocument\tlabel\n1\t좋다\t1\n")
    result = here("train", *TINY, "--data", tmp_path, "--output", tmp_path / "run")
    assert result.code == 1
    assert "expected at least 2 reviews" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("model.hiden_size=8", ["no field 'model.hiden_size'", "Did you mean 'hidden_size'?"]),
        ("modle.hidden_size=8", ["no section 'modle'", "Did you mean 'model'?"]),
        ("model.hidden_size=many", ["model.hidden_size: expected a whole number", "'many'"]),
        ("training.epochs=0", ["epochs must be at least 1, found 0"]),
        ("training.schedule=linaer", ["expected one of constant, linear", "mean 'linear'?"]),
        ("hidden_size=8", ["expected --set SECTION.FIELD=VALUE, found 'hidden_size=8'"]),
    ],
)
def test_a_wrong_field(assignment: str, words: list[str], here: Here, tmp_path: Path) -> None:
    result = here("train", "--set", assignment, "--output", tmp_path / "run")
    told(result, 2, *words)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[model]\nhiden_size = 8", ["no field 'model.hiden_size'", "mean 'hidden_size'?"]),
        ("[modle]\nhidden_size = 8", ["no section 'modle'", "Did you mean 'model'?"]),
        ("[model]\nhidden_size = '8'", ["expected a whole number, found '8' (str)"]),
        ("[training]\nepochs = true", ["expected a whole number, found True (bool)"]),
        ("model = 3", ["model: expected a section, found 3"]),
        ("[model\n", ["is not a TOML configuration"]),
        (None, ["there is no configuration file"]),
    ],
)
def test_a_wrong_recipe(text: str | None, words: list[str], here: Here, tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    result = here("train", "--config", path, "--output", tmp_path / "run")
    told(result, 2, *words)
    assert not (tmp_path / "run").exists()


def test_cuda_without_cuda(here: Here, small_model: Path, sample: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("CUDA is there")
    words = ["the device cuda isn't there; found: cpu", "--device"]
    result = here("train", "--data", sample, "--device", "cuda", "--output", tmp_path / "run")
    told(result, 1, *words)
    assert not (tmp_path / "run").exists()
    result = here("evaluate", "--model", small_model, "--data", sample, "--device", "cuda")
    told(result, 1, *words)


def test_no_such_device(here: Here, sample: Path, tmp_path: Path) -> None:
    result = here("train", "--data", sample, "--device", "gpu", "--output", tmp_path / "run")
    told(result, 2, "expected --device auto, cpu, cuda, cuda:N or mps, found 'gpu'")


@pytest.fixture
def copied(small_model: Path, tmp_path: Path) -> Path:
    """A model directory to damage."""
    return Path(shutil.copytree(small_model / "model", tmp_path / "model"))


@pytest.mark.parametrize("name", ["weights.safetensors", "model.json", "vocabulary.txt"])
def test_a_model_with_a_flipped_byte(name: str, here: Here, copied: Path) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    result = here("predict", "--model", copied, "좋다")
    told(result, 1, f"{copied / name} is damaged: expected SHA-256", "or train it again")


def test_a_model_without_one_of_its_files(here: Here, copied: Path) -> None:
    (copied / "vocabulary.txt").unlink()
    told(here("predict", "--model", copied, "좋다"), 1, "lacks its file vocabulary.txt; copy the")


def test_a_model_cut_short(here: Here, copied: Path) -> None:
    with (copied / "weights.safetensors").open("r+b") as file:
        file.truncate(100)
    told(here("predict", "--model", copied, "좋다"), 1, "is damaged: expected", "found 100")


def test_a_model_of_a_newer_schema(here: Here, copied: Path) -> None:
    manifest = copied / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**content, "schema": 99}), encoding="utf-8")
    told(here("predict", "--model", copied, "좋다"), 1, "schema version 99, newer", "upgrade nsmc")


def test_a_manifest_that_is_none(here: Here, copied: Path) -> None:
    (copied / "manifest.json").write_text("{}", encoding="utf-8")
    told(here("predict", "--model", copied, "좋다"), 1, "manifest.json is damaged")


def test_no_model_there(here: Here, sample: Path, tmp_path: Path) -> None:
    for args in (["predict", "좋다"], ["evaluate", "--data", sample]):
        result = here(*args, "--model", tmp_path / "none")
        told(result, 1, f"expected a model directory at {tmp_path / 'none'}, found nothing there")
    told(here("predict", "--model", sample, "좋다"), 1, "it has no manifest.json", "nsmc train")


def test_debug_shows_the_traceback_as_well(here: Here, tmp_path: Path) -> None:
    result = here("predict", "--debug", "--model", tmp_path / "none", "좋다")
    assert result.code == 1
    assert "Traceback (most recent call last)" in result.err
    assert "nsmc.errors.ModelError" in result.err
    assert result.err.splitlines()[-1].startswith("nsmc: expected a model directory")


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_no_data_and_no_network(
    command: str, here: Here, small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NSMC_DATA", str(tmp_path / "data"))
    # Nothing listens on the discard port: the same as no network, on machines that have one.
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    args = [*TINY, "--output", str(tmp_path / "run")]
    result = here(command, *(args if command == "train" else ["--model", str(small_model)]))
    told(result, 1, "--data data/sample")
    assert not list(tmp_path.rglob("ratings_*"))


def test_an_output_that_holds_a_training(here: Here, small_model: Path, sample: Path) -> None:
    def content() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in small_model.rglob("*") if p.is_file()}

    before = content()
    result = here("train", *TINY, "--data", sample, "--output", small_model)
    told(result, 1, f"{small_model} holds a training already; give another --output", "--resume")
    assert content() == before


@pytest.mark.parametrize(
    "kilobytes",
    [
        8,  # the curves don't fit
        150,  # the checkpoint doesn't fit
    ],
)
def test_a_full_disk_while_training(
    kilobytes: int, here: Here, small_disk: Callable[[int], Path], sample: Path
) -> None:
    run = small_disk(kilobytes) / "run"
    result = here("train", *TINY, "--epochs", "2", "--data", sample, "--output", run)
    told(result, 1, f"cannot write {run}", "No space left on device", "free some space")
    assert not [path for path in run.rglob("*") if path.name.startswith(".partial")]


def test_nothing_to_resume(
    here: Here, small_model: Path, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = here("train", "--resume", "--output", tmp_path / "none", "--device", "cpu")
    told(result, 1, f"expected a training to resume in {tmp_path / 'none'}, found none; start one")
    assert not (tmp_path / "none").exists()
    monkeypatch.chdir(tmp_path)
    result = here("train", "--resume", "--device", "cpu")
    told(result, 1, "found no training to resume in runs; name it with --output")
    result = here("train", "--resume", "--output", small_model, "--device", "cpu")
    told(result, 1, f"the training in {small_model} has ended; there is nothing to resume")


class Errors:
    """Standard error of a process, read as it comes, so that the process never waits for it."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.text = ""
        self._process = process
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self.text += line.decode()

    def end(self) -> str:
        self._thread.join()
        return self.text


@dataclass(frozen=True)
class Interrupted:
    """A training that Ctrl-C ended, and a second one that wanted the same place meanwhile."""

    output: Path
    status: int
    err: str
    out: bytes
    second: Result


@pytest.fixture
def interrupted(
    start: PretrainedModel,
    here: Here,
    until: Callable[[Callable[[], bool]], None],
    sample: Path,
    tmp_path: Path,
    small_model: Path,  # so that torch, which the second one needs, is loaded in this process
) -> Interrupted:
    output = tmp_path / "run"
    process = start("train", *TINY, *EPOCHS, "--data", sample, "--output", output)
    errors = Errors(process)
    until(lambda: "epoch 1/12" in errors.text or process.poll() is not None)
    second = here("train", *TINY, "--data", sample, "--output", output)
    epoch = errors.text.count("\nepoch ") + 1
    until(lambda: f"epoch {epoch}/12" in errors.text or process.poll() is not None)
    assert process.poll() is None, errors.text
    os.killpg(process.pid, signal.SIGINT)
    status = process.wait(60)
    assert process.stdout
    return Interrupted(output, status, errors.end(), process.stdout.read(), second)


def test_two_trainings_and_ctrl_c_and_resume(
    interrupted: Interrupted, here: Here, sample: Path
) -> None:
    output = interrupted.output
    told(interrupted.second, 1, f"another training is writing into {output}; wait for it")
    assert (interrupted.status, interrupted.out) == (130, b"")
    assert interrupted.err.splitlines()[-1] == "nsmc: interrupted"
    assert "Traceback" not in interrupted.err
    assert not [path for path in output.rglob("*") if path.name.startswith((".partial", ".old"))]
    done = interrupted.err.count("\nepoch ")
    assert 2 <= done < 12
    # The best epoch so far is a model already.
    assert here("predict", "--model", output, "좋다").code == 0

    again = here("train", *TINY, *EPOCHS, "--data", sample, "--output", output)
    told(again, 1, "holds a training already", "continue that one with --resume")
    other = here("train", "--resume", "--epochs", "3", "--output", output, "--device", "cpu")
    told(other, 2, "training.epochs: started with 12, found 3", "Leave --config and --set out")

    resumed = here("train", "--resume", "--output", output, "--device", "cpu")
    assert resumed.code == 0
    assert resumed.out == f"{output / 'model'}\n"
    assert "resumed at step" in resumed.err
    epochs = [line for line in resumed.err.splitlines() if line.startswith("epoch ")]
    assert epochs[-1].startswith("epoch 12/12")
    assert len(epochs) <= 12 - done
    history = (output / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in history] == list(range(1, 13))
    assert not (output / "checkpoints").exists()
