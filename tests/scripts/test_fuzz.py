"""The targets of the fuzzer stand damaged inputs, and all that were ever found."""

import json
import random

import pytest
from fuzz import CORPUS, PAGE, RESULTS, as_table
from fuzzing.mutation import MOST, mutated
from fuzzing.targets import TARGETS, tried


@pytest.mark.parametrize("name", list(TARGETS))
def test_seeds_and_finds(name: str) -> None:
    for data in [*TARGETS[name].seeds(), *(f.read_bytes() for f in (CORPUS / name).glob("*"))]:
        tried(name, data)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
def test_damaged_seeds(name: str) -> None:
    rng, seeds = random.Random(name), TARGETS[name].seeds()
    for _ in range(100):
        tried(name, mutated(rng.choice(seeds), rng))


def test_mutation_changes_and_stays_small() -> None:
    rng = random.Random(1)
    made = [mutated(b"abcdefgh", rng) for _ in range(300)]
    assert len({*made}) > 200
    assert max(map(len, made)) <= MOST
    assert mutated(b"", rng) is not None
    assert made == [mutated(b"abcdefgh", again) for again in [random.Random(1)] for _ in range(300)]


def test_the_corpus_names_targets() -> None:
    assert {path.name for path in CORPUS.glob("*")} <= TARGETS.keys()


def test_the_page_shows_the_counts() -> None:
    counts = json.loads(RESULTS.read_text(encoding="utf-8"))
    shown = f"<!-- measured: fuzzing -->\n{as_table(counts)}<!-- /measured -->"
    assert shown in PAGE.read_text(encoding="utf-8")
