"""With what requirements-predict.txt names, and nothing else: in an environment of its own."""

import csv
import os
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

import nsmc
from tests.serving.conftest import Server

ROOT = Path(__file__).parents[2]
PINS = [ROOT / name for name in ("requirements-predict.txt", "requirements-predict-tables.txt")]


def pins(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def environment(place: Path, names: list[str]) -> dict[str, str]:
    """One in which a Python without site-packages finds these distributions alone."""
    for name in names:
        one = distribution(name)
        assert one.files is not None
        tops = {file.parts[0] for file in one.files if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            target = place / top
            if not target.exists():
                target.symlink_to(Path(str(one.locate_file(top))))
    paths = (str(place), str(Path(nsmc.__file__).parents[1]))
    kept = {name: os.environ[name] for name in ("PATH", "NSMC_CACHE", "NSMC_DATA")}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


@pytest.fixture(scope="module")
def slim(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return environment(tmp_path_factory.mktemp("slim"), list(pins(PINS[0])))


@pytest.fixture(scope="module")
def with_tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    names = [name for path in PINS for name in pins(path)]
    return environment(tmp_path_factory.mktemp("tables"), names)


def run(env: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-m", "nsmc", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=60)


def test_the_pins_are_those_of_the_constraints() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for path in PINS:
        for name, version in pins(path).items():
            assert f"\n{name.lower()}=={version}\n" in text, name


def test_comments_are_scored_and_explained(slim: dict[str, str]) -> None:
    done = run(slim, "predict", "--explain", "재밌다")
    assert done.returncode == 0, done.stderr
    whole, usual = (nsmc.load(exact=exact).predict("재밌다") for exact in (True, False))
    assert done.stdout.startswith(f"{whole.label_ko}  {whole.confidence:.1%}  재밌다\n")
    expected = f"{usual.label_ko}  {usual.confidence:.1%}  재밌다\n"
    assert run(slim, "predict", "재밌다").stdout == expected


def test_what_is_missing_is_said_with_the_line_that_installs_it(
    slim: dict[str, str], tmp_path: Path
) -> None:
    table = tmp_path / "t.csv"
    table.write_text("document,label\n재밌다,1\n노잼,0\n", encoding="utf-8")
    objects = tmp_path / "t.jsonl"
    objects.write_text('{"document": "재밌다", "label": 1}\n', encoding="utf-8")
    target = tmp_path / "out.parquet"
    commands: dict[str, tuple[str | Path, ...]] = {
        "train": ("train", "--data", ROOT / "data" / "sample", "--output", tmp_path / "run"),
        "evaluate": ("evaluate", "--data", objects),
        "predict": ("predict", "--input", table, "--output", target),
    }
    for name, arguments in commands.items():
        done = run(slim, *arguments)
        assert done.returncode == 1, done.stderr
        said = re.fullmatch(
            rf"nsmc: {name} needs (\w+), which is not installed here; pip install \S+\n",
            done.stderr,
        )
        assert said, done.stderr
    assert not target.exists()


def test_text_tables_need_no_more(slim: dict[str, str], tmp_path: Path) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.tsv"
    source.write_text("document,label\n재밌다,1\n,0\n", encoding="utf-8")
    done = run(slim, "predict", "--input", source, "--output", target)
    assert done.returncode == 0, done.stderr
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["label_ko"] for row in rows] == ["긍정", ""]


def test_tables_are_scored_with_the_second_file(
    with_tables: dict[str, str], tmp_path: Path
) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("document\n재밌다\n", encoding="utf-8")
    done = run(with_tables, "predict", "--input", source, "--output", target)
    assert done.returncode == 0, done.stderr
    with target.open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == ["positive"]


def test_a_terminal_without_tqdm_has_no_bar(with_tables: dict[str, str], tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['tqdm'] = None; sys.stderr.isatty = lambda: True\n"
        "from nsmc.cli.main import run\n"
        f"sys.exit(run(['predict', '--input', {str(tmp_path / 'in.csv')!r}, '--output', "
        f"{str(tmp_path / 'out.csv')!r}]))"
    )
    (tmp_path / "in.csv").write_text("document\n재밌다\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env=with_tables,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "1 rows scored" in done.stderr


@pytest.mark.slow
def test_the_service_runs(slim: dict[str, str]) -> None:
    import requests

    server = Server("-S", "-m", "nsmc", "serve", "--port", "0", env=slim)
    try:
        answer = requests.post(f"{server.url}/v1/predict", json={"text": "재밌다"}, timeout=60)
        assert answer.json()["label_ko"] == "긍정"
        url = f"{server.url}/v1/table"
        table = requests.post(url, data=b"document\na\n", timeout=60)
        assert table.text.splitlines()[0] == "document,label,label_ko,score"
        query = {"name": "a.parquet"}
        other = requests.post(url, params=query, data=b"PAR1", timeout=60)
        assert (other.status_code, other.json()["error"]["code"]) == (501, "not_installed")
    finally:
        server.close()
