"""Noisy copies stand behind the reviews, with their labels, and only training learns from them."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from nsmc.config.data import DataConfig
from nsmc.config.schema import load_config
from nsmc.config.text import TextConfig
from nsmc.data.cache import prepare, training_corpus
from nsmc.data.corpus import Corpus, Encoding, load_corpus, read_corpus, save_corpus
from nsmc.data.label_columns import LabelColumnSpec
from nsmc.data.noise import noisy_copies
from nsmc.data.splits import split_corpus
from nsmc.errors import NsmcError
from nsmc.inference.directory import open_model
from nsmc.text.noise import LEARNT, perturb
from nsmc.text.normalize import normalize
from nsmc.training.api import train
from tests.nsmc_files import read_nsmc, write_nsmc

CONFIG = TextConfig()
ROWS = [
    ("정말 재밌다", 1),
    ("\u200b \u200d", 1),  # not blank to the reader, but illegible
    ("돈 아까운 영화였다", 0),
    ("", 0),
    ("다시 보고 싶은 최고의 작품", 1),
    ("\u200d\u200b", 0),
    ("시간이 아까웠어요 ㅠㅠ", 0),
]


def encoding(noise: float = 0) -> Encoding:
    return Encoding(CONFIG, label_columns=[LabelColumnSpec("label")], noise=noise)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NSMC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    return write_nsmc(tmp_path / "data" / "ratings_train.txt", ROWS)


def text_of(corpus: Corpus, row: int) -> str:
    start, end = corpus.offsets[row : row + 2]
    return "".join(corpus.morphemes[token] for token in corpus.tokens[start:end])


def labels_of(corpus: Corpus) -> list[str]:
    column = corpus.labels["label"]
    return [column.names[code] for code in column.codes]


def bare(text: str) -> str:
    return normalize(text, 1000).replace(" ", "")


def test_a_share_is_copied_always_the_same(sample: Path) -> None:
    texts = [text for text, _ in read_nsmc(sample / "ratings_train.txt")]
    rows, copies = noisy_copies(texts, 0.5)
    again, same = noisy_copies(texts, 0.5)
    assert (again.tolist(), same) == (rows.tolist(), copies)
    assert 0.4 * len(texts) < len(rows) <= 0.5 * len(texts)
    assert (np.diff(rows) > 0).all()
    kinds = set()
    for row, copy in zip(rows.tolist(), copies, strict=True):
        assert copy != texts[row]
        made = {kind for kind in LEARNT if perturb(texts[row], kind, row) == copy}
        assert made
        kinds |= made if len(made) == 1 else set()
    assert kinds == set(LEARNT)
    nothing, none = noisy_copies(texts, 0)
    assert (len(nothing), none) == (0, [])
    assert len(noisy_copies(texts, 1)[0]) > len(rows)


def test_copies_stand_behind_the_originals_with_their_labels(data: Path) -> None:
    plain = read_corpus(data, encoding())
    heard: list[tuple[int, int]] = []
    corpus = read_corpus(
        data,
        encoding(1),
        progress=lambda *counts: heard.append(counts),
    )
    assert plain.copies is None
    assert plain.originals == len(plain) == 4
    assert corpus.copies is not None
    assert corpus.originals == 4
    # An illegible review stands before and between those copied.
    assert corpus.copies.tolist() == [0, 1, 2, 3]
    assert corpus.offsets[:5].tolist() == plain.offsets.tolist()
    assert [text_of(corpus, row) for row in range(4)] == [text_of(plain, r) for r in range(4)]
    assert labels_of(corpus) == [*labels_of(plain), *labels_of(plain)]
    typed = [text for text, _ in ROWS if bare(text)]
    for copy, of in enumerate(corpus.copies.tolist()):
        row = [text for text, _ in ROWS if text].index(typed[of])
        made = {bare(perturb(typed[of], kind, row)) for kind in LEARNT}
        assert text_of(corpus, 4 + copy) in made
    assert (corpus.source["reviews"], corpus.source["skipped"]) == (4, 3)
    assert corpus.source["noise"] == 1
    assert plain.source["noise"] == 0
    assert sum(done for done, _ in heard) == heard[-1][1] >= 10


def test_they_are_saved_and_a_part_knows_none(data: Path, tmp_path: Path) -> None:
    corpus = read_corpus(data, encoding(1))
    save_corpus(corpus, tmp_path / "kept")
    loaded = load_corpus(tmp_path / "kept")
    assert loaded.copies is not None
    assert corpus.copies is not None
    np.testing.assert_array_equal(loaded.copies, corpus.copies)
    assert loaded.originals == 4
    assert labels_of(loaded) == labels_of(corpus)
    part = loaded.take(np.array([6, 1]))
    assert (part.copies, part.originals, part.source["reviews"]) == (None, 2, 2)
    assert [text_of(part, row) for row in (0, 1)] == [text_of(corpus, row) for row in (6, 1)]
    save_corpus(dataclasses.replace(corpus, copies=None), tmp_path / "without")
    assert load_corpus(tmp_path / "without").copies is None


@pytest.mark.parametrize("stratified", [False, True])
def test_no_copy_validates_and_none_of_what_validates_is_learnt_from(
    sample: Path, stratified: bool
) -> None:
    path = sample / "ratings_train.txt"
    plain = read_corpus(path, encoding())
    corpus = read_corpus(path, encoding(0.6))
    config = DataConfig(validation=0.2)
    whole, few = (np.array([int(x) for x in labels_of(c)]) for c in (corpus, plain))
    training, validation = split_corpus(corpus, config, whole if stratified else None)
    expected = split_corpus(plain, config, few if stratified else None)
    # The split is that of the reviews without noise, so figures stay comparable.
    np.testing.assert_array_equal(validation, expected[1])
    np.testing.assert_array_equal(training[training < corpus.originals], expected[0])
    copies = training[training >= corpus.originals] - corpus.originals
    assert corpus.copies is not None
    of = corpus.copies[copies]
    assert not set(of.tolist()) & set(validation.tolist())
    left = np.setdiff1d(np.arange(len(corpus.copies)), copies)
    assert len(left) > 0
    assert set(corpus.copies[left].tolist()) <= set(validation.tolist())


def test_another_share_is_another_entry_of_the_cache(data: Path, tmp_path: Path) -> None:
    entries = tmp_path / "cache" / "corpora"
    for number, noise in enumerate((0.0, 0.5, 1.0), 1):
        corpus = training_corpus(data.parent, encoding(noise))
        again = training_corpus(data.parent, encoding(noise))
        assert len(list(entries.iterdir())) == number
        assert corpus.originals == again.originals == 4
        assert len(again) == len(corpus)
    assert len(corpus) == 8


def test_prepared_reviews_have_the_noise_that_is_asked_for(data: Path, tmp_path: Path) -> None:
    for noise in (0.0, 0.5):
        place = tmp_path / f"prepared-{noise}"
        prepare(data.parent, place, encoding(noise))
        corpus = training_corpus(place, encoding(noise))
        assert (corpus.copies is not None) == (noise > 0)
    words = (
        r"was prepared with data\.noise = {}, but {} was asked for; prepare it again with this "
        "configuration, or train with the one it was prepared with"
    )
    with pytest.raises(NsmcError, match=words.format(r"0\.5", "0")):
        training_corpus(tmp_path / "prepared-0.5", encoding())
    with pytest.raises(NsmcError, match=words.format("0", "1")):
        training_corpus(tmp_path / "prepared-0.0", encoding(1))


@pytest.mark.slow
def test_a_training_learns_from_them(sample: Path, tmp_path: Path) -> None:
    from nsmc.training.run import Event, Started
    from nsmc.training.state import TrainingState

    heard: list[Started] = []

    def hear(event: Event, state: TrainingState) -> None:
        if isinstance(event, Started):
            heard.append(event)

    small = ("model.embedding_size=8", "model.hidden_size=8", "model.subword_buckets=50")
    config = load_config(None, [*small, "training.epochs=1", "data.noise=0.5"])
    trained = train(config, data=sample, output=tmp_path / "run", device="cpu", listen=hear)
    (started,) = heard
    assert started.validation == 30
    assert 570 + 220 < started.training <= 570 + 300
    assert open_model(trained.model).metrics["data"]["reviews"] == 600
