"""What a model has seen in training is counted, from `nsmc train` to `nsmc evaluate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nsmc
from nsmc.config.schema import load_config
from nsmc.inference.directory import SEEN, open_model, write_again
from nsmc.inference.train_overlap import TrainingTexts
from nsmc.report.evaluation_report import evaluate
from nsmc.storage.bundle import read_json
from nsmc.training.api import train
from tests.nsmc_files import read_nsmc, write_nsmc

if TYPE_CHECKING:
    from tests.cli.conftest import Here
    from tests.conftest import Untrained

TINY = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50")
EPOCH = (*TINY, "training.epochs=1", "data.validation=0.2")


def close(one: Any, other: Any) -> bool:
    """Whether two metrics are the same but for the last bits, which a batch's others may move."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return all(close(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == (pytest.approx(other, abs=1e-6) if isinstance(other, float) else other))


@pytest.fixture(scope="module")
def mixed(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 reviews of the training file, spaced otherwise, and 200 others."""
    seen = [(f"  {text} ", label) for text, label in read_nsmc(sample / "ratings_train.txt")[:150]]
    others = read_nsmc(sample / "ratings_test.txt")
    return write_nsmc(tmp_path_factory.mktemp("mixed") / "mixed.txt", seen + others)


def test_from_a_training_to_an_evaluation(here: Here, small_model: Path, sample: Path) -> None:
    run = small_model
    train_file = sample / "ratings_train.txt"

    # All of them, the validation part included.
    known = here("evaluate", "--model", run, "--data", train_file, "--json")
    seen = known.object()["seen"]
    assert (seen["reviews"], seen["estimated"], seen["unseen_examples"]) == (600, 600, 0)
    assert seen["unseen"] is None
    assert 0 < seen["false_positive_rate"] < 1e-6
    assert "the model has seen 600 of these 600 reviews in training, so its metrics" in known.err
    shown = here("evaluate", "--model", run, "--data", train_file)
    assert "\nseen in training  600 of 600 (100.0%)\n" in shown.out

    new = here("evaluate", "--model", run, "--data", sample, "--json")
    results = new.object()
    assert new.err == ""
    assert results["seen"]["reviews"] == results["seen"]["estimated"] == 0
    assert results["seen"]["unseen"]["accuracy"] == results["accuracy"]
    shown = here("evaluate", "--model", run, "--data", sample)
    assert "\nseen in training  none of 200\n" in shown.out

    about = here("info", run).out
    words = "600 distinct texts in training, as hashes; of others less than one in 1,000,000 is "
    assert f"\nseen        {words}taken for one of them\n" in about
    assert about.count(SEEN) == 1


def test_the_metrics_of_the_others_are_theirs(
    here: Here, small_model: Path, sample: Path, mixed: Path, tmp_path: Path
) -> None:
    asked = ("evaluate", "--model", small_model, "--data")
    result = here(*asked, mixed, "--json")
    results, alone = result.object(), here(*asked, sample, "--json").object()
    assert result.err == ""
    assert (results["examples"], results["seen"]["reviews"]) == (350, 150)
    assert results["seen"]["unseen_examples"] == 200
    assert results["seen"]["unseen"].keys() < results.keys()
    for name, value in results["seen"]["unseen"].items():
        assert close(value, alone[name]), name
    words = f"150 of 350 (42.9%); accuracy on the other 200: {alone['accuracy']:.2%}"
    place = tmp_path / "report"
    assert f"\nseen in training  {words}\n" in here(*asked, mixed, "--report", place).out
    page = (place / "report.html").read_text(encoding="utf-8")
    assert f'<span class="en" lang="en">{words}' in page
    metrics = json.loads((place / "figures.json").read_text(encoding="utf-8"))
    assert metrics["seen"]["reviews"] == 150


def test_a_model_from_before_there_was_such_a_file(
    here: Here, untrained: Untrained, sample: Path, tmp_path: Path
) -> None:
    model = untrained()
    assert not (model / SEEN).exists()
    place = tmp_path / "report"
    asked = ("evaluate", "--model", model, "--data", sample, "--report", place)
    assert here(*asked, "--json").object()["seen"] is None
    result = here(*asked)
    assert result.code == 0
    assert "100% of these comments say nothing that the model knows" in result.err
    assert "seen in training" not in result.out
    assert "seen in training" not in (place / "report.html").read_text(encoding="utf-8")
    assert "\nseen        not recorded\n" in here("info", model).out
    assert here("info", model, "--json").object()["seen"] is None


def test_an_export_has_seen_what_its_model_has(
    here: Here, small_model: Path, mixed: Path, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    assert here("export", "--model", small_model, "--int8", "--output", small).code == 0
    assert (small / SEEN).read_bytes() == (small_model / "model" / SEEN).read_bytes()
    assert SEEN in read_json(small / "manifest.json")["files"]
    results = here("evaluate", "--model", small, "--data", mixed, "--json").object()
    assert results["seen"]["reviews"] == 150


@pytest.mark.parametrize(
    ("task", "metric"),
    [("classes", "macro_f1"), ("stars", "mean_absolute_error"), ("sentiment+stars", "accuracy")],
)
def test_every_task_has_its_own_metrics(
    task: str, metric: str, untrained: Untrained, here: Here, tmp_path: Path
) -> None:
    texts = [f"재밌다 {n}" for n in range(40)]
    rows = [
        json.dumps({"document": text, "topic": "가나"[n % 2], "rating": 1 + n * 7 % 10}) + "\n"
        for n, text in enumerate(texts)
    ]
    table, rest, model = (tmp_path / name for name in ("t.jsonl", "rest.jsonl", "model"))
    table.write_text("".join(rows), encoding="utf-8")
    rest.write_text("".join(rows[30:]), encoding="utf-8")
    fields, classes = (["data.label_column=topic"], "가나") if task == "classes" else ([], ())
    nsmc.export(untrained(f"task={task}", *fields, classes=classes), model)
    tokenizer = nsmc.load(model).tokenizer
    seen = TrainingTexts.from_units([tokenizer(text) for text in texts[:30]]).to_bytes()
    write_again(open_model(model), model, seen=seen)
    results, alone = evaluate(table, model).seen, evaluate(rest, model)
    assert results is not None and alone.seen is not None
    assert (results["reviews"], results["unseen_examples"]) == (30, 10)
    assert alone.seen["reviews"] == 0
    assert metric in results["unseen"]
    for name, value in results["unseen"].items():
        assert close(value, alone.metrics[name]), name
    shown = here("evaluate", "--model", model, "--data", table)
    (line,) = (line for line in shown.out.splitlines() if line.startswith("seen in training"))
    name = {"macro_f1": "accuracy"}.get(metric, metric).replace("_", " ")
    assert f" 30 of 40 (75.0%); {name} on the other 10: " in line
    assert "  " not in line.partition(": ")[2]
    assert "has seen 30 of these 40" in shown.err


def test_a_language_model(here: Here, hihello: Path, sample: Path, tmp_path: Path) -> None:
    (text, *_) = (sample.parent / "hihello.txt").read_text(encoding="utf-8").split()
    both, new = tmp_path / "both.txt", tmp_path / "new.txt"
    both.write_text(f"{text}\n처음 보는 글\n", encoding="utf-8")
    new.write_text("처음 보는 글\n", encoding="utf-8")
    results, alone = evaluate(both, hihello).seen, evaluate(new, hihello).metrics
    assert results is not None
    assert (results["reviews"], results["unseen_examples"]) == (1, 1)
    assert results["unseen"]["perplexity"] == pytest.approx(alone["perplexity"])
    shown = here("evaluate", "--model", hihello, "--data", both).out
    assert f"1 of 2 (50.0%); perplexity on the other 1: {alone['perplexity']:.2f}" in shown


def test_a_start_that_does_not_tell_what_it_has_seen(
    untrained: Untrained, sample: Path, tmp_path: Path
) -> None:
    config = load_config(None, [*EPOCH, f"training.init_from={untrained()}"])
    warnings: list[str] = []
    warn, output = warnings.append, tmp_path / "run"
    trained = train(config, data=sample, output=output, device="cpu", warn=warn)
    assert open_model(trained.model).training_texts is None
    assert not (trained.model / SEEN).exists()
    (warning,) = warnings
    assert "doesn't tell which texts it was trained on, so the new model won't" in warning
