"""A directory is scored file by file, each once, however often the call is cut short."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import nsmc
from nsmc.inference.classifier import Classifier, load
from nsmc.pipeline.output_manifest import OutputManifest
from nsmc.pipeline.output_records import PROGRESS, SUCCESS
from nsmc.storage.files import sha256_of
from nsmc.storage.leftovers import PREFIX
from nsmc.tables.options import ReadOptions
from tests.pipeline.conftest import NAMES, names_in


@pytest.fixture
def score(classifier: Classifier[Any], source: Path, tmp_path: Path) -> Callable[..., Any]:
    """Scores them into ``out``."""
    return partial(nsmc.score_files, classifier, source, tmp_path / "out")


def contents(place: Path) -> dict[str, bytes]:
    return {name: (place / name).read_bytes() for name in names_in(place)}


def test_every_file_becomes_what_its_table_does(
    score: Callable[..., Any], classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    result, out = score(), tmp_path / "out"
    assert (result.files, result.done_before, result.rows, result.empty) == (4, 0, 12, 4)
    assert sum(result.labels.values()) == 8
    assert result.renamed == ["predicted_label", "predicted_label_ko", "predicted_score"]
    assert result.notes == ["files that are no tables were left out: notes.md"]
    assert names_in(out) == sorted([*NAMES, SUCCESS])
    whole = json.loads((out / SUCCESS).read_text("utf-8"))
    assert whole["rows"] == 12
    for entry in whole["files"]:
        name = entry["name"]
        nsmc.score_table(classifier, source / name, tmp_path / Path(name).name)
        assert (out / name).read_bytes() == (tmp_path / Path(name).name).read_bytes()
        assert entry["output"]["sha256"] == sha256_of(out / name)
        assert entry["source"]["sha256"] == sha256_of(source / name)


def test_what_is_done_is_not_done_again_and_what_changed_is(
    score: Callable[..., Any], source: Path, tmp_path: Path
) -> None:
    score()
    out = tmp_path / "out"
    before = contents(out)
    times = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    os.utime(source / "a.csv")  # the same bytes
    assert score().done_before == 4
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == times
    shutil.copy(source / "b" / "d" / "e.jsonl", source / "new.jsonl")
    (source / "a.csv").write_text("document\n노잼\n", "utf-8")
    (out / "f.parquet").unlink()
    result = score()
    assert (result.files, result.done_before, result.rows) == (5, 2, 13)
    after = contents(out)
    assert {name for name in before if after[name] != before[name]} == {"a.csv", SUCCESS}
    (source / "new.jsonl").unlink()
    assert score().notes[-1] == f"files in {out} that no file of {source} has made: new.jsonl"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_utf8_and_links_to_themselves(
    score: Callable[..., Any], source: Path, tmp_path: Path
) -> None:
    name = os.fsdecode("영화평.csv".encode("cp949"))
    (source / "a.csv").rename(source / name)
    (source / "loop").symlink_to("loop")
    assert score().done_before == 0
    assert score().done_before == len(NAMES)
    assert (tmp_path / "out" / name).is_file()
    assert "b/c.tsv.gz" in (tmp_path / "out" / SUCCESS).read_text("utf-8")


def test_a_pattern_names_some_files(
    score: Callable[..., Any], classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    result = nsmc.score_files(classifier, source / "b" / "**" / "*.*", tmp_path / "out")
    assert result.files == 2
    assert names_in(tmp_path / "out") == sorted([SUCCESS, "c.tsv.gz", "d/e.jsonl"])
    # As git and shells read it, whatever Python's version; a link that leads to itself is no file.
    (source / "itself.csv").symlink_to("itself.csv")
    nsmc.score_files(classifier, source / "**.csv", tmp_path / "csv")
    assert names_in(tmp_path / "csv") == [SUCCESS, "a.csv"]


def test_what_can_t_be_read_keeps_no_other_from_being_scored(
    score: Callable[..., Any], source: Path, tmp_path: Path
) -> None:
    (source / "bad.csv").write_text("document,n\n재밌다,1,2,3\n", "utf-8")
    with pytest.raises(nsmc.DataError, match=r"1 of 5 files can't be scored: .*bad\.csv, row 1"):
        score()
    assert names_in(tmp_path / "out") == sorted([*NAMES, PROGRESS])
    (source / "bad.csv").write_text("document,n\n재밌다,1\n", "utf-8")
    assert score().done_before == 4
    assert names_in(tmp_path / "out") == sorted([*NAMES, "bad.csv", SUCCESS])


def test_what_would_mix_or_overwrite_is_refused(
    score: Callable[..., Any], classifier: Classifier[Any], source: Path, tmp_path: Path
) -> None:
    score()
    for options, words in (
        ({"column": "document"}, "column None, now document"),
        ({"reading": ReadOptions(header=False)}, "reading"),
    ):
        with pytest.raises(nsmc.UsageError, match=f"in another way .*{words}"):
            score(**options)
    with pytest.raises(nsmc.UsageError, match=r"threshold 0\.5, now 0\.75"):
        nsmc.score_files(load(classifier.model.path, threshold=0.75), source, tmp_path / "out")
    for target in (source, tmp_path):
        with pytest.raises(nsmc.UsageError, match="apart from the input"):
            nsmc.score_files(classifier, source, target)
    mine = tmp_path / "mine"
    mine.mkdir()
    # The second one is as Spark leaves it; nothing that somebody has written there is trusted.
    for name, content in (("a.csv", "mine"), (SUCCESS, ""), (SUCCESS, "{}"), (PROGRESS, "[]\n")):
        (mine / name).write_text(content, "utf-8")
        with pytest.raises(nsmc.UsageError, match="expected an empty directory"):
            nsmc.score_files(classifier, source, mine)
        (mine / name).unlink()
    for nothing in (source / "*.xlsx", tmp_path / "mistyped"):
        with pytest.raises(nsmc.DataError, match=r"expected tables in .*, found no file"):
            nsmc.score_files(classifier, nothing, tmp_path / "out")


def test_two_at_once_are_refused(score: Callable[..., Any], tmp_path: Path) -> None:
    def score_again(*_: object) -> None:
        (tmp_path / "in" / "a.csv").write_text("document\n노잼\n", "utf-8")
        with pytest.raises(nsmc.NsmcError, match="another process is writing"):
            score()

    score(progress=score_again)


def test_a_torn_line_of_progress_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    lines = [{"identity": {"model": "a"}}, {"name": "a.csv"}, {"name": "b.csv"}]
    text = "\n".join(map(json.dumps, lines))
    (tmp_path / "out" / PROGRESS).write_text(text, "utf-8")
    assert OutputManifest(tmp_path / "out", {"model": "a"}).done.keys() == {"a.csv"}


@pytest.mark.slow
def test_what_a_kill_leaves_at_the_first_and_the_last_record_is_put_away(
    score: Callable[..., Any], source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / f"{PREFIX}12345678-{PROGRESS}").touch()
    score()
    whole = contents(out)
    assert sorted(whole) == sorted([*NAMES, SUCCESS])
    (out / PROGRESS).write_text("torn", "utf-8")
    assert score().done_before == len(NAMES)
    assert contents(out) == whole
    (out / f"{PREFIX}12345678-{PROGRESS}").touch()
    (out / SUCCESS).unlink()
    with pytest.raises(nsmc.UsageError, match="found other files"):
        score()


def test_a_killed_command_goes_on_with_other_files(
    model: Path, classifier: Classifier[Any], tmp_path: Path
) -> None:
    """Several processes, ended by SIGKILL at some moment."""
    place, out = tmp_path / "in", tmp_path / "out"
    place.mkdir()
    rows = [f"{'재밌다' * (row % 3)},{'x' * 200}" for row in range(2_000)]
    for n in range(8):
        (place / f"{n}.csv").write_text("\n".join(["document,n", *rows, ""]), "utf-8")
    # The last one takes long enough to be ended in.
    last = [f"재밌다 {row},{'x' * 200}" for row in range(300_000)]
    (place / "7.csv").write_text("\n".join(["document,n", *last, ""]), "utf-8")
    arguments = ["predict", "--model", model, "--input", place, "--output", out]
    command = [sys.executable, "-m", "nsmc", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        deadline = time.monotonic() + 60
        while not (out / PROGRESS).exists() or (out / PROGRESS).read_text("utf-8").count("\n") < 3:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert not (out / SUCCESS).exists()
    shutil.copy(place / "0.csv", place / "7.csv")
    result = nsmc.score_files(classifier, place, out)
    assert result.files == 8
    assert result.done_before >= 1  # on one core the last file, the longest, came first
    assert nsmc.score_files(classifier, place, tmp_path / "other", workers=1).rows == result.rows
    # A worker that isn't gone yet may keep its unfinished file from being removed.
    left = {name: data for name, data in contents(out).items() if not name.startswith(PREFIX)}
    assert left == contents(tmp_path / "other")
