"""Every cell, depth and direction, trained, saved, loaded and scored, each meeting every task.

Those of two layers read a convolution, but for the language model, which can't.

`tests/exporting/test_quantization.py` exports them.
"""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import nsmc
from nsmc.config.schema import load_config
from nsmc.inference.directory import open_model
from nsmc.tasks.registry import TASKS
from nsmc.tasks.task import LabelTask

pytestmark = pytest.mark.slow

TINY = (
    *("model.embedding_size=6", "model.hidden_size=5", "model.subword_buckets=50"),
    *("data.min_freq=1", "training.batch_size=16", "training.epochs=1"),
)
CELLS = ("rnn", "gru", "lstm")
# Every network once; in turn, so that each cell, depth and direction meets each task.
SHAPES = [
    (CELLS[cell], layers, bool(both), list(TASKS)[(cell + layers + 2 * both) % len(TASKS)])
    for cell, layers, both in itertools.product(range(3), (1, 2, 3), range(2))
]
TEXTS = ["정말 재밌다", "돈 아까운 영화였음 ㅠㅠ", "음"]


@pytest.fixture(scope="module")
def reviews(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few reviews with a label, stars and a topic each."""
    few = pd.read_csv(sample / "ratings_train.txt", sep="\t", quoting=3).head(32)
    few["rating"] = np.where(few["label"] == 1, 9, 2)
    path = tmp_path_factory.mktemp("family") / "reviews.csv"
    few.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(("cell", "layers", "bidirectional", "task"), SHAPES)
def test_goes_all_the_way(
    reviews: Path, tmp_path: Path, cell: str, layers: int, bidirectional: bool, task: str
) -> None:
    shape = (f"cell={cell}", f"layers={layers}", f"bidirectional={str(bidirectional).lower()}")
    fields = [f"task={task}", *TINY, *(f"model.{field}" for field in shape)]
    convolves = layers == 2 and task != "language-model"
    if task == "language-model":
        fields.append("training.adversarial_norm=0")
    if convolves:
        fields += ["model.conv.filters=4", "model.conv.pooling=2"]
    config = load_config(None, fields)
    trained = nsmc.train(config, data=reviews, output=tmp_path / "run", device="cpu")
    model = open_model(trained.model)
    assert model.task.name == task
    weights = model.weights()
    recurrent = [name for name in weights if name.startswith("encoder.")]
    assert len(recurrent) == 4 * layers * (2 if bidirectional else 1)
    assert ("convolution.bias" in weights) == convolves
    assert not convolves or weights["convolution.bias"].any()  # zero at first
    if not isinstance(model.task, LabelTask):
        language = nsmc.load_language_model(trained.model)
        bits = [scored.perplexity for scored in map(language.score, TEXTS)]
        assert all(1 < perplexity < 1000 for perplexity in bits)
        return
    classifier = nsmc.load(trained.model)
    outputs = classifier.outputs_of([classifier.tokenizer(text) for text in TEXTS])
    assert np.isfinite(outputs).all()
    explained = classifier.explain(TEXTS[1])
    total = explained.baseline + sum(part.contribution for part in explained.parts)
    assert total == pytest.approx(explained.value, abs=1e-6)
