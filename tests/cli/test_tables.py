"""`nsmc predict --input`: whole tables, in every format, whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import itertools
import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from nsmc.inference.classifier import load
from nsmc.pipeline.score_table import scores_beside
from tests.waiting import until

if TYPE_CHECKING:
    from tests.cli.conftest import Command, Here, Result, Start, Terminal
    from tests.conftest import Untrained

COLUMNS = ["n", "document", "who"]
ROWS = [
    ["1", "정말 재미있게 봤어요", "가"],
    ["2", "", "나"],
    ["3", "시간이 아까운 영화", ""],
    ["4", "   ", "라"],
    ["5", "배우들의 연기가 좋았다", "마"],
]
NEW = ["label", "label_ko", "score"]
WORDS = ["좋다", "별로", "최고", "재미", "노잼", "감동", "연기", "배우", "영화", "지루", "눈물"]


def separated(path: Path) -> dict[str, Any]:
    """How pandas writes and reads what isn't JSON or Parquet."""
    if ".csv" in path.name:
        return {"sep": ","}
    return {"sep": "\t", "quoting": csv.QUOTE_NONE}


def write_table(path: Path, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    frame = pd.DataFrame([list(row) for row in rows], columns=list(columns))
    if ".parquet" in path.name:
        frame.to_parquet(path, index=False)
    elif ".jsonl" in path.name:
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_csv(path, index=False, **separated(path))
    return path


def read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Columns and rows, every cell as text and a null as an empty one."""
    if ".parquet" in path.name:
        frame = pd.read_parquet(path)
    elif ".jsonl" in path.name:
        frame = pd.read_json(path, lines=True, dtype=False)
    else:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, **separated(path))
    rows = [["" if pd.isna(cell) else str(cell) for cell in row] for row in frame.to_numpy()]
    return list(frame.columns), rows


def many_rows(path: Path, count: int, pad: int = 0) -> Path:
    """A table of short comments, all with words that the tokenizer knows."""
    draw = random.Random(count)
    with path.open("w", encoding="utf-8") as file:
        file.write("n,document,note\n")
        for n in range(count):
            words = " ".join(draw.choices(WORDS, k=draw.randint(1, 5)))
            file.write(f"{n},{words},{'x' * pad}\n")
    return path


Score = Callable[..., "Result"]


@pytest.fixture
def score(here: Here, small_model: Path) -> Score:
    """Scores a table by `nsmc predict` in this process."""

    def call(
        source: Path, out: Path, *options: str, model: Path | None = None, code: int = 0
    ) -> Result:
        place = ("--model", model or small_model, "--input", source, "--output", out)
        result = here("predict", *place, *options)
        assert (result.code, result.out) == (code, ""), result.err
        return result

    return call


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small table."""
    return write_table(tmp_path / "in.csv", COLUMNS, ROWS)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seconds of work for several processes: what a signal can interrupt."""
    return many_rows(tmp_path_factory.mktemp("large") / "large.csv", 200_000)


def same_cell(cell: str, value: object) -> bool:
    """Whether a table's cell holds a value of a prediction."""
    if isinstance(value, float):
        return float(cell) == pytest.approx(value, abs=2e-6)
    return cell == (value or "")


def summary(out: Path, labels: Sequence[str | None]) -> str:
    """What the command says at its end."""
    counts = Counter(label for label in labels if label).most_common()
    each = f" ({', '.join(f'{n} {label}' for label, n in counts)})" if counts else ""
    return f"nsmc: {len(labels)} rows scored into {out}{each}"


@pytest.mark.parametrize(
    ("source_name", "target"),
    [
        *[("in.csv.gz", "out.jsonl"), ("in.tsv", "out.parquet"), ("in.txt.gz", "out.txt")],
        *[("in.jsonl.gz", "out.csv.gz"), ("in.parquet", "out.tsv.gz"), ("IN.CSV", "OUT.CSV")],
    ],
)
def test_every_format_in_and_out(
    source_name: str, target: str, score: Score, small_model: Path, tmp_path: Path
) -> None:
    given, out = tmp_path / source_name, tmp_path / target
    write_table(tmp_path / source_name.lower(), COLUMNS, ROWS).rename(given)
    before = given.read_bytes()
    result = score(given, out)
    out.rename(tmp_path / target.lower())
    columns, rows = read_table(tmp_path / target.lower())
    assert columns == [*COLUMNS, *NEW]
    assert [row[:3] for row in rows] == ROWS
    predictions = load(small_model).predict([row[1] for row in ROWS])
    for row, one in zip(rows, predictions, strict=True):
        assert row[3:5] == [one.label, one.label_ko]
        assert same_cell(row[5], one.score if one.label else None)
    assert [bool(row[3]) for row in rows] == [True, False, True, False, True]
    assert given.read_bytes() == before
    assert result.err.splitlines() == [
        "nsmc: 2 rows have an empty comment, so their new cells are empty",
        summary(out, [row[3] for row in rows]),
    ]


TASKS = {
    "classes": (("경제", "IT, 과학", "생활"), ["label", "confidence"]),
    "stars": ((), ["stars"]),
    "sentiment+stars": ((), [*NEW, "stars"]),
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("target", ["out.csv", "out.jsonl", "out.parquet"])
def test_every_task_adds_its_columns(
    target: str, task: str, score: Score, source: Path, untrained: Untrained, tmp_path: Path
) -> None:
    classes, expected = TASKS[task]
    model, out = untrained(f"task={task}", classes=classes), tmp_path / target
    result = score(source, out, model=model)
    columns, rows = read_table(out)
    assert columns == [*COLUMNS, *expected]
    predictions = load(model).predict([row[1] for row in ROWS])
    for row, given, one in zip(rows, ROWS, predictions, strict=True):
        assert row[:3] == given
        values = one.to_dict()
        for name, cell in zip(expected, row[3:], strict=True):
            assert same_cell(cell, values[name])
    labels = [row[3] if "label" in expected else None for row in rows]
    assert result.err.splitlines()[-1] == summary(out, labels)


def test_a_column_for_each_class(
    score: Score, source: Path, untrained: Untrained, tmp_path: Path
) -> None:
    model, out = untrained("task=classes", classes=TASKS["classes"][0]), tmp_path / "out.csv"
    score(source, out, "--probabilities", model=model)
    columns, rows = read_table(out)
    shares = [f"probability_{name}" for name in TASKS["classes"][0]]
    assert columns == [*COLUMNS, "label", "confidence", *shares]
    for row, one in zip(rows, load(model).predict([row[1] for row in ROWS]), strict=True):
        expected = list(one.probabilities.values()) if one.legible else [""] * 3
        assert all(map(same_cell, row[5:], expected))
        assert one.legible or row[3:5] == ["", ""]


@pytest.mark.parametrize("task", ["stars", "sentiment"])
def test_without_classes_there_are_no_columns_of_them(
    task: str, score: Score, source: Path, untrained: Untrained, tmp_path: Path
) -> None:
    model, out = untrained(f"task={task}"), tmp_path / "out.csv"
    result = score(source, out, "--probabilities", model=model, code=2)
    assert f"are for models of classes; the task of {model} is '{task}'" in result.err
    assert not out.exists()


def test_nsmcs_own_file_keeps_its_label(score: Score, sample: Path, tmp_path: Path) -> None:
    source, out = sample / "ratings_test.txt", tmp_path / "out.txt"
    result = score(source, out)
    columns, rows = read_table(out)
    assert columns == ["id", "document", "label", "predicted_label", "label_ko", "score"]
    assert [row[:3] for row in rows] == read_table(source)[1]
    assert {row[2] for row in rows} == {"0", "1"}
    assert {row[3] for row in rows} <= {"positive", "negative"}
    assert "columns of these names already, so new are: predicted_label" in result.err


def test_scoring_the_scored_adds_further_columns(
    score: Score, source: Path, tmp_path: Path
) -> None:
    for before, out in itertools.pairwise([source, tmp_path / "1.csv", tmp_path / "2.csv"]):
        score(before, out)
    columns, rows = read_table(tmp_path / "2.csv")
    assert columns == [*COLUMNS, *NEW, *(f"predicted_{name}" for name in NEW)]
    assert all(row[3:6] == row[6:] for row in rows)


def test_the_text_column_can_be_named(score: Score, tmp_path: Path) -> None:
    columns = ["title", "review"]
    source = write_table(tmp_path / "in.csv", columns, [["제목", "정말 재미있게 봤어요"]])
    out = tmp_path / "out.jsonl"
    unclear = score(source, out, code=1)
    assert "2 that could be it: title, review; choose one with --column NAME" in unclear.err
    assert not out.exists()
    scores = []
    for column in columns:
        score(source, out, "--column", column)
        scores.append(json.loads(out.read_text(encoding="utf-8"))["score"])
    assert scores[0] != scores[1]


def test_a_table_like_the_one_trained_on_needs_no_column_named(
    here: Here, score: Score, untrained: Untrained, tmp_path: Path
) -> None:
    two = write_table(tmp_path / "2.csv", ["text", "topic"], [["금리 인상", "경제"]])
    # The label column is none of comments, and the one trained on is taken where it is there.
    three = write_table(tmp_path / "3.csv", ["a", "b", "topic"], [["금리 인상", "다", "경제"]])
    out = tmp_path / "out.jsonl"
    for column, table, code in (("", two, 0), ("", three, 1), ("a", three, 0), ("a", two, 0)):
        fields = ("task=classes", "data.label_column=topic", f"data.column={column}")
        model = untrained(*fields, classes=["경제", "사회"])
        result = score(table, out, model=model, code=code)
        if code:
            assert "2 that could be it: a, b" in result.err
            continue
        confidence = json.loads(out.read_text(encoding="utf-8"))["confidence"]
        one = here("predict", "--model", model, "--json", "금리 인상").object()
        assert confidence == pytest.approx(one["confidence"], abs=2e-6)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_table_without_rows_becomes_a_header(name: str, score: Score, tmp_path: Path) -> None:
    source, out = write_table(tmp_path / "in.csv", COLUMNS, []), tmp_path / name
    assert "0 rows scored" in score(source, out).err
    assert read_table(out) == ([*COLUMNS, *NEW], [])


def test_a_table_from_standard_input_to_standard_output(
    here: Here, small_model: Path, monkeypatch: pytest.MonkeyPatch, source: Path, tmp_path: Path
) -> None:
    def piped(*options: str | Path, data: bytes = b"") -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))
        return here("predict", "--model", small_model, *options)

    for data in (source.read_bytes(), gzip.compress(source.read_bytes())):
        result = piped("--input", "-", "--output", "-", "--format", "csv", data=data)
        assert result.code == 0, result.err
        assert result.err.splitlines()[-1].startswith("nsmc: 5 rows scored into standard output (")
        (tmp_path / "out.csv").write_text(result.out, encoding="utf-8")
        columns, rows = read_table(tmp_path / "out.csv")
        assert (columns, [row[:3] for row in rows]) == ([*COLUMNS, *NEW], ROWS)
    piped("--input", "-", "--output", "-", data=b"document\n").check_refusal(
        2, "standard input has no name that tells its format; give --format F"
    )
    skipping = piped("--input", source, "--output", "-", "--skip-bad-rows")
    skipping.check_refusal(2, "bad rows beside the output; name an --output FILE")


def test_a_full_disk_while_standard_input_is_stored(
    here: Here,
    small_model: Path,
    small_disk: Callable[[int], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    place = small_disk(64)
    monkeypatch.setattr("tempfile.tempdir", str(place))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"document\n" + b"a\n" * 50_000)))
    asked = ("predict", "--model", small_model, "--input", "-", "--format", "csv", "--output")
    done = here(*asked, tmp_path / "out.csv")
    done.check_refusal(1, f"cannot write {place}", "input: No space left on device")
    assert not list(place.iterdir())


def test_bad_rows_are_kept_beside_the_output(score: Score, tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("n,document\n1,정말 재미있게 봤어요\n2\n3,좋다\n", encoding="utf-8")
    score(source, out, code=1)
    result = score(source, out, "--skip-bad-rows")
    bad = tmp_path / "out.bad-rows.csv"
    assert f"nsmc: 1 bad rows were left out; they are in {bad}: row 2 (line 3): exp" in result.err
    assert [row[0] for row in read_table(out)[1]] == ["1", "3"]
    assert bad.read_text(encoding="utf-8-sig").splitlines()[1].startswith("2,3,")


def test_what_predict_writes_is_measured_again(
    here: Here, score: Score, small_model: Path, source: Path, tmp_path: Path
) -> None:
    with source.open("a", encoding="utf-8") as file:
        file.write("6,\u200b,바\n")  # nothing legible, so no label is written
    for name in ("out.csv", "out.jsonl", "out.parquet", "out.xlsx", "out.json"):
        score(source, tmp_path / name)
        place = ("--model", small_model, "--data", tmp_path / name, "--json")
        assert here("evaluate", *place).object()["accuracy"] == 1
    audited = here("audit", "--model", small_model, tmp_path / "out.xlsx", "--json").object()
    assert audited["examples"] == 3


def test_cp949_is_read_and_reported(score: Score, source: Path, tmp_path: Path) -> None:
    source.write_bytes(source.read_bytes().decode().encode("cp949"))
    out = tmp_path / "out.csv"
    err = score(source, out).err
    assert f"{source} is not UTF-8 and was read as cp949" in err
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")  # by which Korean Excel knows UTF-8
    assert [row[:3] for row in read_table(out)[1]] == ROWS


@pytest.mark.slow
def test_many_rows_score_as_single_comments_do(
    command: Command, small_model: Path, tmp_path: Path
) -> None:
    from nsmc.pipeline.chunks import CHUNK, FEW

    count = 12_000
    assert count > FEW  # so that several processes score
    source = many_rows(tmp_path / "in.csv", count, pad=10)
    out = tmp_path / "out.parquet"
    result = command("predict", "--model", small_model, "--input", source, "--output", out)
    assert (result.code, result.out) == (0, "")
    assert len(result.err.splitlines()) == 1  # no progress bar where nobody looks
    assert result.err.startswith("nsmc: 12,000 rows scored")
    _, rows = read_table(out)
    assert [row[0] for row in rows] == [str(n) for n in range(count)]
    classifier = load(small_model)
    for n in [0, CHUNK - 1, CHUNK, count - 1, *random.Random(1).sample(range(count), 100)]:
        one = classifier.predict(rows[n][1])
        assert float(rows[n][5]) == pytest.approx(one.score, abs=2e-6)
        assert rows[n][3:5] == [one.label, one.label_ko]


def test_progress_is_shown_on_a_terminal(
    terminal: Callable[..., Terminal], source: Path, small_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    screen = terminal("predict", "--model", small_model, "--input", source, "--output", out)
    assert screen.finish() == 0
    assert "in.csv: 100%|" in screen.shown
    assert "5 rows" in screen.shown
    assert out.is_file()


@pytest.mark.slow
def test_memory_does_not_grow_with_rows(small_model: Path, tmp_path: Path) -> None:
    # One core, because a chunk is under way for each; a process between, because the peak of a
    # child starts at what its parent had.
    script = (
        "import os, resource, subprocess, sys\n"
        "if hasattr(os, 'sched_setaffinity'):\n"
        "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "subprocess.run(sys.argv[1:], check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n"
    )

    def peak(count: int) -> float:
        """MiB at most, with a table of so many rows."""
        source = many_rows(tmp_path / f"{count}.csv", count, pad=1000)
        line = [sys.executable, "-m", "nsmc", "predict", "--model", str(small_model)]
        out = str(tmp_path / "out.csv")
        done = subprocess.run(
            [sys.executable, "-c", script, *line, "--input", str(source), "--output", out],
            capture_output=True,
            check=True,
            timeout=90,
        )
        return int(done.stdout) / 1024

    # The 20,000 rows more hold 20 MB in the one column that nothing looks at.
    assert peak(30_000) < peak(10_000) + 12


def left_running(session: int) -> list[str]:
    """Processes of a session that are still there, zombies included."""
    running = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            if int(stat.read_text().rsplit(")", 1)[1].split()[3]) == session:
                running.append(stat.parent.name)
    return running


def test_a_directory(here: Here, small_model: Path, source: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.csv", "deep/b.csv"):
        (tmp_path / "in" / name).write_bytes(source.read_bytes())
    out = tmp_path / "out"
    arguments = ("predict", "--model", small_model, "--input", tmp_path / "in", "--output")
    result = here(*arguments, out)
    assert (result.code, result.out) == (0, "")
    assert "nsmc: 4 rows have an empty comment" in result.err
    assert f"nsmc: 10 rows of 2 files scored into {out} (" in result.err
    assert (out / "deep" / "b.csv").read_bytes() == (out / "a.csv").read_bytes()
    assert "nsmc: 2 files had been scored by an earlier run" in here(*arguments, out).err
    here(*arguments, "-").check_refusal(2, "name an --output directory")
    one = ("predict", "--engine", "ray", "--input", source, "--output", tmp_path / "out.csv")
    here(*one).check_refusal(2, f"{source} is one file")
    here("predict", "--engine", "ray", "재밌다").check_refusal(2, "give --input DIR")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes by /proc")
@pytest.mark.parametrize(
    ("number", "status", "whole_group"),
    [(signal.SIGINT, 130, True), (signal.SIGINT, 130, False), (signal.SIGTERM, 143, False)],
)
@pytest.mark.slow
def test_a_signal_leaves_the_scores_alone(
    number: signal.Signals,
    status: int,
    whole_group: bool,
    start: Start,
    large: Path,
    small_model: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.csv"
    out.write_text("mine", encoding="utf-8")
    process = start("predict", "--model", small_model, "--input", large, "--output", out)
    assert process.stderr
    kept = scores_beside(out)
    until(kept.exists)
    assert process.poll() is None
    # Ctrl-C on a terminal reaches the workers as well, `kill` only the command.
    (os.killpg if whole_group else os.kill)(process.pid, number)
    assert process.wait(60) == status
    said = f"nsmc: the scores so far are in {kept}; the same command goes on there\n"
    said += {130: "nsmc: interrupted\n", 143: ""}[status]
    assert process.stderr.read().decode() == said
    assert sorted(tmp_path.iterdir()) == [kept, out]
    assert out.read_text(encoding="utf-8") == "mine"
    until(lambda: not left_running(process.pid))


def test_a_named_table_needs_no_format_so_that_given_is_the_outputs(
    command: Command, source: Path, small_model: Path
) -> None:
    predict = ("predict", "--model", small_model, "--input", source, "--output", "-")
    own = command(*predict).out.splitlines()
    assert own[0].split(",") == [*COLUMNS, *NEW]
    objects = command(*predict, "--format", "jsonl").objects()
    assert objects[0]["label_ko"] == own[1].split(",")[-2]
