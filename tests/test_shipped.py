"""The model inside the package: whole, small enough, and right about the plainest comments."""

import json
import re
import runpy
import warnings
from pathlib import Path

import pytest

import nsmc
from nsmc.inference.directory import SHIPPED, open_model
from nsmc.report.evaluation_report import evaluate

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "docs" / "results" / "shipped-model.json"
CARD = ROOT / "docs" / "model-card.md"


@pytest.fixture(scope="module")
def classifier() -> nsmc.Classifier:
    with warnings.catch_warnings():
        # It was trained with the versions of constraints.txt; others may be installed here.
        warnings.simplefilter("ignore")
        classifier = nsmc.load()
        _ = classifier.tokenizer
    return classifier


@pytest.mark.parametrize(
    ("comment", "label"),
    [
        ("재밌다", "긍정"),
        ("정말 최악이다 돈 아깝다", "부정"),
        ("노잼", "부정"),
        ("꿀잼 ㅋㅋㅋ", "긍정"),
        ("다시 보고 싶은 영화", "긍정"),
        ("지루해서 중간에 나왔다", "부정"),
    ],
)
def test_plain_comments(classifier: nsmc.Classifier, comment: str, label: str) -> None:
    assert classifier.predict(comment).label_ko == label


def test_it_is_small_and_knows_reviews_it_never_saw(sample: Path) -> None:
    assert sum(file.stat().st_size for file in SHIPPED.rglob("*")) <= 20_000_000
    # Written for this project, easier than real ones: 95% and more was seen.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert evaluate(sample).metrics["accuracy"] > 0.9


def test_the_card_and_the_readme_tell_its_metrics() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    seeds = results["tracks"]["all"]["seeds"]
    shipped = next(r for r in seeds if r["seed"] == results["shipped_seed"])
    model = open_model()
    assert model.config.training.seed == results["shipped_seed"]
    assert model.metrics["validation"] == shipped["validation"]
    assert model.metrics["temperature"] == shipped["temperature"]
    accuracy = f"{shipped['test']['accuracy']:.2%}"
    assert f"accuracy **{accuracy}**" in CARD.read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert accuracy in readme
    for track in results["tracks"].values():
        assert f"{track['test_accuracy_mean']:.2%}" in readme


def test_it_knows_which_texts_it_has_seen() -> None:
    seen = open_model().training_texts
    assert seen is not None
    # The language model read all texts, more than half a million.
    assert seen.texts > 500_000
    assert len(seen.to_bytes()) <= 400 * 1024
    assert seen.false_positive_rate < 0.1


def test_the_card_is_what_its_script_writes() -> None:
    script = ROOT / "scripts" / "train_shipped_model.py"
    names = runpy.run_path(str(script))
    card = names["card"](json.loads(RESULTS.read_text(encoding="utf-8")))
    assert CARD.read_text(encoding="utf-8") == card, "run it with --card-only"
    # In words, not by paths of the machine that trained it.
    model = open_model()
    start = model.config.training.init_from
    assert start == model.metrics["init_from"]["path"] == names["START"]
    # Its record is its last training's, and the card says so.
    assert model.metrics["data"]["name"].endswith("(the last of several trainings)")
    # Its validation metrics aren't those of its best epoch, and both say why.
    best = model.metrics["history"][model.metrics["best_epoch"] - 1]
    assert model.metrics["validation"]["loss"] != best["validation_loss"]
    assert all(step in card for step in model.metrics["after_training"])


def test_the_readme_prints_what_the_model_says(classifier: nsmc.Classifier) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^긍정 +([\d.]+%)  재밌다$", readme, re.MULTILINE)
    assert shown is not None
    assert shown[1] == f"{classifier.predict('재밌다').confidence:.1%}"


def test_ci_runs_the_readmes_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^pip install .* && .*$", readme, re.MULTILINE)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert len(set(commands)) == 2
    assert set(commands) <= set(script)
