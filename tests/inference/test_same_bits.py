"""A comment has the same bits beside any others, in any order and chunk, under x86-64's kernels."""

import subprocess
import sys
from pathlib import Path

import pytest
from check_processors import KERNELS, can_run, environment

from nsmc.data.special_units import EOS
from tests.conftest import Untrained

SCRIPT = """
import random
import sys
from pathlib import Path

import numpy as np

import nsmc
from nsmc.inference.products import rounds_alike

lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()[1:]
texts = list(dict.fromkeys(line.split("\\t")[1] for line in lines))[:90]
texts += [" ".join(texts[:20]), *(text[:3] for text in texts[:20]), "", "재밌다"]


def same_in_any_company(score):
    whole = score(texts)
    for size in (1, 9, 60):
        order = random.Random(size).sample(range(len(texts)), len(texts))
        for start in range(0, len(order), size):
            some = order[start : start + size]
            found = score([texts[place] for place in some])
            for place, one in zip(some, found, strict=True):
                assert np.array_equal(whole[place], one, equal_nan=True), (size, texts[place])


def bits(model):
    return lambda some: [[unit.bits for unit in one.units] for one in model.score(some)]


assert rounds_alike()
for model in (nsmc.load(), nsmc.load(exact=True), *map(nsmc.load, sys.argv[3:])):
    same_in_any_company(lambda some: model.score(some)[0])
for language in sys.argv[2:3]:
    same_in_any_company(bits(nsmc.load_language_model(language)))
"""
LANGUAGE = (
    *("task=language-model", "training.adversarial_norm=0"),
    *("text.unit=syllable", "model.hidden_size=33"),
)
OLD = [kernel for kernel in KERNELS["x86_64"] if kernel not in ("SkylakeX", "Haswell")]
SHAPES = [
    ("text.unit=syllable", "model.hidden_size=20", "model.embedding_size=12"),
    (
        *("text.unit=syllable", "model.hidden_size=31", "model.cell=lstm", "model.layers=2"),
        *("model.conv.filters=24", "model.conv.pooling=2", "model.pooling=last"),
    ),
]


@pytest.fixture(scope="module")
def models(untrained: Untrained) -> list[Path]:
    """A language model and networks of sizes that don't fill a kernel's tiles."""
    units = ("<unk>", EOS, *dict.fromkeys("이 영화는 정말 재미있고 지루할 틈이 없어요.!ㅋㅠ"))
    classes = untrained("task=classes", *SHAPES[0], classes=["가", "나", "다"], vocabulary=units)
    return [untrained(*LANGUAGE, vocabulary=units), classes, untrained(*SHAPES[1])]


@pytest.mark.parametrize(
    "kernel",
    ["SkylakeX", "Haswell", *(pytest.param(one, marks=pytest.mark.slow) for one in OLD)],
)
def test_a_comment_has_the_same_bits_beside_any_others(
    sample: Path, models: list[Path], kernel: str
) -> None:
    if not can_run(kernel):
        pytest.skip(f"this processor can't run {kernel}'s instructions")
    # AVX-512's kernel has other ways for few columns, which a model this small would take.
    some = [] if kernel == "SkylakeX" else models
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, sample / "ratings_test.txt", *some],
        env=environment(kernel),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
