"""The comparison of accuracy runs to its end, goes on where it was, and the table is whole."""

import importlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nsmc.errors import DataError

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent.parent.parent / "scripts" / "compare_accuracy.py"


class Comparison:
    """Runs of the script in one work directory."""

    def __init__(self, place: Path, data: Path) -> None:
        self.place, self.data = place, data

    def run(self, *options: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(SCRIPT), "--data", str(self.data)]
        command += ["--data-name", "the sample", "--work", str(self.place / "work")]
        command += ["--output", str(self.place / "accuracy.json"), *options]
        command += ["--rounds", "2", "--speed-reviews", "50"]
        return subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", check=False
        )

    def results(self) -> dict[str, Any]:
        return dict(json.loads((self.place / "accuracy.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory, sample: Path) -> Comparison:
    place = tmp_path_factory.mktemp("accuracy")
    data = place / "data"
    data.mkdir()
    for name, rows in (("ratings_train.txt", 240), ("ratings_test.txt", 100)):
        lines = (sample / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (data / name).write_text("".join(lines[: 1 + rows]), encoding="utf-8")
    # One test review that stands in the training file as well, but for a space.
    line = (data / "ratings_train.txt").read_text(encoding="utf-8").splitlines()[1].split("\t")
    with (data / "ratings_test.txt").open("a", encoding="utf-8") as file:
        file.write(f"again\t{line[1]} \t{line[2]}\n")
    return Comparison(place, data)


def test_all_stand_in_one_table(comparison: Comparison) -> None:
    done = comparison.run()
    assert done.returncode == 0, done.stderr
    result = comparison.results()
    fasttext = importlib.util.find_spec("fasttext") is not None
    assert len(result["contenders"]) == 4 + fasttext
    assert bool(result["left_out"]) != fasttext
    assert fasttext or "pip install fasttext-wheel" in done.stderr
    test = len((comparison.data / "ratings_test.txt").read_text(encoding="utf-8").splitlines()) - 1
    assert (result["test"]["reviews"], result["unseen"]) == (test, test - 1)
    for name, one in result["contenders"].items():
        low, high = one["interval"]
        # All of so few may be right: Wilson's interval then ends at 1, but for rounding.
        assert low < one["accuracy"] < high + 1e-12, name
        assert abs(one["accuracy"] * test - one["unseen"]["accuracy"] * (test - 1)) < 1.001
        assert one["bytes"] > 0 and one["training_seconds"] > 0
        assert len(one["rates"]) == 2 and one["reviews_a_second"] > 0
        if name.startswith("shipped"):
            assert one["accuracy"] > 0.7 and one["roc_auc"] > 0.8, name
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(result["contenders"])
    assert {row.count(" | ") for row in rows} == {5}
    assert str(comparison.place) not in (comparison.place / "accuracy.json").read_text("utf-8")


def test_what_was_measured_stays_and_others_join(comparison: Comparison) -> None:
    """Runs after the test above, in its work directory."""
    before = comparison.results()["contenders"]
    shipped = SCRIPT.parent.parent / "src" / "nsmc" / "pretrained" / "default"
    done = comparison.run("--ours", f"mine, too={shipped}", "--ours-seconds", "mine, too=12")
    assert done.returncode == 0, done.stderr
    assert "validation loss" not in done.stderr  # nothing was trained again
    result = comparison.results()
    mine = result["contenders"].pop("mine, too")
    ours = before.pop("shipped model")
    assert mine["accuracy"] == ours["accuracy"] and mine["training_seconds"] == 12
    for name, one in result["contenders"].items():
        assert {k: v for k, v in one.items() if not k.startswith("r")} == {
            k: v for k, v in before[name].items() if not k.startswith("r")
        }
    assert result["command"].endswith("--ours 'mine, too=DIR' --ours-seconds 'mine, too=12'")


def test_metrics_of_other_reviews_are_not_mixed_in(
    comparison: Comparison, sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    claim = importlib.import_module("compare_accuracy").claim
    split = importlib.import_module("benchmarks.rivals").Split
    claim(tmp_path, split(comparison.data))
    claim(tmp_path, split(comparison.data))
    with pytest.raises(DataError, match="holds figures of other reviews; choose another --work"):
        claim(tmp_path, split(sample))
