"""A model in another form is the same model: half the size, or a graph for other programs."""

from __future__ import annotations

import contextlib
import json
import warnings
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

import nsmc
from nsmc.data.reviews import read_reviews
from nsmc.data.special_units import EOS
from nsmc.errors import ModelError, NsmcError, UsageError
from nsmc.exporting.quantization import export
from nsmc.inference.classifier import Classifier
from nsmc.inference.directory import open_model
from nsmc.inference.quantized import SCALES, TABLES, WIDE, WORDS
from nsmc.inference.wide import WideOutputs
from nsmc.model.on_device import TorchNetwork

if TYPE_CHECKING:
    from tests.conftest import Untrained

COMMENTS = [
    "재밌다",
    "돈이 아까운 영화였어요 ㅠㅠ 시간도 아깝고",
    "연기는 좋은데 결말이 산으로 간다...",
    "처음 보는 오타도 괜찬타 ㅋㅋㅋㅋ 👍",
    "음",
    "두 번 봐도 지루하지 않고, 볼 때마다 새로운 것이 보인다. 음악도 좋았다",
]


@pytest.fixture(scope="module")
def texts(sample: Path) -> list[str]:
    return read_reviews(sample / "ratings_train.txt").texts


@pytest.fixture(scope="module")
def small(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small model in int8."""
    return export(small_model, tmp_path_factory.mktemp("export") / "int8", int8=True)


def bytes_in(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.iterdir())


def test_eight_bits_are_half_the_size(untrained: Untrained, tmp_path: Path) -> None:
    # In the proportions of a real one, nearly all of it tables.
    sizes = ("model.embedding_size=128", "model.hidden_size=32", "model.subword_buckets=6000")
    whole = untrained(*sizes, vocabulary=["<unk>", *(f"말{number}" for number in range(5999))])
    half = nsmc.export(whole, str(tmp_path / "half"), int8=True)
    assert 0.45 < bytes_in(half) / bytes_in(whole) < 0.56
    # A graph holds none of the tables.
    assert export(whole, tmp_path / "a.onnx").stat().st_size < 0.2 * bytes_in(half)


def test_eight_bits_hold_the_same_model(small_model: Path, small: Path) -> None:
    before, after = open_model(small_model), open_model(small)
    for name in ("config", "identity", "threshold", "vocabulary", "metrics"):
        assert getattr(after, name) == getattr(before, name)
    exact, weights = before.weights(), after.weights()
    assert weights.keys() == exact.keys() | {SCALES[name] for name in TABLES}
    for name in TABLES:
        assert weights[name].dtype == np.int8
        assert weights[name].shape == exact[name].shape
        assert weights[SCALES[name]].shape == exact[name].shape[:1]
    for name in exact.keys() - set(TABLES):
        assert weights[name].dtype == np.float32
        # Of the recurrent matrices float16 keeps eleven bits.
        off = 2**-11 if name.startswith("encoder.weight") else 0
        np.testing.assert_allclose(weights[name], exact[name], rtol=off, atol=off and 2**-25)
    assert sorted(p.name for p in small.iterdir()) == sorted(
        p.name for p in (small_model / "model").iterdir()
    )


def test_eight_bits_score_alike(small_model: Path, small: Path, texts: list[str]) -> None:
    before, after = (nsmc.load(model).predict(texts) for model in (small_model, small))
    same = [one.label == other.label for one, other in zip(before, after, strict=True)]
    assert np.mean(same) >= 0.99
    off = np.abs([one.score - other.score for one, other in zip(before, after, strict=True)])
    assert off.max() < 0.03
    assert off.max() > 0  # it is another model


def test_again_gives_the_same(small: Path, tmp_path: Path) -> None:
    for int8 in (False, True):
        with pytest.warns(match="nothing to gain") if int8 else contextlib.nullcontext():
            again = export(small, tmp_path / f"again{int8}", int8=int8)
        for name in ("manifest.json", "weights.safetensors"):
            assert (again / name).read_bytes() == (small / name).read_bytes()


def test_without_int8_it_is_a_copy(small_model: Path, tmp_path: Path) -> None:
    copied = export(small_model, tmp_path / "copy")
    assert copied == tmp_path / "copy"
    for path in (small_model / "model").iterdir():
        assert (copied / path.name).read_bytes() == path.read_bytes(), path.name


def logits_of(session: Any, classifier: Classifier, text: str) -> NDArray[np.float32]:
    """The graph's answer for a comment, [1] or [1, O], from the vectors that are looked up."""
    vectors, tokens = classifier._vectors(classifier.tokenizer(text))  # [U, E], [T]
    given = {"vectors": vectors[tokens][:, None]}  # [T, 1, E]
    if wide := WideOutputs.of(classifier.model, classifier.model.weights()):
        added = wide([classifier.tokenizer(text)])  # [1, O]
        given["added"] = added[:, 0] if added.shape[1] == 1 else added
    logits: NDArray[np.float32] = session.run(["logits"], given)[0]
    return logits


@pytest.mark.parametrize("model", ["shipped", "small"])
def test_the_graph_gives_the_classifier_s_logits(model: str, small: Path, tmp_path: Path) -> None:
    directory = small if model == "small" else None
    file = export(directory, tmp_path / "a.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    with warnings.catch_warnings():
        # The shipped model was trained with the versions of constraints.txt.
        warnings.simplefilter("ignore")
        classifier = nsmc.load(directory)
        expected = [explained.logit for explained in classifier.explain(COMMENTS)]
    assert np.ptp(expected) > 0.1
    logits = [logits_of(session, classifier, text) for text in COMMENTS]
    assert np.concatenate(logits) == pytest.approx(expected, abs=2e-5)
    assert [path.name for path in tmp_path.iterdir()] == ["a.onnx"]


TASKS = {
    "sentiment": (),
    "classes": ("경제", "사회", "IT/과학", "스포츠"),
    "stars": (),
    "sentiment+stars": (),
}
WITH_NGRAMS = ("model.wide.buckets=64", "model.wide.longest=2")
CONVOLUTION = ("model.conv.filters=5", "model.conv.pooling=2")


# Every network once; in turn, so that each cell, depth and direction meets each task.
NETWORKS = [
    (cell, layers, bool(both), list(TASKS)[(index + layers + 2 * both) % len(TASKS)])
    for (index, cell), layers, both in product(
        enumerate(("rnn", "gru", "lstm")), (1, 2, 3), range(2)
    )
]


@pytest.mark.parametrize(("cell", "layers", "both", "task"), NETWORKS)
def test_every_cell_and_shape(
    cell: str, layers: int, both: bool, task: str, untrained: Untrained, tmp_path: Path
) -> None:
    """Saved, loaded, scored in numpy, by torch and by ONNX Runtime, in eight bits as well."""
    model = untrained(
        *(f"task={task}", f"model.cell={cell}", f"model.layers={layers}"),
        f"model.bidirectional={str(both).lower()}",
        *(CONVOLUTION if layers == 2 else ()),
        *(WITH_NGRAMS if layers == 3 else ()),
        classes=TASKS[task],
    )
    directory = open_model(model)
    classifier = Classifier(directory)
    reviews = [classifier.tokenizer(text) for text in COMMENTS]
    expected = classifier.outputs_of(reviews)  # [R, O]
    assert expected.shape == (len(COMMENTS), classifier.task.outputs)
    assert np.ptp(expected, axis=0).min() > 1e-4
    by_torch = Classifier(directory, network=TorchNetwork(directory, "cpu")).outputs_of(reviews)
    np.testing.assert_allclose(by_torch, expected, atol=1e-5, rtol=0)

    file = export(model, tmp_path / "network.onnx")
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    single = expected.shape[1] == 1
    shape = ["B"] if single else ["B", expected.shape[1]]
    added = [("added", shape)] if layers == 3 else []
    assert [(one.name, one.shape) for one in session.get_inputs()] == [
        ("vectors", ["T", "B", 8]),
        *added,
    ]
    assert session.get_outputs()[0].shape == shape
    logits = np.concatenate([logits_of(session, classifier, text) for text in COMMENTS])
    np.testing.assert_allclose(logits, expected[:, 0] if single else expected, atol=1e-5, rtol=0)
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["recipe"]) == directory.config.to_dict()
    assert json.loads(metadata["task_state"]) == directory.task_state

    small = nsmc.load(export(model, tmp_path / "small", int8=True))
    # Of weights as large as these, a comment's n-grams are off by some hundredths together.
    off = 0.1 if layers == 3 else 0.02
    in_numpy = small.outputs_of(reviews)
    np.testing.assert_allclose(in_numpy, expected, atol=off, rtol=0)
    by_torch = Classifier(small.model, network=TorchNetwork(small.model, "cpu")).outputs_of(reviews)
    np.testing.assert_allclose(by_torch, in_numpy, atol=1e-5, rtol=0)
    if layers == 3:
        weights = small.model.weights()
        assert weights[WIDE].dtype == np.int8
        assert weights[SCALES[WIDE]].shape == expected.shape[1:]
    assert [p.legible for p in small.predict(["", COMMENTS[0]])] == [False, True]


def test_a_language_model_fits_in_eight_bits_but_in_no_graph(
    untrained: Untrained, tmp_path: Path
) -> None:
    model = untrained(
        "task=language-model",
        "training.adversarial_norm=0",
        vocabulary=["<unk>", EOS, "재밌", "다"],
    )
    with pytest.raises(
        UsageError, match=r"that label a comment, and .* is a language model, .*; as a directory it"
    ):
        export(model, tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
    small = export(model, tmp_path / "small", int8=True)
    assert open_model(small).weights()[WORDS].dtype == np.int8
    before, after = (nsmc.load_language_model(m).score("재밌다") for m in (model, small))
    assert after.perplexity == pytest.approx(before.perplexity, rel=0.02)
    with pytest.raises(ModelError, match=r"is a language model; use nsmc score-text or nsmc compl"):
        nsmc.load(small)


def test_what_is_there_stays_unless_reported(small_model: Path, tmp_path: Path) -> None:
    for name in ("small", "network.onnx"):
        place = export(small_model, tmp_path / name)
        before = [path.stat() for path in (place, *place.glob("*"))]
        with pytest.raises(
            NsmcError, match=rf"{name} is there already; give another --output, or --overwrite"
        ):
            export(small_model, place)
        assert [path.stat() for path in (place, *place.glob("*"))] == before
    with pytest.raises(UsageError, match=r"first\.pt: a model is a directory of several files"):
        export(small_model, tmp_path / "first.pt")
    replaced = export(small_model, tmp_path / "small", int8=True, overwrite=True)
    assert open_model(replaced).weights()[WORDS].dtype == np.int8
    (tmp_path / "network.onnx").write_bytes(b"")
    assert export(small_model, tmp_path / "network.onnx", overwrite=True).stat().st_size > 1000
    # A model may take its own place.
    export(tmp_path / "small", tmp_path / "small", overwrite=True)
    assert nsmc.load(tmp_path / "small").predict("재밌다").label
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network.onnx", "small"]


def test_a_directory_of_other_things_is_never_replaced(small_model: Path, tmp_path: Path) -> None:
    place = tmp_path / "films"
    place.mkdir()
    (place / "mine.txt").write_text("소중한 것", encoding="utf-8")
    with pytest.raises(NsmcError, match=r"films is no model directory, so it isn't replaced; give"):
        export(small_model, place, overwrite=True)
    assert (place / "mine.txt").read_text(encoding="utf-8") == "소중한 것"
    # An empty one is nobody's.
    (place / "mine.txt").unlink()
    assert open_model(export(small_model, place, overwrite=True)).vocabulary


def test_a_file_and_a_directory_do_not_replace_each_other(
    small_model: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("1", encoding="utf-8")
    with pytest.raises(NsmcError, match="expected a directory name to write to, found the file"):
        export(small_model, tmp_path / "file", overwrite=True)
    (tmp_path / "dir.onnx").mkdir()
    with pytest.raises(NsmcError, match="expected a file name to write to, found the directory"):
        export(small_model, tmp_path / "dir.onnx", overwrite=True)


def test_a_graph_has_no_tables_to_make_small(small_model: Path, tmp_path: Path) -> None:
    for name in ("a.onnx", "A.ONNX"):
        with pytest.raises(UsageError, match=r"an ONNX graph holds none of them; export a dir"):
            export(small_model, tmp_path / name, int8=True)
    with pytest.raises(ModelError, match=r"expected a model directory at .*none, found nothing"):
        export(tmp_path / "none", tmp_path / "a.onnx")
    assert not list(tmp_path.iterdir())
