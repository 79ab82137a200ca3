"""What users get wrong and systems run out of: one message, the right status, nothing lost.

The words for each mistake are tested where they are written; here is one of each kind.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.waiting import until

if TYPE_CHECKING:
    from tests.cli.conftest import Here, Result, Start

TINY = (
    *("--set", "model.embedding_size=8", "--set", "model.hidden_size=8"),
    *("--set", "model.subword_buckets=100", "--set", "data.validation=0.1"),
    *("--set", "training.learning_rate=0.01", "--set", "training.patience=0", "--device", "cpu"),
    *("--set", "training.adversarial_norm=0"),
)


def check_failure(result: Result, status: int, *words: str) -> None:
    """Check that a command failed with one message that holds these words."""
    result.check_refusal(status)
    printed = [line for line in result.err.splitlines() if line.startswith("nsmc: ")]
    # The first training of all tokenizes; the others take that from the cache.
    assert len([line for line in printed if not line.startswith("nsmc: tokenizing ")]) == 1
    last = result.err.splitlines()[-1]
    for word in words:
        assert word in last


def table(path: Path, text: str = "document\n좋다\n") -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ["there is no file {path}", "check the name and the directory"]),
        (random.Random(1).randbytes(4096), ["{path}", "UTF-8", "CP949"]),
        (b"document,b\nx,y\nz\n", ["row 2 (line 3)", "expected 2 comma-separated", "found 1"]),
    ],
    ids=["none", "binary", "short row"],
)
def test_a_table_that_cannot_be_read(
    content: bytes | None, words: list[str], here: Here, small_model: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "in.csv", table(tmp_path / "out.csv", "mine")
    if content is not None:
        path.write_bytes(content)
    result = here("predict", "--model", small_model, "--input", path, "--output", out)
    check_failure(result, 1, *(word.format(path=path) for word in words))
    assert out.read_text(encoding="utf-8") == "mine"
    assert {entry.name for entry in tmp_path.iterdir()} <= {"in.csv", "out.csv"}


def test_an_output_that_cannot_be(here: Here, small_model: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "in.csv")
    before = path.read_bytes()
    for name, status, *words in (
        (
            "out.xls",
            1,
            "cannot tell the format",
            ".csv, .tsv, .txt, .json, .jsonl, .parquet",
            ".xls",
        ),
        ("no/such/out.csv", 1, "there is no directory", "create it first"),
        ("in.csv", 2, "an output file other than the input"),
        (".", 1, "cannot tell the format"),
    ):
        out = tmp_path / str(name)
        result = here("predict", "--model", small_model, "--input", path, "--output", out)
        check_failure(result, int(status), *map(str, words))
        assert path.read_bytes() == before
        assert [entry.name for entry in tmp_path.iterdir()] == ["in.csv"]


def test_a_comment_where_a_file_belongs(here: Here, sample: Path, tmp_path: Path) -> None:
    comment, out = "영화가 정말 재밌다 " * 20, tmp_path / "out.csv"
    for arguments in (
        ("predict", "--input", comment, "--output", out),
        ("predict", "--input", sample, "--output", comment),
        ("evaluate", "--data", comment),
        ("train", "--data", comment, "--output", tmp_path / "run"),
    ):
        words = "expected the name of a file, found one longer than", "영화가 정말"
        check_failure(here(*arguments), 1, *words)
    assert not list(tmp_path.iterdir())


@pytest.fixture
def _imported(here: Here, sample: Path, tmp_path: Path) -> None:
    """Import what scores a table, since `forbidden` may shut Python's own directory as well."""
    out = tmp_path / "out.csv"
    assert here("predict", "--input", sample / "ratings_test.txt", "--output", out).code == 0


@pytest.mark.usefixtures("_imported")
def test_a_directory_that_may_not_be_entered(here: Here, sample: Path, forbidden: Path) -> None:
    out = forbidden / "out.csv"
    for file in (sample / "ratings_test.txt", forbidden / "in.csv"):
        result = here("predict", "--input", file, "--output", out)
        check_failure(result, 1, str(forbidden), "Permission denied; give this user the right")


@pytest.mark.parametrize(
    ("name", "kilobytes", "rows"),
    [
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
    check_failure(result, 1, f"cannot write {out}: ", "No space left on device", "free some space")
    assert [entry.name for entry in out.parent.iterdir()] == [name]
    assert out.read_text(encoding="utf-8") == "mine"


def test_reviews_that_cannot_be_learnt(here: Here, tmp_path: Path) -> None:
    for rows, words, started in (
        ("1\t좋다\t1\n2\t별로\t2\n", "0 (negative) or 1 (positive), found '2' in row 2", False),
        ("1\t좋다\t1\n", "expected reviews of both labels, found 1 that are all 1", False),
    ):
        table(tmp_path / "ratings_train.txt", f"id\tdocument\tlabel\n{rows}")
        result = here("train", *TINY, "--data", tmp_path, "--output", tmp_path / "run")
        result.check_refusal(1)
        assert words in result.err.splitlines()[-1]
        assert (tmp_path / "run" / "recipe.json").exists() == started


def test_data_that_is_not_there(here: Here, tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    (place / "notes.md").touch()
    for name, *words in (
        ("missing", "a table of reviews or ratings_train.txt in", "no such file or directory"),
        (".", "or ratings_train.txt in", "found notes.md", "--data data/sample"),
        ("notes.md", "cannot tell the format", ".csv, .tsv, .txt, .json, .jsonl, .parquet"),
    ):
        result = here("train", *TINY, "--data", place / name, "--output", tmp_path / "run")
        check_failure(result, 1, *words)


def test_a_wrong_config(here: Here, tmp_path: Path) -> None:
    broken, run = table(tmp_path / "broken.toml", "[model"), tmp_path / "run"
    for *option, words in (
        ("--set", "model.hiden_size=8", "no field 'model.hiden_size'. Did you mean 'hidden_size'?"),
        ("--config", broken, "is not a TOML configuration"),
        ("--config", tmp_path / "none.toml", "there is no configuration file"),
    ):
        check_failure(here("train", *option, "--output", run), 2, str(words))
    assert not run.exists()


def test_cuda_without_cuda(here: Here, small_model: Path, sample: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("CUDA is there")
    words = ["the device cuda isn't there; found: cpu", "--device"]
    result = here("train", "--data", sample, "--device", "cuda", "--output", tmp_path / "run")
    check_failure(result, 1, *words)
    assert not (tmp_path / "run").exists()
    result = here("evaluate", "--model", small_model, "--data", sample, "--device", "cuda")
    check_failure(result, 1, *words)


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("weights.safetensors", flip_a_byte, ["{path} is damaged: expected SHA-256", "train it"]),
        ("vocabulary.txt", Path.unlink, ["lacks its file vocabulary.txt; copy the"]),
    ],
)
def test_a_damaged_model(
    name: str,
    damage: Callable[[Path], object],
    words: list[str],
    here: Here,
    small_model: Path,
    tmp_path: Path,
) -> None:
    model = Path(shutil.copytree(small_model / "model", tmp_path / "model"))
    damage(model / name)
    result = here("predict", "--model", model, "좋다")
    check_failure(result, 1, *(word.format(path=model / name) for word in words))


def test_no_model_there(here: Here, sample: Path, tmp_path: Path) -> None:
    none = tmp_path / "none"
    for args in (["predict", "좋다"], ["evaluate", "--data", sample]):
        words = f"expected a model directory at {none}, found nothing there"
        check_failure(here(*args, "--model", none), 1, words)
    other = here("predict", "--model", sample, "좋다")
    check_failure(other, 1, "it has no manifest.json", "nsmc train")


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
    check_failure(result, 1, "--data data/sample")
    assert not list(tmp_path.rglob("ratings_*"))


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [8, 150])  # too few for the curves, for the checkpoint
def test_a_full_disk_while_training(
    kilobytes: int, here: Here, small_disk: Callable[[int], Path], sample: Path
) -> None:
    run = small_disk(kilobytes) / "run"
    result = here("train", *TINY, "--epochs", "2", "--data", sample, "--output", run)
    check_failure(result, 1, f"cannot write {run}", "No space left on device", "free some space")
    assert not [path for path in run.rglob("*") if path.name.startswith(".partial")]


@pytest.mark.slow
def test_two_trainings_and_ctrl_c_and_resume(
    start: Start, here: Here, sample: Path, tmp_path: Path
) -> None:
    output, epochs = tmp_path / "run", ("--epochs", "6")
    process = start("train", *TINY, *epochs, "--data", sample, "--output", output)
    lines: list[str] = []
    assert process.stderr and process.stdout
    source = process.stderr
    # Read as they come, so that the process never waits for it.
    thread = threading.Thread(target=lambda: lines.extend(line.decode() for line in source))
    thread.start()

    def ended() -> int:
        # On a busy machine there are lines of progress inside an epoch, too.
        return sum(line.startswith("epoch ") for line in lines)

    until(lambda: ended() >= 1 or process.poll() is not None)
    # It waits for the second one, which may have torch to load.
    os.kill(process.pid, signal.SIGSTOP)
    second = here("train", *TINY, "--data", sample, "--output", output)
    check_failure(second, 1, f"another training is writing into {output}; wait for it")
    assert process.poll() is None, "".join(lines)
    # What it gets first when it goes on is Ctrl-C.
    os.killpg(process.pid, signal.SIGINT)
    os.kill(process.pid, signal.SIGCONT)
    assert (process.wait(60), process.stdout.read()) == (130, b"")
    thread.join()
    assert lines[-2:] == [
        f"nsmc: go on where it was with: nsmc train --resume --output {output}\n",
        "nsmc: interrupted\n",
    ]
    assert "Traceback" not in "".join(lines)
    assert not [path for path in output.rglob("*") if path.name.startswith((".partial", ".old"))]
    done = ended()
    assert 1 <= done < 6
    # The best epoch so far is a model already.
    assert here("predict", "--model", output, "좋다").code == 0

    again = here("train", *TINY, *epochs, "--data", sample, "--output", output)
    check_failure(again, 1, "holds a training already", "continue that one with --resume")
    other = here("train", "--resume", "--set", "training.seed=3", "--output", output)
    words = (
        "training.seed: started with 1, found 3",
        "Leave --config, --set and the options of tables out",
    )
    check_failure(other, 2, *words)

    resumed = here("train", "--resume", "--output", output, "--device", "cpu")
    assert (resumed.code, resumed.out) == (0, f"{output / 'model'}\n")
    assert "resumed at step" in resumed.err
    rest = [line for line in resumed.err.splitlines() if line.startswith("epoch ")]
    assert rest[-1].startswith("epoch 6/6")
    assert len(rest) <= 6 - done
    history = (output / "history.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["epoch"] for line in history] == list(range(1, 7))
    assert not (output / "checkpoints").exists()
