"""A network of characters beside the RNN: the same scores in torch, numpy, 8 bits and ONNX."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import torch
from torch import Tensor

import nsmc
from nsmc.cli.main import run
from nsmc.config import Config, load_config
from nsmc.data.corpus import Corpus
from nsmc.data.fields import MorphemeBatch
from nsmc.errors import ModelError, UsageError
from nsmc.exporting import export
from nsmc.inspection.card import model_card
from nsmc.inspection.info import info, names_beside
from nsmc.model.inputs import field_for
from nsmc.model.network import RecurrentNetwork
from nsmc.model.on_device import TorchNetwork
from nsmc.runtime import characters as characters_module
from nsmc.runtime.characters import CharacterOutputs
from nsmc.runtime.classifier import Classifier
from nsmc.runtime.directory import CHARACTERS as FILE
from nsmc.runtime.directory import ModelDirectory, open_model, write_model
from nsmc.runtime.tables import CHARACTERS, NGRAMS, SCALES, WORDS, quantized
from nsmc.tasks.registry import make_task
from nsmc.training.api import train
from nsmc.training.init_from import KEPT, find_start

if TYPE_CHECKING:
    from tests.conftest import Untrained

SIZES = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50")
BESIDE = (
    "model.characters.hidden_size=6",
    "model.characters.embedding_size=5",
    "model.characters.subword_buckets=40",
)
WIDE = ("model.wide.buckets=4096", "model.wide.longest=4")
UNITS = ["<unk>", "재밌", "다", "영화", "음악"]
LETTERS = ["<unk>", "다", "재", "밌", "영", "화", "도", "ㅋ"]
TABLES = [CHARACTERS + WORDS, CHARACTERS + NGRAMS]
COMMENTS = [
    "정말 재밌다",
    "돈이 아까운 영화였어요 ㅠㅠ 시간도 아깝고",
    "음",
    "처음 보는 오타도 괜찬타 ㅋㅋㅋㅋ 👍",
    "두 번 봐도 지루하지 않고, 볼 때마다 새로운 것이 보인다. 음악도 좋았다",
]
SAME_UNITS = [
    ["재밌", "다", "."],
    ["스펙터클", "하지만요", "ㅋㅋㅋㅋㅋㅋ"],
    ["음", "악", "도"],
    ["龍", "👍", "재밌는데다"],
]
"""Reviews of as many units, and of 4, 14, 3 and 7 characters."""


@dataclass(frozen=True)
class Both:
    """One model as torch trains it and as numpy runs it."""

    network: RecurrentNetwork
    classifier: Classifier
    model: ModelDirectory

    def batch(self, reviews: Sequence[Sequence[str]]) -> MorphemeBatch:
        """The tensors of reviews of one number of units."""
        units = list(dict.fromkeys(unit for review in reviews for unit in review))
        corpus = Corpus(
            tokens=np.array([units.index(u) for r in reviews for u in r], dtype=np.int32),
            offsets=np.cumsum([0, *map(len, reviews)]).astype(np.int64),
            labels={},
            morphemes=units,
            identity={},
            source={},
        )
        field = field_for(corpus, self.network.config, self.model.task)
        field.use_vocabulary(rows_of(self.model.vocabulary))
        if field.characters is not None:
            field.characters.use_vocabulary(rows_of(self.model.characters))
        return field.process(range(len(reviews)))

    def by_torch(self, reviews: Sequence[Sequence[str]]) -> Any:
        with torch.inference_mode():
            return self.network(self.batch(reviews)).numpy()  # [B, O]


def rows_of(vocabulary: Sequence[str]) -> Mapping[str, int]:
    """A vocabulary as the field asks it: the unknown one's row for what it lacks."""
    return defaultdict(int, {one: row for row, one in enumerate(vocabulary) if row})


def opened(directory: Path) -> Both:
    model = open_model(directory)
    config = Config.from_dict(model.config)
    network = RecurrentNetwork(
        len(model.vocabulary), config.model, model.task, characters=len(model.characters)
    ).eval()
    network.load_state_dict({k: torch.from_numpy(v) for k, v in model.weights().items()})
    return Both(network, Classifier(model), model)


def made(untrained: Untrained, *others: str, classes: Sequence[str] = ()) -> Path:
    return untrained(*BESIDE, *others, classes=classes, vocabulary=UNITS, characters=LETTERS)


KINDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "alone": ((), ()),
    "with n-grams, for classes": ((*WIDE, "task=classes"), ("경제", "사회", "문화")),
}


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, untrained: Untrained) -> Path:
    """A model directory of one output, and one of several with weights of n-grams as well."""
    others, classes = KINDS[request.param]
    return made(untrained, *others, classes=classes)


def cut(classifier: Classifier) -> list[list[str]]:
    return [classifier.tokenizer(text) for text in COMMENTS]


@pytest.mark.parametrize(
    ("cell", "pooling", "both"),
    list(product(("rnn", "gru", "lstm"), ("last", "max", "mean", "max+mean"), (True, False))),
)
def test_the_networks_outputs_are_the_classifiers(
    cell: str, pooling: str, both: bool, untrained: Untrained
) -> None:
    found = opened(
        made(
            untrained,
            *(f"model.cell={cell}", f"model.pooling={pooling}"),
            f"model.bidirectional={str(both).lower()}",
        )
    )
    batch = found.batch(SAME_UNITS)
    assert batch.characters is not None
    assert batch.characters.lengths.tolist() == [4, 14, 3, 7]
    assert batch.characters.positions.shape == (14, 4)
    expected = found.by_torch(SAME_UNITS)
    np.testing.assert_allclose(found.classifier.outputs_of(SAME_UNITS), expected, atol=1e-5)
    with torch.inference_mode():
        units_alone = found.network.classify(found.network.embed(batch)).numpy()
        added = found.network.characters(batch.characters).numpy()  # type: ignore[misc]
    by_numpy = found.classifier.added_by_characters(SAME_UNITS)
    np.testing.assert_allclose(by_numpy, added, atol=1e-5)
    np.testing.assert_allclose(units_alone + added, expected, atol=1e-6)
    assert np.ptp(added) > 1e-3  # reviews differ in it


@pytest.mark.parametrize("buckets", [0, 40])
@pytest.mark.parametrize("embedding", [3, 16])
def test_sizes_are_its_own(buckets: int, embedding: int, untrained: Untrained) -> None:
    found = opened(
        made(
            untrained,
            f"model.characters.subword_buckets={buckets}",
            f"model.characters.embedding_size={embedding}",
            *("model.layers=2", "model.conv.filters=4", "model.subword_letters=true"),
        )
    )
    weights = found.model.weights()
    assert weights[TABLES[0]].shape == (len(LETTERS), embedding)
    assert (TABLES[1] in weights) == bool(buckets)
    assert {weights[name].dtype for name in TABLES if name in weights} == {np.dtype(np.float16)}
    assert not any(name.startswith(f"{CHARACTERS}convolution") for name in weights)
    assert f"{CHARACTERS}encoder.weight_ih_l1" not in weights
    np.testing.assert_allclose(
        found.classifier.outputs_of(SAME_UNITS), found.by_torch(SAME_UNITS), atol=1e-5
    )
    # What there is no row for is told apart by its letters, if at all.
    added = found.classifier.added_by_characters([["밍"], ["빙"], ["龍"]])
    assert len(np.unique(added.round(5))) == (3 if buckets else 1)


def test_a_review_does_not_see_its_neighbours(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = opened(model)
    together = found.by_torch(SAME_UNITS)
    alone = np.concatenate([found.by_torch([review]) for review in SAME_UNITS])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    units = [*SAME_UNITS, [], *cut(found.classifier)]
    together = found.classifier.outputs_of(units)
    assert np.isnan(together).any(axis=1).tolist() == [not one for one in units]
    alone = np.concatenate([found.classifier.outputs_of([one]) for one in units])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    monkeypatch.setattr(characters_module, "AT_ONCE", 2)
    np.testing.assert_allclose(found.classifier.outputs_of(units), together, atol=1e-6)


def test_padding_is_neither_read_nor_learnt_from(model: Path) -> None:
    found = opened(model)
    read = found.batch(SAME_UNITS).characters
    network = found.network.characters
    assert read is not None and network is not None
    behind = torch.arange(len(read.positions))[:, None] >= read.lengths  # [S, B]
    assert behind.sum() == 28
    for place in range(len(read.words)):
        other = read._replace(positions=torch.where(behind, place, read.positions))
        assert torch.equal(network(other), network(read))
    # A character that stands only there gets no gradient.
    other = read._replace(
        words=torch.cat([read.words, torch.tensor([len(LETTERS) - 1])]),
        ngrams=torch.cat([read.ngrams, torch.tensor([39])]),
        offsets=torch.cat([read.offsets, torch.tensor([len(read.ngrams)])]),
        positions=torch.where(behind, len(read.words), read.positions),
    )
    gradients = [
        torch.autograd.grad(network(one).sum(), list(network.parameters())) for one in (read, other)
    ]
    for ours, its in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, its)


def test_another_device_gives_the_same(model: Path) -> None:
    directory = open_model(model)
    ours = Classifier(directory)
    by_torch = Classifier(directory, network=TorchNetwork(directory, "cpu"))
    units = [*cut(ours), *SAME_UNITS, []]
    expected = ours.outputs_of(units)
    np.testing.assert_allclose(by_torch.outputs_of(units), expected, atol=1e-5)
    for one, other in zip(ours.explain(COMMENTS), by_torch.explain(COMMENTS), strict=True):
        assert [p.contribution for p in other.parts] == pytest.approx(
            [p.contribution for p in one.parts], abs=1e-4
        )


def test_eight_bits_score_alike(model: Path, tmp_path: Path) -> None:
    small = export(model, tmp_path / "small", int8=True)
    before, after = nsmc.load(model), nsmc.load(small)
    assert after.model.characters == before.model.characters == LETTERS
    exact, weights = before.model.weights(), after.model.weights()
    for name in TABLES:
        assert weights[name].dtype == np.int8
        assert weights[SCALES[name]].shape == exact[name].shape[:1]
        off = weights[name] * weights[SCALES[name]][:, None] - exact[name].astype(np.float32)
        assert np.abs(off).max() <= 0.5 / 254 * 1.001
    for name in exact.keys() - SCALES.keys():
        np.testing.assert_array_equal(weights[name], exact[name], strict=True)
    units = [*cut(before), *SAME_UNITS]
    found, expected = (one.added_by_characters(units) for one in (after, before))
    # Of n-grams as large as these, a comment's are off by some hundredths together.
    np.testing.assert_allclose(found, expected, atol=0.1)
    assert not np.array_equal(found, expected)
    by_torch = Classifier(after.model, network=TorchNetwork(after.model, "cpu"))
    np.testing.assert_allclose(by_torch.outputs_of(units), after.outputs_of(units), atol=1e-5)
    assert quantized(weights)[TABLES[0]] is weights[TABLES[0]]
    # And without --int8 it is a copy.
    copied = export(model, tmp_path / "copy")
    assert (copied / FILE).read_bytes() == (model / FILE).read_bytes()
    np.testing.assert_array_equal(nsmc.load(copied).outputs_of(units), before.outputs_of(units))


def test_the_graph_takes_what_is_added(model: Path, tmp_path: Path) -> None:
    classifier = nsmc.load(model)
    file = export(model, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    outputs = classifier.task.outputs
    shape = ["B"] if outputs == 1 else ["B", outputs]
    assert [(one.name, one.shape) for one in session.get_inputs()] == [
        ("vectors", ["T", "B", 8]),
        ("added", shape),
    ]
    for units in cut(classifier):
        rows = classifier._vectors.rows(units)
        vectors = np.stack([classifier._vectors.table[rows]] * 2, axis=1)  # [T, B, E]
        added = classifier.added_by_characters([units, units]).reshape(2, *shape[1:])
        (found,) = session.run(["logits"], {"vectors": vectors, "added": added})
        expected = classifier.outputs_of([units, units])
        np.testing.assert_allclose(found, expected.reshape(found.shape), atol=1e-5)
        assert np.abs(added).max() > 1e-3


def test_explanations_sum_to_the_score(model: Path) -> None:
    classifier = nsmc.load(model)
    for explained in classifier.explain(COMMENTS):
        total = explained.baseline + sum(part.contribution for part in explained.parts)
        assert total == pytest.approx(explained.value, abs=1e-9)


def test_parts_are_worth_what_deleting_them_does(model: Path) -> None:
    classifier = nsmc.load(model)
    text = "재밌다"
    first, second = units = classifier.tokenizer(text)
    explained = classifier.explain(text)
    of, number = classifier.task.explained(classifier.outputs_of([units])[0])
    assert explained.of == of
    a, b, whole = (
        float(number(classifier.outputs_of([part]))[0]) for part in ([first], [second], units)
    )
    # Without a unit, neither network says more than it does of a vector of zeros.
    nothing = explained.baseline
    assert [part.contribution for part in explained.parts] == pytest.approx(
        [(a - nothing + whole - b) / 2, (b - nothing + whole - a) / 2], abs=1e-5
    )
    weights, one = classifier.model.weights(), np.array([1])
    beside = CharacterOutputs.of(classifier.model, weights)
    assert beside is not None
    outputs = classifier.model.network(weights)(np.zeros((1, 8), np.float32), one - 1, one)
    expected = float(number(outputs + beside.nothing)[0])
    assert nothing == pytest.approx(expected, abs=1e-6)
    assert np.abs(beside.nothing).max() > 1e-3


def test_what_is_empty_or_strange(untrained: Untrained) -> None:
    classifier = nsmc.load(made(untrained))
    empty, *others = classifier.predict(["", "👍👍", "龍虎", "\u3000 ", "é", "<unk>"])
    assert not empty.legible and math.isnan(empty.score) and empty.label == ""
    assert [one.legible for one in others] == [True, True, False, True, True]
    assert all(0 < one.score < 1 for one in others if one.legible)
    assert math.isnan(classifier.explain("").value)
    # Nothing, and what a review without units adds, is the same; and it is a number.
    beside = CharacterOutputs.of(classifier.model, classifier.model.weights())
    assert beside is not None
    assert beside([[], ["재"]])[0].tolist() == beside.nothing.tolist() == beside([[]])[0].tolist()
    assert np.isfinite(beside.nothing).all()
    assert beside([]).shape == (0, 1)


@pytest.mark.parametrize("unit", ["morpheme", "syllable", "jamo"])
def test_only_units_that_mark_spaces_tell_of_them(unit: str, untrained: Untrained) -> None:
    classifier = nsmc.load(made(untrained, f"text.unit={unit}"))
    cuts = [
        classifier.tokenizer(text)
        for text in ("돈이 아까운 영화", "돈이아까운영화", "돈 이아까운 영화")
    ]
    first, *others = classifier.added_by_characters(cuts).tolist()
    assert [one == pytest.approx(first, abs=1e-6) for one in others] == [unit == "morpheme"] * 2
    # Where it was cut says nothing.
    joined = ["".join(units) for units in cuts]
    for again in ([[one] for one in joined], [list(one) for one in joined]):
        np.testing.assert_allclose(
            classifier.added_by_characters(again), [first, *others], atol=1e-6
        )


def test_the_boundaries_of_reviews_are_kept(untrained: Untrained) -> None:
    classifier = nsmc.load(made(untrained))
    found = classifier.added_by_characters([["재", "밌다"], ["영화"], [], ["재밌다영화"]])
    again = classifier.added_by_characters([["재밌다"], ["영", "화"]])
    np.testing.assert_allclose(found[:2], again, atol=1e-6)
    assert np.abs(found[3] - found[0]).max() > 1e-4


def written(model: ModelDirectory, path: Path, **others: Any) -> ModelDirectory:
    parts: dict[str, Any] = {
        "config": model.config,
        "identity": model.identity,
        "threshold": model.threshold,
        "vocabulary": model.vocabulary,
        "weights": model.weights(),
        "metrics": model.metrics,
        "task_state": model.task_state,
        "characters": model.characters,
    }
    write_model(path, **(parts | others))
    return open_model(path)


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (LETTERS[:-1], "7 characters in its vocabulary, 8 rows in its table"),
        ([*LETTERS, "용"], "9 characters in its vocabulary, 8 rows in its table"),
        ([], "0 characters in its vocabulary, 8 rows in its table"),
    ],
)
def test_another_vocabulary_than_the_tables_is_refused(
    names: list[str], told: str, untrained: Untrained, tmp_path: Path
) -> None:
    model = open_model(made(untrained))
    assert Classifier(written(model, tmp_path / "same")).model.characters == LETTERS
    other = written(model, tmp_path / "other", characters=names)
    with pytest.raises(ModelError, match=rf"other doesn't fit together: .*\({told}\); train again"):
        Classifier(other)


@pytest.mark.parametrize(
    "change", ["lacks", "cell", "pooling", "embedding_size", "subword_buckets"]
)
def test_weights_of_another_recipe_are_refused(
    change: str, untrained: Untrained, tmp_path: Path
) -> None:
    model = open_model(made(untrained))
    weights, shape = model.weights(), model.config["model"]
    if change == "lacks":
        weights = {k: v for k, v in weights.items() if k != f"{CHARACTERS}head.bias"}
    elif change in shape["characters"]:
        sizes = shape["characters"]
        shape = {**shape, "characters": {**sizes, change: sizes[change] + 1}}
    else:
        # The network of units fits, as that of a model of such a recipe.
        theirs = {"cell": "lstm", "pooling": "last"}[change]
        others = open_model(untrained(f"model.{change}={theirs}", vocabulary=UNITS)).weights()
        weights, shape = {**weights, **others}, {**shape, change: theirs}
    config = {**model.config, "model": shape}
    other = written(model, tmp_path / "other", weights=weights, config=config)
    with pytest.raises(ModelError, match="its weights for characters aren't those of its recipe"):
        Classifier(other)


def test_a_model_from_before_there_was_such_a_network(untrained: Untrained) -> None:
    model = open_model(untrained())
    shape = {k: v for k, v in model.config["model"].items() if k != "characters"}
    older = replace(model, config={**model.config, "model": shape})
    assert names_beside(shape) == []
    assert CharacterOutputs.of(older, older.weights()) is None
    assert not Classifier(older).added_by_characters(SAME_UNITS).any()
    np.testing.assert_array_equal(
        Classifier(older).outputs_of(SAME_UNITS), Classifier(model).outputs_of(SAME_UNITS)
    )
    assert not (model.path / FILE).exists()
    assert model.characters == []


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("hidden_size=-1", "hidden_size must be 0 or more, found -1"),
        ("embedding_size=0", "embedding_size must be at least 1, found 0"),
        ("subword_buckets=-1", "subword_buckets must be 0 or more, found -1"),
    ],
)
def test_what_the_recipe_may_not_say(field: str, told: str) -> None:
    with pytest.raises(UsageError, match=rf"model\.characters.*{told}"):
        load_config(None, [f"model.characters.{field}"])


def test_outputs_are_scaled_in_both_networks(model: Path) -> None:
    found = opened(model)
    before = found.by_torch(SAME_UNITS)
    factors = torch.tensor([0.5, 3.0, 10.0])[: before.shape[1]]
    found.network.scale_outputs(factors)
    after = found.by_torch(SAME_UNITS)
    np.testing.assert_allclose(after, before * factors.numpy(), rtol=1e-4, atol=1e-5)


def test_tables_are_apart_from_the_other_parameters(model: Path) -> None:
    network = opened(model).network
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    tables = [names[id(parameter)] for parameter in network.tables()]
    dense = [names[id(parameter)] for parameter in network.dense_parameters()]
    assert set(TABLES) <= set(tables)
    assert f"{CHARACTERS}encoder.weight_ih_l0_reverse" in dense
    assert sorted(tables + dense) == sorted(names.values())


# From one model to another.


def given(
    start: Path, output: Path, letters: list[str], *others: str, classes: Sequence[str] = ()
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """A network's parameters before and after it was started, and what was said of that."""
    config = load_config(None, [*SIZES, f"training.init_from={start}", *others])
    task = make_task(config.to_dict(), {"classes": list(classes)} if classes else {})
    torch.manual_seed(5)
    network = RecurrentNetwork(len(UNITS), config.model, task, characters=len(letters))
    before = copies(network.state_dict())
    (output / KEPT).unlink(missing_ok=True)
    found = find_start(config, output)
    assert found is not None
    assert list(found.characters) == LETTERS[1:]
    taken = found.give(network, UNITS, output, task=task, characters=letters).taken
    return before, copies(network.state_dict()), taken


def copies(state: Mapping[str, Tensor]) -> dict[str, Any]:
    return {name: value.detach().numpy().copy() for name, value in state.items()}


TAKEN = "the network of characters"


def test_rows_are_taken_over_by_their_characters(
    model: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    others, classes = KINDS[request.node.callspec.params["model"]]
    theirs = open_model(model).weights()
    letters = ["<unk>", "화", "용", "다", "ㅋ"]
    before, after, told = given(model, tmp_path, letters, *BESIDE, *others, classes=classes)
    assert told.endswith(f"{', the wide layer' if others else ''}, {TAKEN}")
    of_theirs = theirs[TABLES[0]].astype(np.float32)
    for row, its in ((0, 0), (1, 5), (3, 1), (4, 7)):
        np.testing.assert_array_equal(after[TABLES[0]][row], of_theirs[its])
    np.testing.assert_array_equal(after[TABLES[0]][2], before[TABLES[0]][2])
    whole = [name for name in after if name.startswith(CHARACTERS) and name != TABLES[0]]
    assert len(whole) == 1 + 8 + 2
    for name in whole:
        np.testing.assert_array_equal(after[name], theirs[name].astype(np.float32))
        assert not np.array_equal(after[name], before[name])


def test_a_model_in_eight_bits_is_taken_over_as_well(untrained: Untrained, tmp_path: Path) -> None:
    small = export(made(untrained), tmp_path / "small", int8=True)
    _, after, told = given(small, tmp_path, LETTERS[::-1], *BESIDE)
    assert told.endswith(TAKEN)
    weights = open_model(small).weights()
    for name, order in zip(TABLES, (-1, 1), strict=True):
        expected = weights[name] * weights[SCALES[name]][:, None]
        np.testing.assert_array_equal(after[name], expected[::order])


@pytest.mark.parametrize(
    "change",
    [
        "model.characters.hidden_size=7",
        "model.characters.embedding_size=6",
        "model.characters.subword_buckets=41",
        "model.characters.subword_buckets=0",
        "model.characters.hidden_size=0",
        "model.cell=rnn",
        "model.pooling=max",
        "model.bidirectional=false",
        "task=stars",
    ],
)
def test_what_does_not_fit_starts_afresh(change: str, untrained: Untrained, tmp_path: Path) -> None:
    before, after, told = given(made(untrained), tmp_path, LETTERS, *BESIDE, change)
    assert told and TAKEN not in told
    for name in before:
        if name.startswith(CHARACTERS):
            np.testing.assert_array_equal(after[name], before[name])


def test_a_source_without_characters(untrained: Untrained, tmp_path: Path) -> None:
    start = untrained(vocabulary=UNITS)
    config = load_config(None, [*SIZES, *BESIDE, f"training.init_from={start}"])
    task = make_task(config.to_dict())
    network = RecurrentNetwork(len(UNITS), config.model, task, characters=len(LETTERS))
    found = find_start(config, tmp_path)
    assert found is not None and list(found.characters) == []
    taken = found.give(network, UNITS, tmp_path, task=task, characters=LETTERS).taken
    assert taken.endswith("the head")


# Trained ones.

TRAINED = (
    *SIZES,
    *BESIDE,
    *WIDE,
    "data.min_freq=2",
    "training.batch_size=16",
    "training.learning_rate=0.01",
    "training.epochs=1",
)


@dataclass(frozen=True)
class Training:
    """A model directory, and its network's parameters at the first step."""

    model: Path
    first: dict[str, Any]


def trained_on(reviews: Path, output: Path, *others: str) -> Training:
    first: dict[str, Any] = {}

    def listen(event: object, state: Any) -> None:
        if not first:
            first.update(copies(state.network.state_dict()))

    config = load_config(None, [*TRAINED, *others])
    done = train(config, data=reviews, output=output, device="cpu", listen=listen)
    return Training(done.model, first)


def few(sample: Path, path: Path, start: int, end: int) -> Path:
    reviews = pd.read_csv(sample / "ratings_train.txt", sep="\t", quoting=3)[start:end]
    reviews.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def trained(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Training:
    place = tmp_path_factory.mktemp("trained")
    return trained_on(few(sample, place / "reviews.csv", 0, 80), place / "run")


def test_every_part_of_it_learns(trained: Training) -> None:
    found = opened(trained.model)
    learnt = found.network.state_dict()
    names = [name for name in learnt if name.startswith(CHARACTERS)]
    assert len(names) == 2 + 8 + 2
    for name in names:
        moved = (learnt[name] - torch.from_numpy(trained.first[name])).abs()
        assert (moved > 1e-3).float().mean() > 0.2, name
    letters = found.model.characters
    assert letters[0] == "<unk>" and {len(one) for one in letters[1:]} == {1}
    assert "다" in letters[:5] and len(set(letters)) == len(letters)
    reviews = [*cut(found.classifier), *SAME_UNITS]
    expected = np.concatenate([found.by_torch([review]) for review in reviews])
    np.testing.assert_allclose(found.classifier.outputs_of(reviews), expected, atol=1e-4)
    added = found.classifier.added_by_characters(reviews)
    assert np.ptp(added) > 1e-3


def test_info_and_card_name_it(trained: Training, capsys: pytest.CaptureFixture[str]) -> None:
    about = info(trained.model)
    ngrams, network = "4,096 weights of n-grams of up to 4 characters", "BiGRU 6 over 5 a character"
    assert names_beside(about["network"]) == [ngrams, network]
    assert f"; beside it {ngrams}; beside it {network}" in model_card(about)
    assert FILE in [file["name"] for file in about["files"]]
    assert set(TABLES) <= {one["name"] for one in about["tensors"]}
    assert about["parameters"] == open_model(trained.model).metrics["parameters"]
    assert run(["info", str(trained.model)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:5] == [f"            + {ngrams}", f"            + {network}"]


def test_another_training_takes_it_over(trained: Training, sample: Path, tmp_path: Path) -> None:
    other = few(sample, tmp_path / "reviews.csv", 300, 360)
    second = trained_on(other, tmp_path / "run", f"training.init_from={trained.model}")
    before, after = open_model(trained.model), open_model(second.model)
    assert TAKEN in after.metrics["init_from"]["taken"].split(", ")
    assert set(before.characters) < set(after.characters)
    shared = after.characters[: len(before.characters)]
    assert shared != before.characters
    # One step of an RMS of 0.01 later they are still those of the same characters.
    theirs = before.weights()[TABLES[0]].astype(np.float32)
    rows = [after.characters.index(one) for one in before.characters]
    off = np.abs(second.first[TABLES[0]][rows] - theirs)
    assert off.max() < 0.025
    assert np.median(np.abs(second.first[TABLES[0]][: len(theirs)] - theirs)) > 0.025
    assert np.abs(second.first[f"{CHARACTERS}head.weight"]).max() > 0
    classifier = nsmc.load(second.model)
    assert np.isfinite(classifier.outputs_of(cut(classifier))).all()
