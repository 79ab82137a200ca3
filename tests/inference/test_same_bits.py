"""Under the kernel of AVX-512 a comment has the same bits alone and beside any others."""

import subprocess
import sys
from pathlib import Path

import pytest
from check_processors import can_run, environment

SCRIPT = """
import random
import sys
from pathlib import Path

import numpy as np

import nsmc
from nsmc.inference.products import rounds_alike

assert rounds_alike()
lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()[1:]
texts = list(dict.fromkeys(line.split("\\t")[1] for line in lines))[:250]
texts += [" ".join(texts[:20]), *(text[:3] for text in texts[:60]), "", "재밌다"]
for model in (nsmc.load(exact=True), nsmc.load()):
    whole = model.score(texts)[0]
    for size in (1, 2, 7, 60):
        order = random.Random(size).sample(range(len(texts)), len(texts))
        for start in range(0, len(order), size):
            some = order[start : start + size]
            found = model.score([texts[place] for place in some])[0]
            assert np.array_equal(found, whole[some], equal_nan=True), (size, some)
"""


def test_a_comment_has_the_same_bits_beside_any_others(sample: Path) -> None:
    if not can_run("SkylakeX"):
        pytest.skip("this processor has no AVX-512")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, sample / "ratings_test.txt"],
        env=environment("SkylakeX"),
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
